"""Columns that add controls and effects one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Vcov, asked
from dualcarbon.effects.exhibits import Wording, coefficient_plot, regression_table
from dualcarbon.effects.formula import parse
from dualcarbon.effects.regression import regress
from dualcarbon.effects.specification import Specification

_STAND_IN = "_"


@dataclass(frozen=True, slots=True)
class Stepwise:
    """Regressions of which each adds something to the one before.

    Attributes
    ----------
    estimates : tuple of Estimate
    formulas : tuple of str
    added : tuple of str
        What each column adds; empty for the first.
    treatment : str
        The first regressor.
    same_rows : bool
        Whether all columns use the rows that the last one can use.
    wording : Wording
    provenance : Provenance
    """

    estimates: tuple[Estimate, ...]
    formulas: tuple[str, ...]
    added: tuple[str, ...]
    treatment: str
    same_rows: bool
    wording: Wording
    provenance: Provenance

    def table(self, key: str = "stepwise", show: Sequence[str] | None = None) -> Table:
        """The columns side by side."""
        rows = (
            Text("各列用同一样本：最后一列可用的行。", "All columns use the rows that the last one can use.")
            if self.same_rows
            else Text("各列用各自可用的行。", "Each column uses the rows it can use.")
        )
        return regression_table(
            self.estimates, key=key, number=Text("逐步回归", "Stepwise columns"), show=show, wording=self.wording,
            notes=(rows,), provenance=self.provenance,
        )  # fmt: skip

    def figure(self, key: str = "figure_stepwise") -> Figure:
        """The coefficient of the treatment in every column with its interval."""
        first = Text("基准", "baseline")
        titles = [both(f"+ {step}") if step else first for step in self.added]
        return coefficient_plot(
            self.estimates, titles, [self.treatment], key=key, wording=self.wording, provenance=self.provenance
        )

    def __repr__(self) -> str:
        lines = [f"Stepwise({self.treatment}, {len(self.estimates)} columns)"]
        for estimate, formula in zip(self.estimates, self.formulas, strict=True):
            at = estimate.names.index(self.treatment) if self.treatment in estimate.names else None
            shown = "-" if at is None else f"{estimate.coef[at]:.6g} ({estimate.se[at]:.6g})"
            lines.append(f"  {formula}: {shown}, n = {estimate.n:,}")
        return "\n".join(lines)


def stepwise(
    formula: str,
    panel: Panel,
    add: Sequence[str],
    *,
    same_rows: bool = True,
    cluster: str | None = None,
    vcov: str | Vcov | None = None,
    covariance: str | Vcov | None = None,
    weights: str | None = None,
    sample: pl.Expr | None = None,
    wording: Wording | None = None,
    engine: Engine | None = None,
) -> Stepwise:
    """The formula, and then the formula with one thing more in every column.

    Parameters
    ----------
    formula : str
        The first column; its first regressor is the treatment.
    panel : Panel
    add : sequence of str
        What each further column adds to the one before: regressors, `"size + age"`, or effects after a bar,
        `"| industry4^year"`, or both, `"size | province"`.
    same_rows : bool
        Every column on the rows that the last one can use, so that coefficients differ by what was added alone.
    cluster, vcov, covariance, weights, sample : as for `fit`
    wording : Wording, optional
        Labels, units and scaling of the table.
    engine : Engine, optional

    Raises
    ------
    ConfigError
        A formula or an addition cannot be read, or the formula has no regressor.

    Examples
    --------
    >>> table = pl.DataFrame({"f": [1, 1, 2, 2, 3, 3, 4, 4], "t": [1, 2] * 4, "x": [0, 1, 0, 0, 0, 1, 2, 1]})
    >>> table = table.with_columns(z=pl.Series([1, 3, 2, 2, 5, 1, 0, 1]), y=pl.Series([1, 5, 2, 3, 4, 6, 1, 0]))
    >>> found = stepwise("y ~ x", Panel.from_frame(table, id="f", time="t"), ["z", "| t"])
    >>> found.formulas
    ('y ~ x', 'y ~ x + z', 'y ~ x + z | t')
    """
    first = parse(formula, cluster=cluster, weights=weights)
    if not first.terms:
        raise ConfigError(
            Text("公式没有解释变量", "the formula has no regressor"),
            expected=Text("y ~ 处理变量", "y ~ treatment"),
            found=both(formula),
            remedy=Text("在 ~ 后写上处理变量", "name the treatment behind ~"),
        )
    chain = [first]
    for step in add:
        chain.append(_added(chain[-1], step))
    rule = asked(covariance, vcov)
    last = regress(chain[-1], panel, covariance=rule, sample=sample)
    held = panel
    if same_rows:
        marks = np.zeros(panel.n, dtype=np.bool_)
        marks[last.rows] = True
        reason = Text("最后一列不能用的行", "rows the last column cannot use")
        held, sample = panel.keep(pl.lit(pl.Series(marks)), reason), None

    def one(specification: Specification) -> Estimate:
        return regress(specification, held, covariance=rule, sample=sample).estimate

    estimates = [*(engine or InOrder()).map(one, chain[:-1]), last.estimate]
    return Stepwise(
        tuple(estimates),
        tuple(one.formula for one in chain),
        ("", *add),
        first.terms[0].name,
        same_rows,
        wording or Wording(panel=panel),
        panel.provenance,
    )


def _added(before: Specification, step: str) -> Specification:
    """The specification with an addition: regressors, and effects after a bar."""
    regressors, bar, effects = step.partition("|")
    terms = parse(f"`{_STAND_IN}` ~ {regressors}").regressors if regressors.strip() else ()
    further = parse(f"`{_STAND_IN}` ~ `{_STAND_IN}{_STAND_IN}` | {effects}").effects if bar else ()
    if not terms and not further:
        raise ConfigError(
            Text("逐步回归的一步是空的", "a step adds nothing"),
            expected=Text('解释变量，或 "| 效应"', 'regressors, or "| effects"'),
            found=both(repr(step)),
            remedy=Text("删去它或写上变量", "drop it or name what it adds"),
        )
    return replace(before, regressors=(*before.regressors, *terms), effects=(*before.effects, *further))
