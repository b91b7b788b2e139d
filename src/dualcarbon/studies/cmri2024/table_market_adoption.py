"""Table 5-F: adoption policies for small firms under one budget."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.market_frame import assumptions
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import source


def build(results: Results) -> Table | None:
    """None where no market was computed."""
    found = results.market
    if found is None:
        return None
    made = found.adoption.exhibit_table(
        number=Text("表 5-F", "Table 5-F"),
        source=source(results),
        simulated=results.sample.provenance.simulated,
    )
    return replace(made, key="table_market_adoption", notes=(assumptions(found), *made.notes))
