"""Table M-8: adoption policies for small firms under one budget."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.market_frame import assumptions
from dualcarbon.studies.cmri2024.results import Refused, Results
from dualcarbon.studies.cmri2024.words import source


def build(results: Results) -> Table | None:
    """None where no policy could be computed."""
    found = results.adoption
    if isinstance(found, Refused):
        return None
    made = found.policy.exhibit_table(
        number=Text("表 M-8", "Table M-8"),
        source=source(results),
        simulated=results.sample.provenance.simulated,
    )
    return replace(made, key="table_market_adoption", notes=(assumptions(found, results.config.adoption), *made.notes))
