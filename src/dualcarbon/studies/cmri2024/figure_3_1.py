"""Figure 3-1: clean electricity, China beside other large countries."""

from __future__ import annotations

from pathlib import Path

from dualcarbon import nations
from dualcarbon.core.exhibit import Figure
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.results import Results

COUNTRIES = ("CHN", "USA", "DEU", "GBR", "FRA", "JPN", "IND", "WLD")


def build(results: Results | None = None, folder: Path | None = None) -> Figure:
    """The figure; `results` is not read, `folder` takes the place of the shipped extract."""
    mix = nations.shipped_mix() if folder is None else nations.read_mix(folder)
    return nations.clean_figure(
        nations.clean_shares(mix, countries=COUNTRIES),
        COUNTRIES,
        key="figure_3_1",
        number=Text("图 3-1", "Figure 3-1"),
    )
