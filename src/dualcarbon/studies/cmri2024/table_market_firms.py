"""Table M-2: winners and losers of the policies."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.market.exhibits_policies import policy_firms_table
from dualcarbon.studies.cmri2024.market_frame import frame, settings
from dualcarbon.studies.cmri2024.results import Refused, Results


def build(results: Results) -> Table | None:
    """None where no market could be computed."""
    found = results.market
    if isinstance(found, Refused):
        return None
    made = policy_firms_table(
        found.comparison, frame=frame(results, "table_market"), number=Text("表 M-2", "Table M-2")
    )
    return replace(made, key="table_market_firms", notes=(settings(found, results.config.market), *made.notes))
