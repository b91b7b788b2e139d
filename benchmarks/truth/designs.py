"""Simulated industries with a known marginal abatement cost (MAC) at every row.

A `Recipe` is a by-product technology on the scale of logs: CES in the input index F and CO2, or Cobb-Douglas, or an
abatement-cost technology that no model fits exactly, with every trouble that data may bring switched on by a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualcarbon.frontier.model import GroupData

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]

YEARS = 9
PRICE = 6e4
"""Units of the good per unit of the bad where eps y / b is one in the units the designs are drawn in."""
_WEIGHTS = np.array([0.45, 0.35, 0.2])
_UNITS = np.array([50.0, 8e6, 900.0])
_CO2_SHARE, _RHO = 0.1, -0.4


@dataclass(frozen=True)
class Case:
    """One industry: data, true MAC and room 1 - e^-u of every row, treatment, rows without planted contamination."""

    data: GroupData
    mac: Array
    room: Array
    d: Array
    clean: Mask


@dataclass(frozen=True)
class Recipe:
    """What an industry is made of.

    Attributes
    ----------
    form : "ces", "cobb_douglas" or "abatement"
    returns : returns to scale of the CES form
    sigma_u, exponential, u_on_size : spread of inefficiency, its law, its log slope in standardised size
    noise, persistence : standard deviation of the error in ln y and in ln b, its autocorrelation
    contaminated : whether 1 % of rows are gross errors, 1 % have b = 0, 1 % have b x 1e-6
    hidden, drift : spread of a factor of CO2 that no column shows; its autocorrelation over years (1: lasting)
    neutral, saving : growth a year of output given inputs and CO2, fall a year of CO2 given output and inputs
    size, mix, moves : spread of ln size over firms, of ln mix, share of the usual change within firms
    inputs, years, unbalanced
    """

    form: str = "ces"
    returns: float = 1.0
    sigma_u: float = 0.25
    exponential: bool = False
    u_on_size: float = 0.0
    noise: float = 0.0
    persistence: float = 0.0
    contaminated: bool = False
    hidden: float = 0.0
    drift: float = 1.0
    neutral: float = 0.0
    saving: float = 0.0
    size: float = 1.7
    mix: float = 0.35
    spread: float = 1.0
    inputs: int = 3
    years: int = YEARS
    unbalanced: bool = False


@dataclass(frozen=True)
class Draw:
    """What all designs share: firms, years, treatment, generator."""

    random: np.random.Generator
    unit: Index
    time: Index
    d: Array

    def lasting(self) -> Array:
        """A standard normal per firm, one value for all its years."""
        return self.random.standard_normal(int(self.unit[-1]) + 1)[self.unit]

    def fresh(self) -> Array:
        """A standard normal per row."""
        return self.random.standard_normal(self.unit.size)

    def drifting(self, persistence: float) -> Array:
        """Standard normals with that autocorrelation over the years of a firm."""
        if persistence in (0.0, 1.0):
            return self.lasting() if persistence else self.fresh()
        firms, years = int(self.unit[-1]) + 1, int(self.time.max()) + 1
        path = self.random.standard_normal((firms, years))
        for year in range(1, years):
            path[:, year] = persistence * path[:, year - 1] + np.sqrt(1.0 - persistence**2) * path[:, year]
        return np.asarray(path[self.unit, self.time], dtype=np.float64)


def start(rows: int, seed: int, years: int = YEARS, unbalanced: bool = False) -> Draw:
    """Firms with a treatment that grows; unbalanced: firms enter and leave, each seen 1 to `years` times."""
    random = np.random.default_rng(seed)
    seen_years = 1.0 + (years**2 - 1) / (3.0 * years) if unbalanced else float(years)
    firms = max(round(rows / seen_years), 4)
    unit, time = np.repeat(np.arange(firms), years), np.tile(np.arange(years), firms)
    if unbalanced:
        ends = np.sort(random.integers(0, years, (firms, 2)), axis=1)
        seen = (time >= ends[unit, 0]) & (time <= ends[unit, 1])
        unit, time = unit[seen], time[seen]
    d = 0.6 * random.standard_normal(firms)[unit] + 0.06 * time + 0.7 * random.standard_normal(unit.size)
    return Draw(random, unit.astype(np.int64), time.astype(np.int64), d - d.mean())


def _inputs(draw: Draw, recipe: Recipe) -> tuple[Array, Array, Array]:
    """ln x, the log of a slightly curved input index, and standardised size."""
    size, m = draw.lasting(), recipe.inputs
    parts = [recipe.mix * draw.lasting() + 0.15 * draw.fresh() for _ in range(m)]
    ln_x = (recipe.size * size + 0.15 * draw.fresh())[:, None] + np.column_stack(parts)
    weights = _WEIGHTS[:m] / _WEIGHTS[:m].sum()
    bend = 0.05 * (ln_x[:, 0] - ln_x[:, -1]) * (ln_x[:, min(1, m - 1)] - ln_x[:, 0])
    return ln_x, ln_x @ weights + bend, size


def _form(draw: Draw, recipe: Recipe, f: Array) -> tuple[Array, Array, Array]:
    """ln y and ln b on the frontier and eps, before technical change and hidden intensity.

    ces: ln y = returns (F + ln(a e^(rho r) + 1 - a) / rho), r = ln b - F, a = 0.1, rho = -0.4. cobb_douglas: eps = 0.1.
    abatement: firms abate a share a at a cost of 0.45 a^1.7 of output.
    """
    if recipe.form == "abatement":
        wish = recipe.spread * (0.9 * draw.lasting() + 0.7 * draw.fresh()) + 0.2 * draw.d
        a = 0.02 + 0.96 / (1.0 + np.exp(-wish - 0.3))
        ln_y, ln_b = f + np.log(1.0 - 0.45 * a**1.7), f + np.log(1.0 - a)
        return ln_y, ln_b, 0.45 * 1.7 * a**0.7 * np.exp(ln_b - ln_y)
    if recipe.form == "cobb_douglas":
        r = recipe.spread * 0.5 * (draw.lasting() + draw.fresh()) - 0.15 * draw.d
        return 0.1 * (f + r) + 0.9 * f, f + r, np.full(f.size, 0.1)
    r = recipe.spread * (0.8 * draw.lasting() + 0.6 * draw.fresh()) - 0.15 * draw.d
    part = _CO2_SHARE * np.exp(_RHO * r)
    ln_y = recipe.returns * (f + np.log(part + 1.0 - _CO2_SHARE) / _RHO)
    return ln_y, f + r, recipe.returns * part / (part + 1.0 - _CO2_SHARE)


def _inefficiency(draw: Draw, recipe: Recipe, size: Array) -> Array:
    law = draw.random.exponential(1.0, size.size) if recipe.exponential else np.abs(draw.fresh())
    return np.asarray(law * recipe.sigma_u * np.exp(-0.15 * draw.d - recipe.u_on_size * size), dtype=np.float64)


def by_product(recipe: Recipe, rows: int, seed: int) -> Case:
    """An industry by the recipe."""
    draw = start(rows, seed, recipe.years, recipe.unbalanced)
    ln_x, f, size = _inputs(draw, recipe)
    ln_y, ln_b, eps = _form(draw, recipe, f)
    year = draw.time - (recipe.years - 1) / 2.0
    ln_y = ln_y + recipe.neutral * year
    ln_b = ln_b - recipe.saving * year
    if recipe.hidden:
        ln_b = ln_b + recipe.hidden * draw.drifting(recipe.drift)
    u = _inefficiency(draw, recipe, size)
    mac = eps * np.exp(ln_y - ln_b) * PRICE
    y, b = np.exp(ln_y - u) * 3e6, np.exp(ln_b + u) * 50.0
    clean = np.ones(u.size, dtype=np.bool_)
    if recipe.noise:
        errors = (recipe.noise * draw.drifting(recipe.persistence) for _ in range(2))
        y, b = (v * np.exp(error) for v, error in zip((y, b), errors, strict=True))
    if recipe.contaminated:
        y, b, clean = contaminate(draw.random, y, b)
    x = np.exp(ln_x) * _UNITS[: recipe.inputs]
    return Case(GroupData(x, y, b, draw.unit, draw.time), mac, -np.expm1(-u), draw.d, clean)


def contaminate(random: np.random.Generator, y: Array, b: Array) -> tuple[Array, Array, Mask]:
    """1 % of rows with a gross error in y or b, 1 % with b = 0, 1 % with b x 1e-6; and the rows left alone."""
    n = y.size
    kind, side = random.random(n), random.random(n) < 0.5
    gross = 10.0 ** (np.sign(random.standard_normal(n)) * random.uniform(0.6, 1.6, n))
    y = np.where((kind < 0.01) & side, y * gross, y)
    b = np.where((kind < 0.01) & ~side, b * gross, b)
    b = np.where((kind >= 0.01) & (kind < 0.02), 0.0, np.where((kind >= 0.02) & (kind < 0.03), b * 1e-6, b))
    return y, b, np.asarray(kind >= 0.03, dtype=np.bool_)


def quadratic(rows: int, seed: int) -> Case:
    """A technology that is a quadratic directional distance function exactly, firms of similar size."""
    draw = start(rows, seed)
    firms = int(draw.unit[-1]) + 1
    x = draw.random.uniform(0.33, 1.67, (firms, 3))[draw.unit] * np.exp(
        0.05 * np.column_stack([draw.fresh() for _ in range(3)])
    )
    core = x @ np.array([0.4, 0.35, 0.25])
    tilt = np.clip(0.10 * draw.lasting() - 0.04 * draw.d + 0.08 * draw.fresh(), -0.35, 0.35)
    total, t = 2.0 * core + tilt, 0.7 + 0.5 * tilt
    bad = 0.7 * total - 0.4 * core + 0.25 * tilt**2
    u = np.minimum(np.abs(draw.fresh()) * 0.12 * np.exp(-0.15 * draw.d), 0.5 * (total - bad))
    data = GroupData(x * _UNITS, (total - bad - u) * 3e6, (bad + u) * 50.0, draw.unit, draw.time)
    return Case(data, (1.0 - t) / t * PRICE, u / (bad + u), draw.d, np.ones(u.size, dtype=np.bool_))


Design = Callable[[int, int], tuple[Case, ...]]
"""Rows and seed in, one case per industry out."""

NOISY = Recipe(noise=0.1, contaminated=True)
PROVINCES = Recipe(size=0.8, mix=0.3, spread=0.5, sigma_u=0.15, years=15)
RECIPES: dict[str, Recipe] = {
    "bC": Recipe(),
    "bV": Recipe(returns=0.93),
    "c5": replace(NOISY, noise=0.05),
    "c10": NOISY,
    "c20": replace(NOISY, noise=0.2),
    "d": Recipe(form="cobb_douglas", hidden=0.7),
    "d10": Recipe(form="cobb_douglas", hidden=0.7, noise=0.1, contaminated=True),
    "dC": Recipe(hidden=0.7, noise=0.05),
    "dR": Recipe(hidden=0.7, drift=0.7),
    "f": Recipe(form="abatement"),
    "f10": replace(NOISY, form="abatement"),
    "tN": Recipe(neutral=0.03),
    "tB": Recipe(neutral=0.02, saving=0.04),
    "ub": replace(NOISY, noise=0.05, unbalanced=True),
    "ar": replace(NOISY, persistence=0.7),
    "u5": Recipe(sigma_u=0.5),
    "u8": Recipe(sigma_u=0.8),
    "n5": replace(NOISY, sigma_u=0.5),
    "ue": Recipe(sigma_u=0.15, exponential=True),
    "us": Recipe(u_on_size=0.3),
}
"""The designs of one by-product industry, by name."""


def one(recipe: Recipe) -> Design:
    """The design of a single industry by the recipe."""
    return lambda rows, seed: (by_product(recipe, rows, seed),)


def survey(rows: int, seed: int, industries: int = 39) -> tuple[Case, ...]:
    """39 industries x 9 years with a fifth of the rows each, 10 % noise and contamination, unlike in size of u."""
    random = np.random.default_rng([seed, industries])
    levels = random.uniform(0.15, 0.4, industries)
    seeds = random.integers(0, 2**31, industries)
    return tuple(
        by_product(replace(NOISY, sigma_u=float(s)), rows // 5, int(k)) for s, k in zip(levels, seeds, strict=True)
    )


def provinces(recipe: Recipe) -> Design:
    """30 units over the recipe's years, whatever the rows asked for."""
    return lambda rows, seed: (by_product(recipe, 30 * recipe.years, seed),)


DESIGNS: dict[str, Design] = {
    "a": lambda rows, seed: (quadratic(rows, seed),),
    **{name: one(recipe) for name, recipe in RECIPES.items()},
    "m39": survey,
    "p0": provinces(PROVINCES),
    "p5": provinces(replace(PROVINCES, noise=0.05)),
    "p10": provinces(replace(PROVINCES, noise=0.1, years=10)),
    "pd": provinces(replace(PROVINCES, noise=0.03, hidden=0.4)),
}
"""Every design of the race, by name."""
