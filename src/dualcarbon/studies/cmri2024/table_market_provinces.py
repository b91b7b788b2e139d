"""Table M-4: what the policies cost firms, by province."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.market.exhibits_policies import policy_groups_table
from dualcarbon.studies.cmri2024.market import PROVINCE
from dualcarbon.studies.cmri2024.market_frame import PROVINCES, frame, settings
from dualcarbon.studies.cmri2024.results import Refused, Results


def build(results: Results) -> Table | None:
    """None where no market could be computed, or the firms have no province."""
    found = results.market
    if isinstance(found, Refused) or PROVINCE not in found.comparison.groups["by"]:
        return None
    made = policy_groups_table(
        found.comparison,
        PROVINCE,
        frame=frame(results, "table_market", PROVINCES),
        label=Text("省份", "Province"),
        number=Text("表 M-4", "Table M-4"),
    )
    return replace(made, key="table_market_provinces", notes=(settings(found, results.config.market), *made.notes))
