"""The city panels of the study, each with the pilots matched to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from dualcarbon import policy
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.policy.place_reach import County
from dualcarbon.policy.simulated import CityTruth
from dualcarbon.studies.broadband_china.config import BroadbandStudy
from dualcarbon.studies.broadband_china.source import CEADS_FILE, COUNTY_FILE, ceads_cities, county_cities

FIRST = "first_treated"
MUNICIPALITIES = ("北京", "天津", "上海", "重庆")
PROVINCIAL = ("bigdata_zone",)
"""Lists of which a province's entry treats all its cities."""


@dataclass(frozen=True, slots=True)
class Cities:
    """One source of city emissions, before the pilots are matched to it.

    Attributes
    ----------
    key : str
    label : Text
    panel : Panel
        Rows are cities and years.
    province : str or None
        Column of provinces, where the source has one.
    truth : CityTruth or None
        Of simulated cities.
    """

    key: str
    label: Text
    panel: Panel
    province: str | None
    truth: CityTruth | None = None

    def matched(self, config: BroadbandStudy, county: County | None = None) -> policy.Match:
        """The pilots of the study's policy met with the cities; `county` overrides the study's choice.

        The notes of match and source are printed once, with the match and the sample: the panel carries none.
        """
        found = policy.match_places(
            policy.policy_list(config.policy.list),
            self._untimed(),
            self.panel.id,
            province_column=self.province,
            county=county or config.policy.county,
            ambiguous="leave_out",
            first_column=FIRST,
        )
        return replace(found, table=replace(found.panel, notes=()))

    def with_concurrent(self, match: policy.Match, config: BroadbandStudy) -> tuple[Panel, dict[str, Text]]:
        """The matched panel with a column of first treated years for each policy of the same time that can be used."""
        panel, labels = match.panel, {}
        for name in config.policy.concurrent:
            other = policy.policy_list(name)
            column = f"first_{name}"
            found = policy.match_places(
                other,
                self._untimed(),
                self.panel.id,
                province_column=self.province,
                province="treat_cities" if name in PROVINCIAL else "leave",
                ambiguous="leave_out",
                first_column=column,
            )
            panel = panel.with_columns(*_along(panel, found.frame, column))
            labels[column] = other.label
        return panel, labels

    def _untimed(self) -> Panel:
        """The panel without dates a simulation put there: they come from the list."""
        if FIRST not in self.panel.frame.columns:
            return self.panel
        frame = self.panel.frame.drop(FIRST)
        return Panel.from_frame(
            frame, id=self.panel.id, time=self.panel.time, schema="city", provenance=self.panel.provenance
        )


def sources(config: BroadbandStudy, folder: Path | None) -> tuple[Cities, ...]:
    """What the folder holds, the county file first; simulated cities if there is no folder."""
    if folder is None:
        return (_simulated(config),)
    found = []
    if (folder / COUNTY_FILE).is_file():
        panel = county_cities(folder, config.data.summed_years).panel
        found.append(
            _cities("summed", Text("县级加总的城市", "cities summed from counties"), panel, "province", config)
        )
    if (folder / CEADS_FILE).is_file():
        panel = ceads_cities(folder, config.data.ceads_years).panel
        found.append(_cities("ceads", Text("CEADs 城市", "CEADs cities"), panel, None, config))
    return tuple(found)


def _simulated(config: BroadbandStudy) -> Cities:
    drawn = policy.simulate_cities(years=config.data.simulated_years, seed=config.study.seed)
    found = _cities("simulated", Text("模拟城市", "simulated cities"), drawn.panel, "province", config)
    return replace(found, truth=drawn.truth)


def _cities(key: str, label: Text, panel: Panel, province: str | None, config: BroadbandStudy) -> Cities:
    """With the outcome under the name that the exhibits print."""
    return Cities(key, label, panel.with_columns(pl.col("ln_co2").alias(config.policy.outcome)), province)


def _along(panel: Panel, frame: pl.DataFrame, column: str) -> tuple[pl.Series]:
    """A column of another table of the same keys, in the panel's order; rows it lost are null."""
    keys = [panel.id, panel.time]
    joined = panel.frame.select(keys).join(
        frame.select(*keys, column), on=keys, how="left", validate="1:1", maintain_order="left"
    )
    return (joined[column],)
