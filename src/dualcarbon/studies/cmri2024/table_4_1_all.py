"""Table 4-1 for every industry: the default beside the quadratic function, and where the two part."""

from __future__ import annotations

import math

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.printed import industry_label
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import CNY_PER_T, SHARE, TRUTH, source

_DEFAULT = Text("默认：超越对数双曲函数", "Default: translog hyperbolic")
_MONEY, _ROOM, _RATIO, _SPREAD = ",.1f", ".3f", ".2f", ",.0f"
_QUADRATIC = Text("二次型", "Quadratic")


def build(results: Results) -> Table:
    """One row per industry, highest MAC first."""
    frame = results.industries.sort("default_mac_median", "industry2", descending=[True, False], nulls_last=True)
    parted = sum(
        _ratio(row) is not None and abs(math.log(_ratio(row) or 1.0)) > math.log(2.0) for row in frame.to_dicts()
    )
    return Table(
        key="table_4_1_all",
        number=Text("表 4-C", "Table 4-C"),
        title=Text("各行业的边际减排成本：默认模型与二次型", "MAC by industry: default and quadratic model"),
        headers=_headers(results),
        rows=tuple(_row(row, results) for row in frame.to_dicts()),
        notes=_notes(results, parted, frame.height),
        source=source(results),
        simulated=results.sample.provenance.simulated,
    )


def _headers(results: Results) -> tuple[Header, ...]:
    headers = [
        Header("industry", Text("行业", "Industry")),
        Header("mac_median", Text("中位数", "Median"), CNY_PER_T, _DEFAULT),
        Header("mac_low", Text("跨度下限", "Bracket low"), CNY_PER_T, _DEFAULT),
        Header("mac_high", Text("跨度上限", "Bracket high"), CNY_PER_T, _DEFAULT),
        Header("mac_weighted", Text("CO2 加权", "CO2-weighted"), CNY_PER_T, _DEFAULT),
        Header("room", Text("减排空间", "Abatement room"), SHARE, _DEFAULT),
        Header("quadratic_median", Text("中位数", "Median"), CNY_PER_T, _QUADRATIC),
        Header("quadratic_ratio", Text("与默认之比", "To default"), Text("倍", "ratio"), _QUADRATIC),
        Header("spread", Text("碳强度跨度", "Intensity spread"), Text("倍", "ratio")),
    ]
    if results.truth is not None:
        headers.insert(2, Header("mac_truth", TRUTH, CNY_PER_T, _DEFAULT))
    return tuple(headers)


def _ratio(row: dict[str, object]) -> float | None:
    default, quadratic = row["default_mac_median"], row["quadratic_mac_median"]
    if not isinstance(default, float) or not isinstance(quadratic, float) or default <= 0.0 or quadratic <= 0.0:
        return None
    return quadratic / default


def _row(row: dict[str, object], results: Results) -> tuple[Cell, ...]:
    cells = [
        Cell(industry_label(str(row["industry2"]))),
        _cell(row["default_mac_median"], _MONEY),
        _cell(row["mac_low"], _MONEY),
        _cell(row["mac_high"], _MONEY),
        _cell(row["default_mac_weighted"], _MONEY),
        _cell(row["default_room_mean"], _ROOM),
        _cell(row["quadratic_mac_median"], _MONEY),
        _cell(_ratio(row), _RATIO),
        _cell(row["intensity_spread"], _SPREAD),
    ]
    if results.truth is not None:
        cells.insert(2, _cell(row["truth_mac_median"], _MONEY))
    return tuple(cells)


def _cell(value: object, form: str) -> Cell:
    return Cell(float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None, form)


def _notes(results: Results, parted: int, industries: int) -> tuple[Text, ...]:
    refused = results.industries.filter(results.industries["quadratic_status"] == "trivial").height
    removed = int(results.industries["noise_removed"].sum())
    return (
        Text(
            "跨度：所印中位数与合并极大似然（扣除与不扣除测量误差）、企业内、留一工具变量各估计的最小值与最大值。"
            "证据表明噪声为测量误差、价格已作扣除的行业有 {k} 个。CO2 加权为加权均值；"
            "碳强度（CO2/产出）的跨度为 P99/P1。",
            "Bracket: smallest and largest of the printed median and the pooled (with and without correction for "
            "measurement error), within-firm and leave-one-out instrumented estimates. Industries whose noise is, on "
            "the evidence, measurement error and whose prices are corrected for it: {k}. CO2-weighted: weighted mean. "
            "Intensity spread: P99/P1 of CO2/output.",
        ).format(k=removed),
        Text(
            "二次型（文献做法的复现）：{n} 个行业中 {t} 个因平凡解被拒绝（短横），"
            "另有 {k} 个的中位数与默认模型相差一倍以上。"
            "它在水平值上只有一个曲率，碳强度的跨度超过约 20 后便失去价格的变化，水平随异常值漂移。",
            "Quadratic (replication of the literature): of {n} industries {t} are refused as trivial (dashes), in "
            "another {k} the median differs from the default's by more than a factor of two. In levels it has one "
            "curvature: beyond a spread of about 20 it loses the variation of the price, and its level follows "
            "outliers.",
        ).format(n=industries, t=refused, k=parted),
    )
