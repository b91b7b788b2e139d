"""Figure 5-C: tonnes of the adoption policies, with their intervals."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Figure
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.market_frame import assumptions
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import source


def build(results: Results) -> Figure | None:
    """None where no market was computed."""
    found = results.market
    if found is None:
        return None
    made = found.adoption.figure(
        number=Text("图 5-C", "Figure 5-C"),
        source=source(results),
        simulated=results.sample.provenance.simulated,
    )
    return replace(made, key="figure_market_adoption", notes=(*made.notes, assumptions(found)))
