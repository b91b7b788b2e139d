"""Who is in the simulated survey: spells, industries, provinces, ownership, sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.panel.survey_technology import CesByproduct, Floats, SurveyTechnology
from dualcarbon.panel.truth import survey_rows

Codes = NDArray[np.int64]

FIRST_YEAR, LAST_YEAR = 2008, 2016
YEARS = LAST_YEAR - FIRST_YEAR + 1
REFERENCE_PERSONS = 150.0
REFERENCE_ASSETS = 2e7
_PRESENT_AT_START = 0.35
_EXIT = 0.16
_ROWS_PER_CELL = 30
_GROWTH = 0.02


def bounded_normal(rng: np.random.Generator, n: int, limit: float) -> Floats:
    """Standard normal draws (n,), redrawn until none exceeds the limit in absolute value."""
    draws = rng.standard_normal(n)
    while True:
        outside = np.flatnonzero(np.abs(draws) > limit)
        if outside.size == 0:
            return draws
        draws[outside] = rng.standard_normal(outside.size)


@dataclass(frozen=True, slots=True)
class Firms:
    """The rows of the survey, sorted by firm and year; all arrays (n,) unless said otherwise.

    `firm` counts from 0; `industry` points into `industries`; `cell` is the four-digit industry by year;
    `class4` the number of the four-digit class within the industry; `province`, `ownership` point into the mix.
    """

    firm: Codes
    year: Codes
    industry: Codes
    class4: Codes
    cell: Codes
    province: Codes
    ownership: Codes
    age: Codes
    count: int

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.firm)


def industry_codes() -> tuple[str, ...]:
    """Two-digit codes in the order `Firms.industry` points into."""
    return tuple(r["industry2"] for r in survey_rows("survey_industries"))


def industry_column(name: str) -> Floats:
    """A numeric column of `survey_industries.csv`, (39,)."""
    return np.array([float(r[name]) for r in survey_rows("survey_industries")])


def mix(column: str) -> tuple[tuple[str, ...], Floats]:
    """Values of a categorical column and their shares."""
    rows = [r for r in survey_rows("survey_mix") if r["column"] == column]
    weight = np.array([float(r["weight"]) for r in rows])
    return tuple(r["value"] for r in rows), weight / weight.sum()


def draw_firms(rng: np.random.Generator, rows: int) -> Firms:
    """Firms with entry and exit until there are exactly that many rows; the last spell is cut to fit."""
    start, length = _spells(rng, rows)
    firms = len(start)
    firm = np.repeat(np.arange(firms), length)
    first = np.cumsum(length) - length
    year = FIRST_YEAR + start[firm] + (np.arange(rows) - first[firm])
    industry = _quota(rng, firms, industry_column("weight"))
    class4 = _classes(rng, industry, rows)
    widest = int(class4.max()) + 1
    founded = FIRST_YEAR + start - 1 - rng.geometric(0.09, firms)
    province = rng.choice(len(mix("province")[0]), firms, p=mix("province")[1])
    ownership = rng.choice(len(mix("ownership")[0]), firms, p=mix("ownership")[1])
    cell = (industry * widest + class4)[firm] * YEARS + (year - FIRST_YEAR)
    return Firms(
        firm=firm,
        year=year,
        industry=industry[firm],
        class4=class4[firm],
        cell=_dense(cell),
        province=province[firm],
        ownership=ownership[firm],
        age=year - founded[firm],
        count=firms,
    )


def _spells(rng: np.random.Generator, rows: int) -> tuple[Codes, Codes]:
    """Entry (years after the first) and length of each spell; lengths add up to `rows`."""
    starts: list[Codes] = []
    lengths: list[Codes] = []
    total = 0
    while total < rows:
        draw = rows // 3 + 64
        late = rng.integers(1, YEARS, draw)
        start = np.where(rng.random(draw) < _PRESENT_AT_START, 0, late)
        length = np.minimum(rng.geometric(_EXIT, draw), YEARS - start)
        starts.append(start)
        lengths.append(length)
        total += int(length.sum())
    start, length = np.concatenate(starts), np.concatenate(lengths)
    end = np.cumsum(length)
    last = int(np.searchsorted(end, rows))
    length = length[: last + 1].copy()
    length[last] -= int(end[last]) - rows
    return start[: last + 1], length


def _quota(rng: np.random.Generator, n: int, weight: Floats) -> Codes:
    """Codes (n,) in random order whose counts follow the weights to the nearest unit (largest remainders)."""
    exact = n * weight / weight.sum()
    count = np.floor(exact).astype(np.int64)
    rest = n - int(count.sum())
    count[np.argsort(-(exact - count), kind="stable")[:rest]] += 1
    return np.asarray(rng.permutation(np.repeat(np.arange(len(weight)), count)), dtype=np.int64)


def _classes(rng: np.random.Generator, industry: Codes, rows: int) -> Codes:
    """Four-digit class within the industry, (firms,): fewer classes in small surveys, about 30 rows a class-year."""
    weight = industry_column("weight")
    most = industry_column("classes")
    fit = np.round(rows * weight / weight.sum() / (YEARS * _ROWS_PER_CELL))
    count = np.clip(fit, 1, most)
    return np.asarray(np.floor(rng.random(len(industry)) * count[industry]), dtype=np.int64)


def _dense(codes: Codes) -> Codes:
    seen = np.zeros(int(codes.max()) + 1, dtype=np.bool_)
    seen[codes] = True
    return np.asarray((np.cumsum(seen) - 1)[codes], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Labour and capital as reported, and as the technology reads them (logs, or units of the reference)."""

    employees: Floats
    assets: Floats
    labour: Floats
    capital: Floats


def draw_inputs(rng: np.random.Generator, firms: Firms, technology: SurveyTechnology) -> Inputs:
    """Whole employees and fixed assets in CNY: log-normal over four to five orders, or within a factor of five."""
    if isinstance(technology, CesByproduct):
        return _wide(rng, firms)
    return _narrow(rng, firms)


def _wide(rng: np.random.Generator, firms: Firms) -> Inputs:
    size = 1.7 * bounded_normal(rng, firms.count, 3.2)[firms.firm] + 0.15 * bounded_normal(rng, firms.n, 4.0)
    size += _GROWTH * (firms.year - FIRST_YEAR)
    logs = [
        size + 0.35 * bounded_normal(rng, firms.count, 4.0)[firms.firm] + 0.15 * bounded_normal(rng, firms.n, 4.0)
        for _ in range(2)
    ]
    employees = np.maximum(np.rint(REFERENCE_PERSONS * np.exp(logs[0])), 1.0)
    capital = logs[1] + industry_column("log_capital_shift")[firms.industry]
    assets = REFERENCE_ASSETS * np.exp(capital)
    return Inputs(employees, assets, np.log(employees / REFERENCE_PERSONS), np.log(assets / REFERENCE_ASSETS))


def _narrow(rng: np.random.Generator, firms: Firms) -> Inputs:
    both = [
        rng.uniform(0.42, 1.58, firms.count)[firms.firm] * np.exp(0.03 * bounded_normal(rng, firms.n, 3.0))
        for _ in range(2)
    ]
    employees = np.rint(REFERENCE_PERSONS * both[0])
    return Inputs(employees, REFERENCE_ASSETS * both[1], employees / REFERENCE_PERSONS, both[1])
