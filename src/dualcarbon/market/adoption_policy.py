"""What adoption policies achieve under one budget, with the uncertainty of the effects they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.options import bad_option, require_choice, require_level, require_whole
from dualcarbon.core.text import Text
from dualcarbon.market.adoption import SizeEffects
from dualcarbon.market.adoption_designs import Design, Infrastructure, Offer, SmallOnly, Targeted, Uniform
from dualcarbon.market.adoption_firms import Columns, sized
from dualcarbon.market.adoption_outcome import Outcome, Today
from dualcarbon.market.adoption_tables import by_class, by_design, by_draw


@dataclass(frozen=True, slots=True)
class AdoptionOptions:
    """What was asked for; see `adoption_policies`."""

    budget_cny: float
    rise: float
    draws: int
    seed: int
    level: float


@dataclass(frozen=True, slots=True)
class AdoptionPolicy:
    """Designs under one budget.

    Attributes
    ----------
    options : AdoptionOptions
    effects : SizeEffects
    table : polars.DataFrame, one row per design
        `design`; `rate_small`, `rate_large` (share of the cost offered, smallest and largest class, mean over its
        firms); `firms_offered`, `budget_small` (share of the spending that goes to the smallest class),
        `budget_inframarginal` (share paid to firms that adopt without it); then, each with `_low` and `_high`:
        `spent_cny`, `new_adopters`, `abated_t`, `cny_per_t`, `output_cny`, `gap`; `wrong_sign`, the share of draws
        in which CO2 does not fall. NaN where nothing is estimated or paid, or nobody is offered anything.
    classes : polars.DataFrame, one row per design and size class
        `firms`, `adoption_today`, `adoption_after`, `abated_t` with interval, `wrong_sign`.
    draws : polars.DataFrame, one row per design and draw
    offers : tuple of Offer
    keys : polars.Series, n
    gap_today : float
        1 - mean adoption of the smallest class / that of the largest: 0 no gap, 1 no small firm adopts.
    """

    options: AdoptionOptions
    effects: SizeEffects
    designs: tuple[Design, ...]
    table: pl.DataFrame
    classes: pl.DataFrame
    draws: pl.DataFrame
    offers: tuple[Offer, ...]
    keys: pl.Series
    gap_today: float

    def offered(self, design: str) -> pl.DataFrame:
        """Keys and the share of the cost each firm is offered under a design.

        Raises
        ------
        ConfigError
            There is no such design.
        """
        known = [one.key for one in self.designs]
        require_choice("design", design, known)
        at = known.index(design)
        return pl.DataFrame({self.keys.name: self.keys, "share": self.offers[at].share})

    def exhibit_table(self, **words: object) -> Table:
        """Designs side by side, every number with its interval; see `adoption_exhibits.table`."""
        from dualcarbon.market.adoption_exhibits import table

        return table(self, **words)  # type: ignore[arg-type]

    def figure(self, **words: object) -> Figure:
        """Tonnes by design with intervals; see `adoption_exhibits.figure`."""
        from dualcarbon.market.adoption_exhibits import figure

        return figure(self, **words)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        lines = [f"AdoptionPolicy: {len(self.keys):,} firms, {self.options.budget_cny:,.0f} CNY"]
        for row in self.table.to_dicts():
            lines.append(
                f"  {row['design']:<15} {row['abated_t']:>14,.1f} t [{row['abated_t_low']:,.1f}, "
                f"{row['abated_t_high']:,.1f}]  wrong sign {100 * row['wrong_sign']:.1f} %"
            )
        return "\n".join(lines)


def adoption_policies(
    firms: pl.DataFrame,
    effects: SizeEffects,
    *,
    budget_cny: float,
    rise: float = 1.0,
    designs: Sequence[Design] | None = None,
    infrastructure: Infrastructure | None = None,
    draws: int = 500,
    seed: int = 0,
    level: float = 0.95,
    columns: Columns | None = None,
) -> AdoptionPolicy:
    """Tonnes, CNY per tonne, output and size gap of several designs under one budget.

        abated = - sum_g (exp(rise b_g) - 1) sum_{i in g} CO2_i (P(a_i + k_g r_i) - P(a_i))

    r_i the share of the cost that a design takes over. A design is settled at the central estimates, as a ministry
    would; each draw of (b, k) from their joint normal law then says what it does, what it costs and whether CO2 falls.

    Parameters
    ----------
    firms : one row per firm, see `Columns`
    effects : SizeEffects
    budget_cny : float
        Above zero.
    rise : float
        How much digital use rises in a firm that adopts, in the unit of the effects.
    designs : default uniform, small firms only, targeted at half the cost, and infrastructure where it is given; no
        two of one key
    infrastructure : added to the default designs
    draws, seed, level : of the intervals, quantiles of the draws
    columns : Columns

    Raises
    ------
    ConfigError
        A budget, rise, level, seed or number of draws that cannot be used; no design, or two of one key.
    SchemaError, DataError
        The table does not fit.

    Notes
    -----
    A draw in which CO2 does not fall has no finite cost per tonne: it counts as infinite, so the upper end of the
    interval of `cny_per_t` is infinite where more than (1 - level)/2 of the draws have the wrong sign.
    """
    options = _options(budget_cny, rise, draws, seed, level)
    base = (Uniform(), SmallOnly(), *((infrastructure,) if infrastructure else ()), Targeted())
    chosen: tuple[Design, ...] = tuple(designs) if designs is not None else base
    _require_designs(chosen)
    table = sized(firms, effects, columns or Columns())
    drawn = np.vstack([effects.centre, effects.draws(options.draws, options.seed)])
    today = Today.of(table, effects)
    offers = tuple(one.offer(table, effects, options.budget_cny, options.rise) for one in chosen)
    outcomes = [Outcome.of(table, effects, offer, drawn, today, options.rise) for offer in offers]
    named = list(zip(chosen, outcomes, strict=True))
    return AdoptionPolicy(
        options,
        effects,
        chosen,
        by_design(named, options, effects),
        by_class(named, options, effects, today),
        by_draw(named),
        offers,
        table.keys,
        float(1.0 - today.adoption[0] / today.adoption[-1]),
    )


def _options(budget_cny: float, rise: float, draws: int, seed: int, level: float) -> AdoptionOptions:
    for name, value in (("budget_cny", budget_cny), ("rise", rise)):
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not (number and 0.0 < float(value) < np.inf):
            raise bad_option(name, Text("有限正数", "finite, above zero"), value)
    require_whole("draws", draws, 2)
    require_whole("seed", seed, 0)
    require_level(level)
    return AdoptionOptions(float(budget_cny), float(rise), int(draws), int(seed), float(level))


def _require_designs(designs: Sequence[Design]) -> None:
    keys = [one.key for one in designs]
    if not keys or len(set(keys)) < len(keys):
        raise bad_option(
            "designs",
            Text(
                "至少一个方案，每个方案的 key 不同，例如 Targeted(0.3, key='targeted_30', label=...)",
                "at least one design, each of a key of its own such as Targeted(0.3, key='targeted_30', label=...)",
            ),
            keys,
        )
