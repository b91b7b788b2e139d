"""Mechanisms by the two-step practice: what the treatment does to the outcome, and to each mediator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import Table
from dualcarbon.core.panel import Drop, Panel, Provenance
from dualcarbon.core.results import LEAST_SQUARES, Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.formula import parse
from dualcarbon.effects.regression import regress
from dualcarbon.effects.sample import take_sample
from dualcarbon.effects.single import place_of
from dualcarbon.effects.specification import Poisson
from dualcarbon.effects.words import measured

ARGUED = Text(
    "两步法（江艇，2022）：检验处理变量对结果与对中介变量的影响；中介变量对结果的影响由理论与文献论证，不在此估计。",
    "Two steps (Jiang 2022): the effect of the treatment on the outcome and on the mediator; that the mediator moves "
    "the outcome is argued from theory and the literature, not estimated here.",
)


class Estimator(Protocol):
    """What estimates one step: least squares, Poisson for counts, or any other that reads a formula."""

    def __call__(self, formula: str, panel: Panel, *, cluster: str | None, weights: str | None) -> Estimate: ...


def least_squares(
    formula: str,
    panel: Panel,
    *,
    cluster: str | None = None,
    weights: str | None = None,
    family: Poisson | None = None,
) -> Estimate:
    """Least squares with absorbed effects, or the family's likelihood, as `dualcarbon.effects.fit`."""
    return regress(parse(formula, cluster=cluster, weights=weights, family=family), panel).estimate


@dataclass(frozen=True, slots=True)
class Mediation:
    """The steps of a mechanism, on one sample.

    Attributes
    ----------
    total : Estimate
        The outcome on the treatment.
    steps : tuple of Estimate
        Each mediator on the treatment.
    treatment : str
    drops : tuple of Drop
        Rows not used by any step.
    table : polars.DataFrame
        `depvar`, `coef`, `se`, `p`, `n`: the outcome first.
    measured : Text
        The treatment's unit.
    provenance : Provenance
    """

    total: Estimate
    steps: tuple[Estimate, ...]
    treatment: str
    drops: tuple[Drop, ...]
    table: pl.DataFrame
    measured: Text
    provenance: Provenance

    def exhibit(self, number: Text | None = None) -> Table:
        """The steps as columns of a three-line table."""
        from dualcarbon.effects.exhibits import regression_table

        fits = (self.total, *self.steps)
        title = Text("机制检验：{t} 对结果与中介变量的影响", "Mechanism: {t}, the outcome and the mediators").format(
            t=self.treatment
        )
        gone = tuple(
            Text("各步均未用 {k} 行：{r}。", "{k} rows used by no step: {r}.").format(k=f"{d.rows:,}", r=d.reason)
            for d in self.drops
        )
        likelihoods = tuple(
            Text("({j}) 列：{e}。", "({j}) by {e}.").format(j=j, e=fit.estimator)
            for j, fit in enumerate(fits, 1)
            if fit.estimator != LEAST_SQUARES
        )
        return regression_table(
            fits,
            [fit.depvar for fit in fits],
            key="table_mediation",
            number=number or Text("表 5", "Table 5"),
            title=title,
            show=[self.treatment],
            notes=(ARGUED, self.measured, *likelihoods, *gone),
            provenance=self.provenance,
        )

    def __repr__(self) -> str:
        lines = [
            f"  {d:<20} {b:>12.6g}  ({s:.6g})  p {p:.4f}  n {n:,}"
            for d, b, s, p, n in self.table.select("depvar", "coef", "se", "p", "n").rows()
        ]
        return "\n".join([f"Mediation: effect of {self.treatment} on the outcome and its mediators", *lines])


def mediation(
    panel: Panel,
    *,
    outcome: str,
    treatment: str,
    mediators: Sequence[str] | Mapping[str, Estimator | Poisson],
    controls: Sequence[str] = (),
    absorb: str | None = "firm_id + year",
    cluster: str | None = None,
    weights: str | None = None,
    sample: pl.Expr | None = None,
) -> Mediation:
    """The effect of a treatment on an outcome, and on the mediators through which theory says it works.

    All steps use the rows where outcome, treatment, controls and every mediator exist; an estimator may leave out more
    (Poisson: rows that an effect fits exactly), which its own `drops` says.

    Parameters
    ----------
    panel : Panel
    outcome : str
        Column or `log(column)`.
    treatment : str
    mediators : sequence of str, or mapping of str to Poisson or Estimator
        Columns or logarithms. A mapping says how each is estimated: ``{"green_patents": Poisson()}`` for counts, or
        any function of a formula and a panel. Otherwise: least squares.
    controls, absorb, cluster, weights, sample
        As for `split`.

    Raises
    ------
    ConfigError
        No mediator is given.
    SchemaError, DataError, NotIdentifiedError
        As for `fit`.

    Notes
    -----
    Jiang (2022), China Industrial Economics 2022(5), 100-120, https://doi.org/10.19581/j.cnki.ciejournal.2022.05.005.
    """
    mediators = [mediators] if isinstance(mediators, str) else mediators
    given = mediators if isinstance(mediators, Mapping) else dict.fromkeys(mediators, least_squares)
    chosen = {name: _estimator(how) for name, how in given.items()}
    if not chosen:
        raise ConfigError(
            Text("没有中介变量", "there is no mediator"),
            expected=Text("至少一个", "at least one"),
            found=both(str(mediators)),
            remedy=Text("给出 mediators=", "give mediators="),
        )
    right = " + ".join([treatment, *controls])
    bar = f" | {absorb}" if absorb else ""
    widest = parse(f"{outcome} ~ {' + '.join([right, *chosen])}{bar}", cluster=cluster, weights=weights)
    data = take_sample(widest, panel, sample)
    common = panel_rows(panel, data.rows)
    total = least_squares(f"{outcome} ~ {right}{bar}", common, cluster=cluster, weights=weights)
    steps = tuple(
        estimator(f"{mediator} ~ {right}{bar}", common, cluster=cluster, weights=weights)
        for mediator, estimator in chosen.items()
    )
    name = widest.regressors[0].name
    table = _table(name, (total, *steps))
    return Mediation(total, steps, name, data.drops, table, measured(name, panel), panel.provenance)


def _estimator(how: Estimator | Poisson) -> Estimator:
    return partial(least_squares, family=how) if isinstance(how, Poisson) else how


def panel_rows(panel: Panel, rows: NDArray[np.int64]) -> Panel:
    """The panel at some positions, increasing."""
    return replace(panel, frame=panel.frame.select(pl.all().gather(pl.Series(rows))))


def _table(treatment: str, fits: Sequence[Estimate]) -> pl.DataFrame:
    at = [place_of(fit, treatment) for fit in fits]
    return pl.DataFrame(
        {
            "depvar": [fit.depvar for fit in fits],
            "coef": [float(fit.coef[i]) for fit, i in zip(fits, at, strict=True)],
            "se": [float(fit.se[i]) for fit, i in zip(fits, at, strict=True)],
            "p": [float(fit.p[i]) for fit, i in zip(fits, at, strict=True)],
            "n": [fit.n for fit in fits],
        }
    )
