"""A cleared market: the price, what every firm does, and what it adds up to."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dualcarbon.core.errors import SchemaError
from dualcarbon.core.grouped import group_sums
from dualcarbon.core.text import Text, both
from dualcarbon.market.faults import option
from dualcarbon.market.words import ResponseName, SchemeName


@dataclass(frozen=True, slots=True)
class Market:
    """What firms do under a cap, a standard, a cut or a tax.

    Attributes
    ----------
    price : float
        Currency per unit of CO2; NaN under a uniform cut, 0 where the cap does not bind.
    table : polars.DataFrame, one row per firm in the order given
        The columns given, then `state` (see `words.STATES`); `co2_star`; `co2_change`; `output_change`; `mac_star`;
        `allocation` (permits received free, null for firms outside); `trade` (permits bought, negative where sold);
        `payment` (price times trade); `rebate` (revenue returned); `cost` (output forgone + payment - rebate).
    summary : polars.DataFrame, one row
        scheme, response, price, cap, emissions, emissions_today, emissions_at_zero_price, abatement, output_today,
        output_change, cost_per_tonne (output forgone per unit abated; NaN without abatement), volume (permits bought),
        buyers, sellers, revenue, firms, share_interior, share_at_floor, share_at_ceiling, share_infeasible (all of the
        firms with a price), share_excluded and share_co2_excluded (of all firms), factor (of the uniform cut, or by
        which benchmarks were scaled), withheld and released (permits, under a price floor or ceiling), method,
        evaluations. Emissions and output are those of the firms under the policy.
    excluded : polars.DataFrame
        state, firms, share, co2, share_co2: firms without a price, by reason.
    scheme, response : str
    notes : tuple of Text
        What was assumed, left out, or does not bind.
    benchmarks : polars.DataFrame or None
        group, benchmark (CO2 per unit of output), under a performance standard.
    """

    price: float
    table: pl.DataFrame
    summary: pl.DataFrame
    excluded: pl.DataFrame
    scheme: SchemeName
    response: ResponseName
    notes: tuple[Text, ...] = ()
    benchmarks: pl.DataFrame | None = None

    def by(self, *columns: str) -> pl.DataFrame:
        """Sums by groups: firms, co2, co2_star, output, output_change, allocation, bought, sold, payment, rebate, cost.

        Raises
        ------
        ConfigError
            If no column is named, one is named twice, or one is itself summed.
        SchemaError
            If a column is not in the table.
        """
        sums = ("co2", "co2_star", "output", "output_change", "allocation", "payment", "rebate", "cost")
        if not columns or len(set(columns)) < len(columns) or set(columns) & {*sums, "trade"}:
            option(
                "by",
                columns,
                Text("不重复的分组列，且不是求和的列", "columns of groups, each once, none of them one that is summed"),
            )
        absent = [name for name in columns if name not in self.table.columns]
        if absent:
            raise SchemaError(
                Text("表中没有分组列", "the table lacks the columns to group by"),
                expected=both(", ".join(self.table.columns)),
                found=both(", ".join(absent)),
                remedy=Text("改用表中的列", "name columns of the table"),
            )
        bought, sold = (side.clip(lower_bound=0.0) for side in (pl.col("trade"), -pl.col("trade")))
        values: list[str | pl.Expr] = [*sums, bought.alias("bought"), sold.alias("sold")]
        found = group_sums(self.table, columns, values, [pl.len().alias("firms")])
        return found.select(*columns, "firms", *sums, "bought", "sold").sort(*columns)

    def __repr__(self) -> str:
        one = self.summary.row(0, named=True)
        lines = [
            f"Market({self.scheme}, {self.response}: {self.table.height:,} firms, price {self.price:,.6g}, emissions "
            f"{one['emissions']:,.6g} of {one['emissions_today']:,.6g} today, output {one['output_change']:+,.6g}; "
            f"at floor {one['share_at_floor']:.1%}, at ceiling {one['share_at_ceiling']:.1%}, "
            f"excluded {one['share_excluded']:.1%})"
        ]
        return "\n".join(lines + [f"  note: {note.en}" for note in self.notes])
