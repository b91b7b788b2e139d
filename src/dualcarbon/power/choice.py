"""What the choice of the grid factor does to the same electricity: every kind, vintage and province side by side."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.text import Text, both
from dualcarbon.power.checking import require_energy
from dualcarbon.power.factor import GridFactor, grid_factor
from dualcarbon.power.official import official_years, published
from dualcarbon.power.path import MARGINAL
from dualcarbon.power.scenarios import PowerScenario
from dualcarbon.power.words import KINDS


@dataclass(frozen=True, slots=True)
class ChoiceEffect:
    """The same electricity under every factor.

    Attributes
    ----------
    mwh : float
    year : int
    frame : polars.DataFrame, one row per choice
        `kind`, `scenario` ("official" where published, "fossil" where the marginal one takes the published factor of
        fossil power), `area_zh`, `area_en`, `vintage` (null where computed), `official` (published for that year),
        `t_per_mwh`, `co2_t`, `ratio` (to `reference`, null where that is 0), `status_zh`, `status_en`.
    reference : GridFactor
        National average of the year under the first scenario.
    absent : tuple of (kind, scenario)
        What has no factor in that year.
    """

    mwh: float
    year: int
    frame: pl.DataFrame
    reference: GridFactor
    absent: tuple[tuple[str, str], ...]

    @property
    def spread(self) -> tuple[float, float]:
        """Smallest and largest emissions among all choices, t."""
        values = self.frame["co2_t"].sort()
        return float(values[0]), float(values[-1])

    def __repr__(self) -> str:
        low, high = self.spread
        count = self.frame.height
        return f"ChoiceEffect({self.mwh:,.0f} MWh, {self.year}: {low:,.0f} to {high:,.0f} t by {count} factors)"


def effect_of_choice(
    mwh: float,
    year: int,
    *,
    scenarios: str | PowerScenario | tuple[str | PowerScenario, ...] = ("report", "frozen"),
    areas: bool = True,
) -> ChoiceEffect:
    """Emissions of the same electricity under every factor: kinds by scenario, every published vintage, every area.

    Parameters
    ----------
    mwh : float
    year : int
        Year of use.
    scenarios : str, PowerScenario, or tuple of them
        The first one gives the reference.
    areas : bool
        Whether provinces and regions are listed, each with every published vintage.

    Raises
    ------
    ConfigError
        If there is no scenario.
    DataError
        If `mwh` is negative or not finite, or the first scenario has no average in that year.

    Examples
    --------
    >>> seen = effect_of_choice(1000.0, 2023)
    >>> [round(t, 1) for t in seen.spread], float(seen.reference)
    ([107.3, 842.6], 0.5306)
    """
    amount = require_energy(mwh)
    scenarios = (scenarios,) if isinstance(scenarios, (str, PowerScenario)) else tuple(scenarios)
    if not scenarios:
        raise ConfigError(
            Text("没有给出情景", "no scenario is given"),
            expected=Text("至少一个，第一个给出对照", "one at least; the first gives the reference"),
            found=both("()"),
            remedy=Text('例如 scenarios=("report", "frozen")', 'for example scenarios=("report", "frozen")'),
        )
    reference = grid_factor(year, scenarios[0])
    found, absent = _computed(year, scenarios)
    found += [
        grid_factor(year, kind=kind, vintage=vintage)
        for kind in KINDS
        if kind not in ("provincial", "regional")
        for vintage in official_years(kind)
        if not (KINDS[kind].projected and vintage == year)
    ]
    if areas:
        found += [
            grid_factor(year, kind=kind, area=area, vintage=vintage)
            for kind in ("regional", "provincial")
            for area, vintage in sorted(published(kind).values, key=lambda key: (key[1], key[0]))
        ]
    return ChoiceEffect(amount, int(year), _frame(found, amount, float(reference)), reference, tuple(absent))


def _computed(year: int, scenarios: tuple[str | PowerScenario, ...]) -> tuple[list[GridFactor], list[tuple[str, str]]]:
    found: list[GridFactor] = []
    absent: list[tuple[str, str]] = []
    for kind, one in KINDS.items():
        for scenario in scenarios if one.projected else ():
            try:
                factor = grid_factor(year, scenario, kind)
            except DataError:
                absent.append((kind, scenario if isinstance(scenario, str) else scenario.name))
                continue
            if factor.vintage == year and any(f.kind == kind for f in found):
                continue
            found.append(factor)
    return found, absent


def _frame(found: list[GridFactor], mwh: float, reference: float) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "kind": [f.kind for f in found],
            "scenario": [_basis(f) for f in found],
            "area_zh": [f.area.zh for f in found],
            "area_en": [f.area.en for f in found],
            "vintage": pl.Series([f.vintage for f in found], dtype=pl.Int64),
            "official": [f.official for f in found],
            "t_per_mwh": [float(f) for f in found],
            "co2_t": [mwh * float(f) for f in found],
            "ratio": [float(f) / reference if reference else None for f in found],
            "status_zh": [f.status.zh for f in found],
            "status_en": [f.status.en for f in found],
        }
    )


def _basis(factor: GridFactor) -> str:
    """What a row stands on: the published value where there is one of the year, whatever the scenario."""
    if factor.vintage != factor.year:
        return factor.scenario
    return "fossil" if factor.kind == MARGINAL else "official"


def area_text(row: dict[str, object]) -> Text:
    """The area of a row of the frame."""
    return Text(str(row["area_zh"]), str(row["area_en"]))
