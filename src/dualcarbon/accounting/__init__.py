"""Energy use to CO2, within a named boundary and by a named set of factors.

Examples
--------
>>> from dualcarbon import accounting
>>> accounting.factor_sets()[0]
'cn_2015'
>>> [b.name for b in accounting.boundaries()]
['coal', 'coal_oil_power', 'scope1', 'scope1_2', 'by_fuel']
"""

from __future__ import annotations

from dualcarbon.accounting.boundary import Boundary, boundaries, load_boundary
from dualcarbon.accounting.emissions import account
from dualcarbon.accounting.energy import energy
from dualcarbon.accounting.listing import factor_sets, factor_table, grid_table

__all__ = [
    "Boundary",
    "account",
    "boundaries",
    "energy",
    "factor_sets",
    "factor_table",
    "grid_table",
    "load_boundary",
]
