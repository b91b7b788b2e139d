"""Regression columns as a three-line table: ours, the report's printed value, the truth where it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024 import asked
from dualcarbon.studies.cmri2024.printed import printed_effect
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import source

YES = Text("控制", "yes")
NO = Text("未控制", "no")
_FOOT = ("effects", "controls", "n", "clusters", "r2_within")
_SMALLEST_FIXED = 5e-4


@dataclass(frozen=True, slots=True)
class Column:
    """One column: which estimate, its heading, whether it absorbs firms or industries, whether it has controls."""

    name: str
    heading: Text
    group: Text
    controlled: bool
    within_firms: bool = False


def truth_of(results: Results, name: str) -> float | None:
    """The estimand planted in, or implied by, the simulated survey; None on real data."""
    if results.truth is None:
        return None
    found = results.truth.effects.filter(results.truth.effects["name"] == name)
    return float(found["estimand"][0])


def regression_table(
    results: Results, key: str, number: Text, title: Text, form: str, columns: Sequence[Column], notes: Sequence[Text]
) -> Table:
    """The coefficient of digital use in every column, with what stands beside it."""
    estimates = [results.regressions[c.name] for c in columns]
    part = results.config.effects
    absorbed = {False: asked.effects(part.industry_effects), True: asked.effects(part.firm_effects)}
    rows: list[tuple[Cell, ...]] = [
        (Cell(Text("企业数字应用", "Digital use")), *(_coefficient(e, form) for e in estimates)),
        (Cell(""), *(Cell(float(e.se[0]), form, bracket=True) for e in estimates)),
        (
            Cell(Text("报告印出值", "Report (printed)")),
            *(Cell(value, form, stars) for value, stars in (printed_effect(c.name) for c in columns)),
        ),
    ]
    if results.truth is not None:
        rows.append((Cell(Text("真值", "Truth")), *(Cell(truth_of(results, c.name), form) for c in columns)))
    rows += [
        (Cell(Text("固定效应", "Fixed effects")), *(Cell(absorbed[c.within_firms]) for c in columns)),
        (Cell(Text("控制变量", "Controls")), *(Cell(YES if c.controlled else NO) for c in columns)),
        (Cell(Text("观测数", "Observations")), *(Cell(e.n, ",d") for e in estimates)),
        (Cell(Text("企业数", "Firms")), *(Cell(e.clusters, ",d") for e in estimates)),
        (Cell(Text("组内 R²", "Within R²")), *(_fit(e.r2_within) for e in estimates)),
    ]
    keys = ("digital", "digital_se", "printed", *(("truth",) if results.truth is not None else ()), *_FOOT)
    headers = (
        Header("item", Text("变量", "Variable")),
        *(Header(c.name, c.heading, None, c.group) for c in columns),
    )
    return Table(
        key=key,
        number=number,
        title=title,
        headers=headers,
        rows=tuple(rows),
        notes=(*notes, asked.stars(part)),
        source=source(results),
        simulated=results.sample.provenance.simulated,
        rules_after=(4 if results.truth is not None else 3,),
        row_keys=keys,
    )


def _coefficient(estimate: Estimate, form: str) -> Cell:
    return Cell(float(estimate.coef[0]), form, estimate.stars(estimate.names[0]))


def _fit(r2: float) -> Cell:
    """Four decimals, or a power of ten where these would hide the number."""
    return Cell(r2, ".4f" if abs(r2) >= _SMALLEST_FIXED or r2 == 0.0 else ".1e")
