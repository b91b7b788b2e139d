"""Table 4-1 as a picture: industries ranked by MAC on a log scale, with the bracket of the fits."""

from __future__ import annotations

import math

from dualcarbon.core.exhibit import DotPlot, Figure, Series
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.printed import industry_label, printed_industry
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import PRINTED, TRUTH, source


def build(results: Results) -> Figure:
    """One line per industry, highest MAC on top."""
    rows = (
        results.industries.filter(results.industries["default_mac_median"] > 0.0)
        .sort("default_mac_median", "industry2", descending=[True, False])
        .to_dicts()
    )
    series = [
        Series(
            Text("默认模型：中位数与跨度", "Default model: median and bracket"),
            _column(rows, "default_mac_median"),
            _column(rows, "mac_low"),
            _column(rows, "mac_high"),
        )
    ]
    if results.truth is not None:
        series.append(Series(TRUTH, _column(rows, "truth_mac_median"), hollow=True))
    else:
        known = (printed_industry("mac", str(row["industry2"])) for row in rows)
        series.append(Series(PRINTED, tuple(math.nan if v is None else v for v in known), hollow=True))
    return Figure(
        key="figure_4_1",
        number=Text("图 4-1", "Figure 4-1"),
        title=Text("各行业的碳边际减排成本", "Marginal abatement cost of CO2 by industry"),
        drawing=DotPlot(
            items=tuple(industry_label(str(row["industry2"])) for row in rows),
            series=tuple(series),
            x_label=Text("边际减排成本（元/吨，对数刻度）", "Marginal abatement cost (CNY/t, log scale)"),
            log=True,
            ratio_label=Text("与默认模型的中位数之比", "Ratio to the default's median"),
        ),
        notes=(
            Text(
                "横线为跨度：各估计所得行业中位数的最小值到最大值，同表 4-C；右图为同一批数值除以默认模型的中位数。",
                "Lines are brackets: smallest to largest industry median over the estimates, as in Table 4-C. "
                "On the right the same values divided by the default's median.",
            ),
        ),
        source=source(results),
        simulated=results.sample.provenance.simulated,
    )


def _column(rows: list[dict[str, object]], name: str) -> tuple[float, ...]:
    return tuple(float(v) if isinstance(v := row[name], (int, float)) else math.nan for row in rows)
