"""Energy of one station over the years: as observed, as given, or as technologies leave it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.footprint import faults, shipped
from dualcarbon.footprint.milestones import RULES, between
from dualcarbon.footprint.savings import Saving, one_after_another

Floats = NDArray[np.float64]
ENERGY = Text("单站日用电", "energy per station and day")


@dataclass(frozen=True, slots=True)
class StationEnergy:
    """What a station uses each day.

    Attributes
    ----------
    years : (n,) int64
    before_kwh_per_day, kwh_per_day : (n,) float64
        Before and after the savings.
    saved_kwh_per_day : (s, n) float64
        By technology, one after another.
    savings : tuple of Saving
    statuses : tuple of str, n
    rule, source : Text
    """

    years: NDArray[np.int64]
    before_kwh_per_day: Floats
    kwh_per_day: Floats
    saved_kwh_per_day: Floats
    savings: tuple[Saving, ...]
    statuses: tuple[str, ...]
    rule: Text
    source: Text


def observed() -> dict[int, float]:
    """kWh per station and day of the years that are told: 65 at first, 52 in 2024 (20 % less, an upper bound)."""
    return {int(r["year"]): float(r["kwh_per_station_day"]) for r in shipped.rows("station_energy")}


def station_energy(
    years: Iterable[int], kwh_per_day: float | Mapping[int, float] | None, savings: Sequence[Saving]
) -> StationEnergy:
    """Energy per station and day of each year, before and after savings.

    Without a value: the observed path if there are no savings (geometric between 65 in 2019 and 52 in 2024, held
    outside), else the first observed value, 65, in every year, so that no saving is counted twice. A number stands
    for every year; a mapping is interpolated linearly and must cover the years.

    Raises
    ------
    DataError
        If a value is negative or not finite, or the mapping does not cover the years.
    """
    t = [int(y) for y in years]
    base, statuses, rule, source = _base(t, kwh_per_day, bool(savings))
    left, saved = one_after_another(base, savings, t)
    if savings:
        rule = Text("{r}；各项节能依次相乘", "{r}; savings multiply one after another").format(r=rule)
    return StationEnergy(np.array(t, dtype=np.int64), base, left, saved, tuple(savings), statuses, rule, source)


def _base(
    years: list[int], given: float | Mapping[int, float] | None, saves: bool
) -> tuple[Floats, tuple[str, ...], Text, Text]:
    n, user = len(years), Text("使用者给出", "given by the user")
    if given is None:
        return _shipped(years, saves)
    if isinstance(given, Mapping):
        values = between(ENERGY, given, years, "linear")
        return values, ("given",) * n, RULES["linear"], user
    values = np.full(n, faults.number(ENERGY, given))
    faults.require_range(ENERGY, years, values)
    return values, ("given",) * n, Text("各年相同", "the same in every year"), user


def _shipped(years: list[int], saves: bool) -> tuple[Floats, tuple[str, ...], Text, Text]:
    told, facts = observed(), shipped.rows("station_energy")
    first = min(told)
    if saves:
        rule = Text("以初值 {v} 千瓦时/日为起点", "starts from the first value, {v} kWh a day").format(
            v=f"{told[first]:g}"
        )
        return np.full(len(years), told[first]), (facts[0]["status"],) * len(years), rule, shipped.source(facts[0])
    values = between(ENERGY, told, years, "geometric", hold=True)
    known = {int(r["year"]): r["status"] for r in facts}
    statuses = tuple(known.get(y, "derived" if min(told) < y < max(told) else "assumption") for y in years)
    sources = [shipped.source(r) for r in facts]
    joined = Text("；".join(s.zh for s in sources), "; ".join(s.en for s in sources))
    rule = Text("{r}，末年以后不变", "{r}, unchanged after the last").format(r=RULES["geometric"])
    return values, statuses, rule, joined
