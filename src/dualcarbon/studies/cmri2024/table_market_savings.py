"""Table M-6: what the market saves against a uniform cut, by industry."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.market.exhibits_savings import savings_table
from dualcarbon.studies.cmri2024.industries import GROUP
from dualcarbon.studies.cmri2024.market_frame import INDUSTRY, frame, settings
from dualcarbon.studies.cmri2024.results import Refused, Results


def build(results: Results) -> Table | None:
    """None where no market could be computed."""
    found = results.market
    if isinstance(found, Refused):
        return None
    markets = found.comparison.markets
    made = savings_table(
        markets["cap_and_trade"],
        markets["uniform"],
        GROUP,
        frame=frame(results, "table_market"),
        label=INDUSTRY,
        number=Text("表 M-6", "Table M-6"),
    )
    return replace(made, key="table_market_savings", notes=(settings(found, results.config.market), *made.notes))
