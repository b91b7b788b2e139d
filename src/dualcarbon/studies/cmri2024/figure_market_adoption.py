"""Figure M-3: tonnes of the adoption policies, with their intervals."""

from __future__ import annotations

from dataclasses import replace

from dualcarbon.core.exhibit import Figure
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.market_frame import assumptions
from dualcarbon.studies.cmri2024.results import Refused, Results
from dualcarbon.studies.cmri2024.words import source


def build(results: Results) -> Figure | None:
    """None where no policy could be computed."""
    found = results.adoption
    if isinstance(found, Refused):
        return None
    made = found.policy.figure(
        number=Text("图 M-3", "Figure M-3"),
        source=source(results),
        simulated=results.sample.provenance.simulated,
    )
    return replace(made, key="figure_market_adoption", notes=(*made.notes, assumptions(found, results.config.adoption)))
