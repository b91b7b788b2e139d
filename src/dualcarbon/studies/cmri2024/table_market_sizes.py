"""Table M-3: what the policies cost firms, by firm size."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.market.exhibits_policies import policy_groups_table
from dualcarbon.studies.cmri2024.market import SIZE
from dualcarbon.studies.cmri2024.market_frame import frame, settings
from dualcarbon.studies.cmri2024.results import Refused, Results


def build(results: Results) -> Table | None:
    """None where no market could be computed."""
    found = results.market
    if isinstance(found, Refused):
        return None
    made = policy_groups_table(
        found.comparison,
        SIZE,
        frame=frame(results, "table_market"),
        label=Text("规模", "Size"),
        number=Text("表 M-3", "Table M-3"),
    )
    return replace(made, key="table_market_sizes", notes=(settings(found, results.config.market), *made.notes))
