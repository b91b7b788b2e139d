"""Table M-5: permits bought and sold by industry."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.market.exhibits import trade_table
from dualcarbon.studies.cmri2024.industries import GROUP
from dualcarbon.studies.cmri2024.market_frame import INDUSTRY, frame, settings
from dualcarbon.studies.cmri2024.results import Refused, Results


def build(results: Results) -> Table | None:
    """None where no market could be computed."""
    found = results.market
    if isinstance(found, Refused):
        return None
    made = trade_table(
        found.comparison.markets["cap_and_trade"],
        GROUP,
        frame=frame(results, "table_market"),
        label=INDUSTRY,
        number=Text("表 M-5", "Table M-5"),
    )
    return replace(made, key="table_market_trade", notes=(settings(found, results.config.market), *made.notes))
