"""Outcomes of designs as tables: the central value with the quantiles of its draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.market.adoption import SizeEffects
from dualcarbon.market.adoption_designs import Design
from dualcarbon.market.adoption_outcome import Outcome, Today

if TYPE_CHECKING:
    from dualcarbon.market.adoption_policy import AdoptionOptions

Floats = NDArray[np.float64]
Named = Sequence[tuple[Design, Outcome]]


def by_design(named: Named, options: AdoptionOptions, effects: SizeEffects) -> pl.DataFrame:
    """One row per design."""
    rows = []
    for design, one in named:
        row: dict[str, object] = {
            "design": design.key,
            "rate_small": float(one.rates[0]),
            "rate_large": float(one.rates[-1]),
            "firms_offered": int(one.offered.sum()),
            "budget_small": _share(one.spent_small, float(one.spent[0])),
            "budget_inframarginal": _share(one.windfall, float(one.spent[0])),
        }
        for name, values in _measures(one, effects).items():
            row |= _interval(name, values, options.level)
        row["wrong_sign"] = _wrong(one.abated.sum(axis=0), bool(one.offered.any()))
        rows.append(row)
    return pl.DataFrame(rows)


def by_class(named: Named, options: AdoptionOptions, effects: SizeEffects, today: Today) -> pl.DataFrame:
    """One row per design and size class."""
    rows = []
    for design, one in named:
        for g, label in enumerate(effects.labels):
            row: dict[str, object] = {
                "design": design.key,
                "class": g,
                "class_zh": label.zh,
                "class_en": label.en,
                "firms": int(today.firms[g]),
                "firms_offered": int(one.offered[g]),
                "adoption_today": float(today.adoption[g]),
            }
            row |= _interval("adoption_after", one.adoption[g], options.level)
            row |= _interval("abated_t", one.abated[g], options.level)
            row["wrong_sign"] = _wrong(one.abated[g], bool(one.offered[g]))
            rows.append(row)
    return pl.DataFrame(rows)


def by_draw(named: Named) -> pl.DataFrame:
    """One row per design and draw."""
    parts = []
    for design, one in named:
        abated = one.abated.sum(axis=0)[1:]
        parts.append(
            pl.DataFrame(
                {
                    "design": [design.key] * abated.size,
                    "draw": np.arange(1, abated.size + 1),
                    "spent_cny": one.spent[1:],
                    "abated_t": abated,
                    "cny_per_t": one.cny_per_t[1:],
                    "output_cny": one.output.sum(axis=0)[1:],
                    "gap": one.gap[1:],
                }
            )
        )
    return pl.concat(parts)


def _measures(one: Outcome, effects: SizeEffects) -> dict[str, Floats]:
    known = bool(np.all(np.isfinite(effects.output)))
    output = one.output.sum(axis=0)
    return {
        "spent_cny": one.spent,
        "new_adopters": one.adopters.sum(axis=0),
        "abated_t": one.abated.sum(axis=0),
        "cny_per_t": one.cny_per_t,
        "output_cny": output if known else np.full_like(output, np.nan),
        "gap": one.gap,
    }


def _interval(name: str, values: Floats, level: float) -> dict[str, float]:
    """The central value, and the quantiles of the draws at observed values, which may be infinite."""
    low, high = (
        float(np.quantile(values[1:], q, method="inverted_cdf")) for q in (0.5 - level / 2.0, 0.5 + level / 2.0)
    )
    return {name: float(values[0]), f"{name}_low": low, f"{name}_high": high}


def _wrong(abated: Floats, offered: bool) -> float:
    """Share of the draws in which CO2 does not fall, NaN where nobody is offered anything."""
    return float(np.mean(abated[1:] <= 0.0)) if offered else math.nan


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else math.nan
