"""Technology and direction in; inefficiency and the marginal abatement cost of CO2 out, with the evidence."""

from __future__ import annotations

from dualcarbon.frontier.bootstrap import bootstrap
from dualcarbon.frontier.fit import fit
from dualcarbon.frontier.indices import Luenberger, MalmquistLuenberger
from dualcarbon.frontier.influence import influence
from dualcarbon.frontier.metafrontier import metafrontier
from dualcarbon.frontier.pictures import abatement_cost_curve, mac_against_intensity, mac_by_group
from dualcarbon.frontier.productivity import productivity
from dualcarbon.frontier.redrawing import Parametric, Resampling, Subsampling
from dualcarbon.frontier.specification import specification_panel

__all__ = [
    "Luenberger",
    "MalmquistLuenberger",
    "Parametric",
    "Resampling",
    "Subsampling",
    "abatement_cost_curve",
    "bootstrap",
    "fit",
    "influence",
    "mac_against_intensity",
    "mac_by_group",
    "metafrontier",
    "productivity",
    "specification_panel",
]
