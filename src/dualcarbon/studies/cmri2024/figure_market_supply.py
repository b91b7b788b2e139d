"""Figure M-1: supply and demand of permits with the clearing price."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Figure
from dualcarbon.core.text import Text
from dualcarbon.market.exhibits import supply_demand_figure
from dualcarbon.studies.cmri2024 import market
from dualcarbon.studies.cmri2024.market_frame import frame, settings
from dualcarbon.studies.cmri2024.results import Refused, Results


def build(results: Results) -> Figure | None:
    """None where no market could be computed."""
    found = results.market
    if isinstance(found, Refused):
        return None
    if not found.comparison.markets["cap_and_trade"].price > 0.0:
        return None
    made = supply_demand_figure(
        found.comparison.markets["cap_and_trade"],
        frame=frame(results, "figure_market"),
        number=Text("图 M-1", "Figure M-1"),
        response=market.RESPONSE,
        floor=results.config.market.floor,
        ceiling=results.config.market.ceiling,
    )
    return replace(made, key="figure_market_supply", notes=(settings(found, results.config.market), *made.notes))
