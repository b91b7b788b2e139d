"""The firms of an adoption policy, checked once and laid out for the kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError
from dualcarbon.core.text import Text
from dualcarbon.market.adoption import SizeEffects
from dualcarbon.market.faults import columns_absent, require_single

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns are called.

    Attributes
    ----------
    size : in the unit of the cuts
    co2 : of a firm that has not adopted, t
    output : CNY
    cost : of adopting, CNY
    adoption : probability today, above 0 and below 1
    firm : keys, for messages and the table of offers; row numbers if absent
    """

    size: str = "size"
    co2: str = "co2_t"
    output: str = "output_cny"
    cost: str = "cost_cny"
    adoption: str = "adoption"
    firm: str = "firm"


@dataclass(frozen=True, slots=True)
class SizedFirms:
    """Firms by size class.

    Attributes
    ----------
    keys : polars.Series, n
    code : (n,)
        Size class, 0 the smallest.
    log_odds : (n,)
        Of adoption today.
    co2, output, cost : (n,)
    weights : (n, 4)
        Ones, co2, output, cost.
    """

    keys: pl.Series
    code: Codes
    log_odds: Floats
    weights: Floats

    @property
    def n(self) -> int:
        """Firms."""
        return self.code.size

    @property
    def co2(self) -> Floats:
        """Tonnes, (n,)."""
        return self.weights[:, 1]

    @property
    def output(self) -> Floats:
        """CNY, (n,)."""
        return self.weights[:, 2]

    @property
    def cost(self) -> Floats:
        """CNY, (n,)."""
        return self.weights[:, 3]


def sized(firms: pl.DataFrame, effects: SizeEffects, columns: Columns) -> SizedFirms:
    """The firms in their classes.

    Raises
    ------
    SchemaError
        A column is absent or holds no numbers.
    DataError
        Values that are missing or not allowed, all together; a firm in several rows; a class without firms.
    """
    wanted = [columns.size, columns.co2, columns.output, columns.cost, columns.adoption]
    columns_absent(
        firms,
        wanted,
        Text("补上或改正这些列，或用 Columns(...) 指明列名", "add or correct them, or name them with Columns(...)"),
    )
    keys = (
        firms[columns.firm] if columns.firm in firms.columns else pl.Series(columns.firm, np.arange(1, len(firms) + 1))
    )
    size, co2, output, cost, p = (
        firms[name].cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64) for name in wanted
    )
    _require(
        keys,
        (
            (columns.size, ~np.isfinite(size), Text("有限的数", "finite")),
            (columns.co2, ~(np.isfinite(co2) & (co2 >= 0.0)), Text("有限、不小于零", "finite, not below zero")),
            (
                columns.output,
                ~(np.isfinite(output) & (output >= 0.0)),
                Text("有限、不小于零", "finite, not below zero"),
            ),
            (columns.cost, ~(np.isfinite(cost) & (cost > 0.0)), Text("有限、大于零", "finite, above zero")),
            (columns.adoption, ~((p > 0.0) & (p < 1.0)), Text("大于 0、小于 1", "above 0 and below 1")),
        ),
    )
    if columns.firm in firms.columns:
        require_single(keys, Text("只留一期，或改正编号", "keep one period, or correct the keys"))
    code = np.searchsorted(np.array(effects.cuts), size, side="right").astype(np.int64)
    _require_classes(code, effects)
    weights = np.ascontiguousarray(np.column_stack([np.ones(code.size), co2, output, cost]))
    return SizedFirms(keys, code, np.log(p) - np.log1p(-p), weights)


def _require(keys: pl.Series, checks: tuple[tuple[str, NDArray[np.bool_], Text], ...]) -> None:
    faults = [(name, np.flatnonzero(bad), said) for name, bad, said in checks if bad.any()]
    if not faults:
        return
    lines = [(name, rows.size, keys.gather(rows[:_SHOWN]).to_list()) for name, rows, _ in faults]
    raise DataError(
        Text("企业表有不能用的值", "the firm table has values that cannot be used"),
        expected=Text(
            "；".join(f"{name} {said.zh}" for name, _, said in faults),
            "; ".join(f"{name} {said.en}" for name, _, said in faults),
        ),
        found=Text(
            "；".join(f"{name}：{n} 行，前几家 {first}" for name, n, first in lines),
            "; ".join(f"{name}: {n} rows, first firms {first}" for name, n, first in lines),
        ),
        remedy=Text(
            "改正或删去这些行；采用与否只知 0/1 时，先用 fit_adoption 估计概率",
            "correct or leave out these; where adoption is known as 0/1 only, take the probability by fit_adoption",
        ),
    )


def _require_classes(code: Codes, effects: SizeEffects) -> None:
    counts = np.bincount(code, minlength=effects.classes)
    empty = [effects.labels[k] for k in np.flatnonzero(counts == 0)]
    if empty:
        raise DataError(
            Text("有的规模组没有企业", "some size classes have no firms"),
            expected=Text("每组至少一家企业；分界 {c}", "at least one firm in each class; cuts {c}").format(
                c=list(effects.cuts)
            ),
            found=Text("、".join(t.zh for t in empty), ", ".join(t.en for t in empty)),
            remedy=Text("检查规模列与分界的单位是否相同", "check that sizes and cuts are in the same unit"),
        )
