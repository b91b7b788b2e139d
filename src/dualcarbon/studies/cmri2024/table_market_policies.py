"""Table M-1: the policies at one cap."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.market.exhibits_policies import policy_table
from dualcarbon.studies.cmri2024.market import PriceDraws
from dualcarbon.studies.cmri2024.market_frame import frame, settings
from dualcarbon.studies.cmri2024.results import Refused, Results


def build(results: Results) -> Table | None:
    """None where no market could be computed."""
    found = results.market
    if isinstance(found, Refused):
        return None
    made = policy_table(
        found.comparison,
        frame=frame(results, "table_market"),
        number=Text("表 M-1", "Table M-1"),
        interval=None if found.draws is None else found.draws.interval,
    )
    return replace(
        made,
        key="table_market_policies",
        notes=(settings(found, results.config.market), *made.notes, _drawn(found.draws)),
    )


def _drawn(draws: PriceDraws | None) -> Text:
    """What the interval of the price holds, or why there is none."""
    if draws is None:
        return Text(
            "没有一个行业给出边际减排成本的跨度（表 4-C），因此价格没有区间。",
            "No industry has a bracket of its MAC (Table 4-C), so the price has no interval.",
        )
    return Text(
        "价格区间只含边际减排成本水平的不确定性：各行业的跨度（表 4-C）读作 95 % 区间，同一行业的企业一起变动；"
        "{n} 个行业中 {k} 个没有跨度，以其余行业的中位数代替。模型之间的差别见表 M-7。",
        "The interval of the price holds the uncertainty of the level of MAC alone: an industry's bracket (Table 4-C) "
        "is read as a 95 % interval, its firms moving together; {k} of {n} industries have no bracket and take the "
        "median of the others. What lies between models is in Table M-7.",
    ).format(n=draws.industries, k=draws.without_bracket)
