"""The slope of adoption against its cost, from firms of which some were helped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError, NotIdentifiedError
from dualcarbon.core.text import Text
from dualcarbon.market.faults import columns_absent

Floats = NDArray[np.float64]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class AdoptionLogit:
    """A logit of adoption.

    Attributes
    ----------
    names : tuple of str
        The share of the cost taken over, the other regressors, the constant.
    coef : (k,)
    vcov : (k, k)
        Inverse information.
    probability : (n,)
        Of each firm today, at its present share.
    n : int
    """

    names: tuple[str, ...]
    coef: Floats
    vcov: Floats
    probability: Floats
    n: int

    @property
    def slope(self) -> float:
        """Rise of the log odds as the whole cost is taken over."""
        return float(self.coef[0])

    @property
    def variance(self) -> float:
        """Variance of the slope."""
        return float(self.vcov[0, 0])


def fit_adoption(
    firms: pl.DataFrame, *, adopted: str = "adopted", covered: str = "covered", controls: Sequence[str] = ()
) -> AdoptionLogit:
    """Logit of adoption on the share of its cost that was taken over, P = 1 / (1 + exp(-(k r + z c))).

    Parameters
    ----------
    firms : one row per firm
    adopted : 0/1 column
    covered : share of the cost, 0 to 1, by earlier subsidies or infrastructure
    controls : further columns, such as ln size

    Raises
    ------
    SchemaError
        A column is absent or holds no numbers.
    DataError
        Missing values, a share outside 0 to 1, an outcome that is not 0 or 1.
    NotIdentifiedError
        No firms, none or all of them adopters, a share that does not vary, regressors that are collinear or separate
        the adopters from the others.
    """
    from dualcarbon.kernels.logit import logit

    names = [covered, *controls]
    x, y = _columns(firms, adopted, names)
    _require_values(x[:, 0], y, adopted, covered)
    varies = np.ptp(x, axis=0) > 0.0
    centre, spread = x.mean(axis=0), np.where(varies, x.std(axis=0), 0.0)
    standard = (x - centre) / np.where(varies, spread, 1.0)
    if not varies.all() or np.linalg.matrix_rank(standard) < x.shape[1]:
        raise _not_identified(Text("列不变动或共线", "columns do not vary or are collinear"), names, spread)
    if y.min() == y.max():
        raise _not_identified(Text("企业全都采用或全都不采用", "all firms adopted, or none did"), names, spread)
    found = logit(np.column_stack([standard, np.ones(y.size)]), y)
    if not found.converged:
        raise _not_identified(Text("解释变量把采用者完全分开", "the regressors separate the adopters"), names, spread)
    back = np.diag(np.append(1.0 / spread, 1.0))
    back[-1, :-1] = -centre / spread
    return AdoptionLogit(
        (*names, "(constant)"),
        back @ found.coef,
        back @ np.linalg.inv(found.information) @ back.T,
        found.probability,
        y.size,
    )


def _columns(firms: pl.DataFrame, adopted: str, names: Sequence[str]) -> tuple[Floats, Floats]:
    table = firms.with_columns(pl.col(pl.Boolean).cast(pl.Int8))
    columns_absent(
        table,
        (adopted, *names),
        Text("补上或改正这些列，或用参数指明列名", "add or correct them, or say what they are called"),
    )
    columns = [table[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in (adopted, *names)]
    values = np.column_stack(columns).astype(np.float64)
    if not values.size:
        raise _not_identified(Text("没有企业", "there are no firms"), names, np.zeros(len(names)))
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if bad.size:
        raise DataError(
            Text("有缺失或无穷的值", "missing or infinite values"),
            expected=Text("每行各列都是有限的数", "finite numbers in every row"),
            found=Text("{n} 行，前几行 {f}", "{n} rows, first {f}").format(n=bad.size, f=(bad[:_SHOWN] + 1).tolist()),
            remedy=Text("补全或删去这些行", "complete these rows or leave them out"),
        )
    return values[:, 1:], values[:, 0]


def _require_values(share: Floats, y: Floats, adopted: str, covered: str) -> None:
    for name, bad, said in (
        (adopted, ~np.isin(y, (0.0, 1.0)), Text("0 或 1", "0 or 1")),
        (covered, (share < 0.0) | (share > 1.0), Text("0 到 1", "0 to 1")),
    ):
        rows = np.flatnonzero(bad)
        if rows.size:
            raise DataError(
                Text("列 {c} 有不允许的值", "column {c} has values that are not allowed").format(c=name),
                expected=said,
                found=Text("{n} 行，前几行 {f}", "{n} rows, first {f}").format(
                    n=rows.size, f=(rows[:_SHOWN] + 1).tolist()
                ),
                remedy=Text("改正这些行", "correct these rows"),
            )


def _not_identified(why: Text, names: Sequence[str], spread: Floats) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text("采用的斜率无法识别", "the slope of adoption is not identified"),
        expected=Text(
            "成本承担比例有变动，且不与控制变量共线、不决定采用",
            "a share of the cost that varies, is not collinear with the controls and does not settle adoption",
        ),
        found=Text("{w}；标准差 {s}", "{w}; standard deviations {s}").format(
            w=why, s=", ".join(f"{n} {v:.3g}" for n, v in zip(names, spread, strict=True))
        ),
        remedy=Text(
            "没有过去的补贴可用时，把斜率作为假定给出：size_effects(slope=...)",
            "where no earlier subsidy can be used, give the slope as an assumption: size_effects(slope=...)",
        ),
    )
