"""Did it move next door: neighbours, spillover rings, spatial lag and Durbin difference-in-differences."""

from __future__ import annotations

from dualcarbon.policy.spatial.making import contiguity, economic_distance, inverse_distance, nearest, places
from dualcarbon.policy.spatial.rings import rings
from dualcarbon.policy.spatial.rings_result import Rings
from dualcarbon.policy.spatial.spatial_did import evaluate, spatial_did
from dualcarbon.policy.spatial.spatial_result import SpatialEffect
from dualcarbon.policy.spatial.weights import Weights, from_matrix, product

__all__ = [
    "Rings",
    "SpatialEffect",
    "Weights",
    "contiguity",
    "economic_distance",
    "evaluate",
    "from_matrix",
    "inverse_distance",
    "nearest",
    "places",
    "product",
    "rings",
    "spatial_did",
]
