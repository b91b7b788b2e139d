"""Table 2-3: the six policies the report names, with the list that serves to evaluate each."""

from __future__ import annotations

from dualcarbon.core.exhibit import Table
from dualcarbon.policy.list_tables import table_2_3
from dualcarbon.studies.cmri2024.results import Results


def build(results: Results | None = None) -> Table:
    """The table; `results` is not read."""
    return table_2_3()
