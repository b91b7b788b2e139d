"""The rows of a panel that a regression can use, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.codes import compact, dense_codes
from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.core.panel import Drop, Panel
from dualcarbon.core.text import Text, both
from dualcarbon.effects.specification import Factor, Grouping, Specification, Varying

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Slopes:
    """Slopes that vary by group: dense codes of the groups, (n,), and the variables, (n, q)."""

    codes: Codes
    values: Floats


@dataclass(frozen=True, slots=True)
class Sample:
    """The arrays of a regression.

    Attributes
    ----------
    rows : (n,)
        Positions in the panel.
    values : (n, 1 + k)
        Dependent variable, regressors, endogenous regressors, instruments, less their weighted means.
    means : (1 + k,)
    effects : each (n,)
        Dense codes; with slopes but no effect, one group that holds all rows.
    clusters : each (n,)
        Dense codes, one array per way.
    weights : (n,), positive
    drops : tuple of Drop
        Rows of the panel not used, each under the first reason that applies.
    outcome : (n,)
        The dependent variable as it is.
    slopes : tuple of Slopes
        Absorbed besides the effects.
    offset : (n,) or None
        Of a `Poisson` family.
    """

    rows: NDArray[np.int64]
    values: Floats
    means: Floats
    effects: tuple[Codes, ...]
    clusters: tuple[Codes, ...]
    weights: Floats
    drops: tuple[Drop, ...]
    outcome: Floats
    slopes: tuple[Slopes, ...] = ()
    offset: Floats | None = None

    def without(self, gone: Mask, reason: Text) -> Sample:
        """The sample without the rows marked in `gone`, (n,), counted under `reason`; centred anew.

        Raises
        ------
        DataError
            If no row is left.
        """
        from dualcarbon.kernels.moments import centred

        count = int(np.count_nonzero(gone))
        if not count:
            return self
        keep = ~gone
        drops = _added(self.drops, reason, count)
        if not keep.any():
            raise nothing_left(drops)
        weights = self.weights[keep]
        deviations, shift = centred(self.values[keep], weights)
        return replace(
            self,
            rows=self.rows[keep],
            values=deviations,
            means=self.means + shift,
            effects=tuple(_recoded(codes, keep) for codes in self.effects),
            clusters=tuple(_recoded(codes, keep) for codes in self.clusters),
            weights=weights,
            drops=drops,
            outcome=self.outcome[keep],
            slopes=tuple(Slopes(_recoded(each.codes, keep), each.values[keep]) for each in self.slopes),
            offset=None if self.offset is None else self.offset[keep],
        )

    def without_singletons(self) -> Sample:
        """The sample when rows alone in a group of some effect are dropped until none is left."""
        from dualcarbon.kernels.groups import without_singletons

        if not self.effects:
            return self
        return self.without(~without_singletons(self.effects), SINGLETONS)


SINGLETONS = Text("独占一个效应组的单例", "singletons, alone in a group of an effect")


def take_sample(specification: Specification, panel: Panel, sample: pl.Expr | None = None) -> Sample:
    """The rows with all variables present and no singleton, read once from the panel.

    Raises
    ------
    SchemaError
        If columns are absent or not numeric, or `sample` is not a condition on the panel's columns.
    DataError
        If a weight is negative or no row is left.
    """
    require_columns(specification, panel)
    names = list(dict.fromkeys(factor.column for factor in specification.factors))
    columns = dict(zip(names, panel.arrays(*names), strict=True))
    weights = None if specification.weights is None else weights_of(panel, specification.weights)
    gate = Gate(panel.n)
    gate.screen(specification, panel, columns, weights, sample)
    gate.require_rows()
    rows = np.flatnonzero(gate.keep)
    whole = len(rows) == panel.n
    frame = panel.frame if whole else panel.frame.filter(pl.Series(gate.keep))
    columns = columns if whole else {name: column[rows] for name, column in columns.items()}
    return _assembled(
        specification, frame, columns, rows, np.ones(len(rows)) if weights is None else weights[rows], gate.drops
    ).without_singletons()


class Gate:
    """Lets rows pass, counting those that do not under the first reason."""

    def __init__(self, n: int) -> None:
        self.keep: Mask = np.ones(n, dtype=np.bool_)
        self.screened: list[Drop] = []

    def screen(
        self,
        specification: Specification,
        panel: Panel,
        columns: dict[str, Floats],
        weights: Floats | None,
        sample: pl.Expr | None,
    ) -> None:
        """Everything a row must pass, in this order; `columns` by name, each (n,)."""
        self.screen_condition(panel, sample)
        for factor in specification.factors:
            self.screen_factor(factor, columns[factor.column])
        if weights is not None:
            self.screen_weights(str(specification.weights), weights)
        self.screen_groupings(panel, specification.groupings)

    def close(self, bad: Mask, reason: Text) -> None:
        self.screened.append(Drop(reason, int(np.count_nonzero(bad & self.keep))))
        self.keep &= ~bad

    @property
    def drops(self) -> tuple[Drop, ...]:
        return tuple(drop for drop in self.screened if drop.rows)

    def screen_condition(self, panel: Panel, sample: pl.Expr | None) -> None:
        if sample is not None:
            self.close(~_condition(panel, sample), Text("不在所选样本内", "outside the chosen sample"))

    def screen_factor(self, factor: Factor, column: Floats) -> None:
        self.close(~np.isfinite(column), _missing(factor.column))
        if factor.log:
            self.close(
                ~(column > 0), Text("{c} 非正，无对数", "{c} not positive, no logarithm").format(c=factor.column)
            )

    def screen_weights(self, name: str, weights: Floats) -> None:
        self.close(~np.isfinite(weights), _missing(name))
        self.close(weights == 0, Text("权重 {c} 为零", "weight {c} is zero").format(c=name))

    def screen_groupings(self, panel: Panel, groupings: Sequence[Grouping | Varying]) -> None:
        for name in dict.fromkeys(column for grouping in groupings for column in grouping.columns):
            column = panel.frame[name]
            empty = column.is_null()
            if column.dtype.is_float():
                empty = empty | column.is_nan().fill_null(False)
            self.close(empty.to_numpy(), _missing(name))

    def require_rows(self) -> None:
        if not self.keep.any():
            raise nothing_left(self.drops)


def _missing(name: str) -> Text:
    return Text("{c} 缺失或非有限数", "{c} missing or not finite").format(c=name)


def nothing_left(drops: Sequence[Drop]) -> DataError:
    zh = "；".join(f"{d.reason.zh} {d.rows}" for d in drops) or "表为空"
    en = "; ".join(f"{d.reason.en} {d.rows}" for d in drops) or "the table is empty"
    return DataError(
        Text("没有可用的行", "no usable row is left"),
        expected=Text("至少一行变量齐全", "at least one row with all variables"),
        found=Text(zh, en),
        remedy=Text("检查变量的缺失与样本条件", "check missing values and the sample condition"),
    )


def require_columns(specification: Specification, panel: Panel) -> None:
    groups = [column for grouping in specification.groupings for column in grouping.columns]
    weights = [] if specification.weights is None else [specification.weights]
    wanted = dict.fromkeys([*(f.column for f in specification.factors), *weights, *groups])
    absent = [name for name in wanted if name not in panel.frame.columns]
    if absent:
        raise SchemaError(
            Text("公式中的列不在表中", "columns of the formula are not in the table"),
            expected=both(", ".join(panel.frame.columns)),
            found=Text("缺 {a}（{f}）", "missing {a} ({f})").format(a=", ".join(absent), f=specification.formula),
            remedy=Text("检查列名", "check the names"),
        )


def _condition(panel: Panel, sample: pl.Expr) -> Mask:
    try:
        column = panel.frame.with_columns(sample.alias("_sample"))["_sample"]
    except pl.exceptions.PolarsError as error:
        raise bad_condition(str(error).splitlines()[0]) from error
    if column.dtype != pl.Boolean:
        raise bad_condition(str(column.dtype))
    return np.asarray(column.fill_null(False).to_numpy(), dtype=np.bool_)


def bad_condition(found: str) -> SchemaError:
    return SchemaError(
        Text("样本条件无效", "the sample condition is not valid"),
        expected=Text("对表中列的真假条件", "a true-or-false condition on columns of the table"),
        found=both(found),
        remedy=Text('写成如 sample=pl.col("size") > 0', 'write it like sample=pl.col("size") > 0'),
    )


def weights_of(panel: Panel, name: str) -> Floats:
    (weights,) = panel.arrays(name)
    negative = np.flatnonzero(weights < 0)
    if len(negative):
        raise DataError(
            Text("权重为负", "negative weights"),
            expected=Text("{c} 不小于零", "{c} at least zero").format(c=name),
            found=Text("{k} 行，前几个 {v}", "{k} rows, first {v}").format(
                k=len(negative), v=weights[negative[:5]].tolist()
            ),
            remedy=Text("改正或删去这些行", "correct or drop these rows"),
        )
    return weights


def _assembled(
    specification: Specification,
    frame: pl.DataFrame,
    columns: dict[str, Floats],
    rows: NDArray[np.int64],
    weights: Floats,
    drops: tuple[Drop, ...],
) -> Sample:
    """The sample with singletons, centred."""
    from dualcarbon.kernels.moments import centred

    matrix = matrix_of(specification, columns)
    outcome = matrix[:, 0].copy()
    deviations, means = centred(matrix, weights)
    codes = {effect.columns: _codes(frame, effect) for effect in specification.effects}
    levels = dict.fromkeys(e.columns for e in specification.effects if isinstance(e, Grouping) or e.level)
    slopes = tuple(
        Slopes(codes[effect.columns], np.column_stack([_factor(slope, columns) for slope in effect.slopes]))
        for effect in specification.varying
    )
    effects = tuple(codes[name] for name in levels)
    if slopes and not effects:
        effects = (np.zeros(len(rows), dtype=np.int64),)
    clusters = tuple(_codes(frame, cluster) for cluster in specification.clusters)
    factor = None if specification.family is None else specification.family.factor
    offset = None if factor is None else _factor(factor, columns)
    return Sample(rows, deviations, means, effects, clusters, weights, drops, outcome, slopes, offset)


def matrix_of(specification: Specification, columns: dict[str, Floats]) -> Floats:
    """Dependent variable, regressors, endogenous regressors and instruments, (n, 1 + k), from their columns.

    Raises
    ------
    DataError
        If a value or a product is too large to be squared.
    """
    regressors = (*specification.regressors, *specification.endogenous, *specification.instruments)
    terms = [(specification.depvar,), *(term.factors for term in regressors)]
    matrix = np.empty((len(columns[specification.depvar.column]), len(terms)))
    for j, factors in enumerate(terms):
        matrix[:, j] = _factor(factors[0], columns)
        with np.errstate(over="ignore"):
            for factor in factors[1:]:
                matrix[:, j] *= _factor(factor, columns)
        _require_range(factors, matrix[:, j])
    return matrix


LARGEST = 1e140
"""Absolute value up to which squares add up within the range of numbers."""


def _require_range(factors: Sequence[Factor], values: Floats) -> None:
    bad = int(np.count_nonzero(~(np.abs(values) <= LARGEST)))
    if bad:
        raise DataError(
            Text("数值超出计算范围", "values are beyond the range of computation"),
            expected=Text("{t} 的绝对值不超过 {m:.0e}", "{t} at most {m:.0e} in absolute value").format(
                t=":".join(factor.name for factor in factors), m=LARGEST
            ),
            found=Text("{k} 行超出", "beyond it on {k} rows").format(k=bad),
            remedy=Text(
                "换用较大的单位；缺失值的代码先换成空值", "use larger units, and null for codes of missing values"
            ),
        )


def _factor(factor: Factor, columns: dict[str, Floats]) -> Floats:
    return np.log(columns[factor.column]) if factor.log else columns[factor.column]


def _codes(frame: pl.DataFrame, grouping: Grouping | Varying) -> Codes:
    return dense_codes([frame[name] for name in grouping.columns])


def _recoded(codes: Codes, keep: Mask) -> Codes:
    return compact(codes[keep], int(codes.max()) + 1)[0]


def _added(drops: tuple[Drop, ...], reason: Text, rows: int) -> tuple[Drop, ...]:
    """The drops with some more rows under a reason, which may be among them already."""
    before = sum(drop.rows for drop in drops if drop.reason == reason)
    if not before:
        return (*drops, Drop(reason, rows))
    return tuple(Drop(reason, rows + before) if drop.reason == reason else drop for drop in drops)
