"""Table 5-A: the policies at one cap."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.market.exhibits_policies import policy_table
from dualcarbon.studies.cmri2024.market_frame import frame, settings
from dualcarbon.studies.cmri2024.results import Results

_INTERVAL = Text(
    "价格区间只含边际减排成本水平的不确定性：各行业的跨度（表 4-C）读作 95 % 区间，同一行业的企业一起变动。",
    "The interval of the price holds the uncertainty of the level of MAC alone: an industry's bracket (Table 4-C) is "
    "read as a 95 % interval, its firms moving together.",
)


def build(results: Results) -> Table | None:
    """None where no market was computed."""
    found = results.market
    if found is None:
        return None
    made = policy_table(
        found.comparison,
        frame=frame(results, "table_market"),
        number=Text("表 5-A", "Table 5-A"),
        interval=found.interval,
    )
    return replace(made, key="table_market_policies", notes=(settings(found), *made.notes, _INTERVAL))
