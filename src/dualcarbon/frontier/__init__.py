"""Technology and direction in; inefficiency and the marginal abatement cost of CO2 out, with the evidence."""

from __future__ import annotations

from dualcarbon.frontier.fit import fit

__all__ = ["fit"]
