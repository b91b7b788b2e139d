"""Figure M-2: from the cost of the uniform cut to that of the market."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Figure
from dualcarbon.core.text import Text
from dualcarbon.market.exhibits_savings import savings_figure
from dualcarbon.studies.cmri2024.industries import GROUP
from dualcarbon.studies.cmri2024.market_frame import frame, settings
from dualcarbon.studies.cmri2024.results import Refused, Results


def build(results: Results) -> Figure | None:
    """None where no market could be computed."""
    found = results.market
    if isinstance(found, Refused):
        return None
    markets = found.comparison.markets
    made = savings_figure(
        markets["cap_and_trade"],
        markets["uniform"],
        GROUP,
        frame=frame(results, "figure_market"),
        number=Text("图 M-2", "Figure M-2"),
    )
    return replace(made, key="figure_market_savings", notes=(settings(found, results.config.market), *made.notes))
