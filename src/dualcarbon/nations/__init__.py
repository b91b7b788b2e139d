"""When and how rich countries were as their emissions peaked, and how clean their electricity is.

Examples
--------
>>> from dualcarbon import nations
>>> nations.peaks(nations.shipped_emissions()).of("DEU")["peak_year"]
1979
"""

from __future__ import annotations

from dualcarbon.nations.clean import COMPARED, CleanShares, clean_shares
from dualcarbon.nations.exhibits import (
    clean_figure,
    clean_table,
    income_table,
    peaks_figure,
    peaks_table,
    position_table,
)
from dualcarbon.nations.files import read_emissions, read_income, read_mix
from dualcarbon.nations.income import Income, Position, income_at_peak, incomes, position
from dualcarbon.nations.peaking import Peaks, peaks
from dualcarbon.nations.rule import STATUSES, PeakRule
from dualcarbon.nations.shipped import (
    WORLD,
    Source,
    country_name,
    facts,
    shipped_emissions,
    shipped_income,
    shipped_mix,
    sources,
)

__all__ = [
    "COMPARED",
    "STATUSES",
    "WORLD",
    "CleanShares",
    "Income",
    "PeakRule",
    "Peaks",
    "Position",
    "Source",
    "clean_figure",
    "clean_shares",
    "clean_table",
    "country_name",
    "facts",
    "income_at_peak",
    "income_table",
    "incomes",
    "peaks",
    "peaks_figure",
    "peaks_table",
    "position",
    "position_table",
    "read_emissions",
    "read_income",
    "read_mix",
    "shipped_emissions",
    "shipped_income",
    "shipped_mix",
    "sources",
]
