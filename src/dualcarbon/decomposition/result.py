"""A decomposition: its effects, totals and residual, and what is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.text import Text
from dualcarbon.decomposition.cells import Cells
from dualcarbon.decomposition.identity import Identity
from dualcarbon.decomposition.steps import Form, Method
from dualcarbon.decomposition.words import Label


@dataclass(frozen=True, slots=True)
class Decomposition:
    """What each factor of an identity adds to the change of its left side.

    Attributes
    ----------
    effects : polars.DataFrame
        period, factor, effect: changes in the unit of the left side (additive) or ratios (multiplicative).
    totals : polars.DataFrame
        period, start, end, change: the left side, and end - start or end / start.
    groups : polars.DataFrame
        The columns of the groups, period, factor, effect; no row without groups. Each group is decomposed by itself.
        Additive effects are the sums over the groups; ln D_k is their mean with weights L(V_gT, V_g0) / L(V_T, V_0).
    group_totals : polars.DataFrame
        The columns of the groups, period, start, end, change.
    cumulative : polars.DataFrame
        As `effects`, from the first period to the end of every step: sums, or products.
    residual : float
        The largest difference between effects and change over steps and groups, relative to the larger total
        (additive), or of the product of the effects from the ratio (multiplicative).
    identity : Identity
    method : str
    form : str
    chain : bool
    pairs : tuple of (int, int)
        Places of the two periods of every step in `cells.times`.
    cells : Cells
    notes : tuple of Text
        What was left out or taken as zero.
    """

    effects: pl.DataFrame
    totals: pl.DataFrame
    groups: pl.DataFrame
    group_totals: pl.DataFrame
    cumulative: pl.DataFrame
    residual: float
    identity: Identity
    method: Method
    form: Form
    chain: bool
    pairs: tuple[tuple[int, int], ...]
    cells: Cells = field(repr=False)
    notes: tuple[Text, ...] = ()

    @property
    def factors(self) -> tuple[str, ...]:
        """What the factors are called, in the order of the identity."""
        return self.identity.names

    def attribution(self, by: str | Sequence[str], *, cumulative: bool = False) -> pl.DataFrame:
        """Where each effect comes from: the columns of `by`, period, factor, contribution.

        Additive: sums of the effects of the cells. Multiplicative (LMDI): contributions that add up to D_k - 1, after
        Choi & Ang (2012); see `dualcarbon.decomposition.attribution`. With `cumulative`, from the first period on.
        """
        from dualcarbon.decomposition.attribution import attribution

        return attribution(self, (by,) if isinstance(by, str) else tuple(by), cumulative=cumulative)

    def table(
        self,
        labels: Mapping[str, Label] | None = None,
        *,
        unit: Label | None = None,
        key: str = "decomposition",
        number: Text | None = None,
        title: Text | None = None,
        source: Text | None = None,
        simulated: bool = False,
    ) -> Table:
        """Effects by period, with totals; `labels` names factors and, by its column, the left side."""
        from dualcarbon.decomposition.exhibits import Look, table

        return table(self, Look(labels, unit, key, number, title, source, simulated))

    def waterfall(
        self,
        labels: Mapping[str, Label] | None = None,
        *,
        period: str | None = None,
        unit: Label | None = None,
        key: str = "waterfall",
        number: Text | None = None,
        title: Text | None = None,
        source: Text | None = None,
        simulated: bool = False,
    ) -> Figure:
        """From the first total to the last by the effects; of one period of a chain, all of it by default."""
        from dualcarbon.decomposition.exhibits import Look, waterfall

        return waterfall(self, Look(labels, unit, key, number, title, source, simulated), period)

    def stacked(
        self,
        labels: Mapping[str, Label] | None = None,
        *,
        areas: bool = False,
        unit: Label | None = None,
        key: str = "stacked",
        number: Text | None = None,
        title: Text | None = None,
        source: Text | None = None,
        simulated: bool = False,
    ) -> Figure:
        """Effects by period as stacked bars, or the cumulated ones as stacked areas over time."""
        from dualcarbon.decomposition.exhibits import Look, stacked

        return stacked(self, Look(labels, unit, key, number, title, source, simulated), areas=areas)

    def __repr__(self) -> str:
        return (
            f"Decomposition({self.identity}, {self.method}, {self.form}: {len(self.pairs)} steps, "
            f"{self.cells.values.shape[2]:,} cells, residual {self.residual:.1e})"
        )
