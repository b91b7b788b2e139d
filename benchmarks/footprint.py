"""Monte Carlo of the sector's footprint: draws with percentiles and variance shares, in order and on all cores."""

from __future__ import annotations

from collections.abc import Callable

from dualcarbon.engines.threads import Threads
from dualcarbon.footprint import data_centre_simulation, national_path, station_simulation
from registry import benchmark

DRAWS = 65_536
YEARS = (2030, 2040, 2050, 2060)


@benchmark("footprint.monte_carlo, data centres, one core", size=f"{DRAWS:,} draws, 4 inputs, 4 years")
def data_centres_in_order() -> Callable[[], object]:
    return lambda: data_centre_simulation("world", YEARS, draws=DRAWS)


@benchmark("footprint.monte_carlo, data centres, threads", size=f"{DRAWS:,} draws, 4 inputs, 4 years")
def data_centres_on_threads() -> Callable[[], object]:
    return lambda: data_centre_simulation("world", YEARS, draws=DRAWS, engine=Threads())


@benchmark("footprint.monte_carlo, stations", size=f"{DRAWS:,} draws, 4 inputs, 35 years")
def stations_by_year() -> Callable[[], object]:
    grid = national_path()
    return lambda: station_simulation(range(2026, 2061), grid, draws=DRAWS)
