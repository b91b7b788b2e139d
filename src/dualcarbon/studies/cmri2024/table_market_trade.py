"""Table 5-C: permits bought and sold by industry."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.market.exhibits import trade_table
from dualcarbon.studies.cmri2024.industries import GROUP
from dualcarbon.studies.cmri2024.market_frame import INDUSTRY, frame, settings
from dualcarbon.studies.cmri2024.results import Results


def build(results: Results) -> Table | None:
    """None where no market was computed."""
    found = results.market
    if found is None:
        return None
    made = trade_table(
        found.comparison.markets["cap_and_trade"],
        GROUP,
        frame=frame(results, "table_market"),
        label=INDUSTRY,
        number=Text("表 5-C", "Table 5-C"),
    )
    return replace(made, key="table_market_trade", notes=(settings(found), *made.notes))
