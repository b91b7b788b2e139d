"""Table 2-2: the ten pilots of the digital and green dual transition, as the report prints them."""

from __future__ import annotations

from dualcarbon.core.exhibit import Table
from dualcarbon.policy.list_tables import table_2_2
from dualcarbon.studies.cmri2024.results import Results


def build(results: Results | None = None) -> Table:
    """The table; `results` is not read."""
    return table_2_2()
