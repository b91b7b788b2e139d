"""Every number of the report's chapters 1 to 5 computed again: agrees, disagrees (and what is right), not checkable.

Examples
--------
>>> from dualcarbon.studies.cmri2024 import claims
>>> one = next(c for c in claims.checked() if c.claim.key == "mac_ratio")
>>> one.status, round(one.finding.value)
('disagrees', 1102)
"""

from __future__ import annotations

from dualcarbon.studies.cmri2024.claims.checking import STATUSES, Checked, Status, checked, counts
from dualcarbon.studies.cmri2024.claims.claim import Claim, Finding, listed

__all__ = ["STATUSES", "Checked", "Claim", "Finding", "Status", "checked", "counts", "listed"]
