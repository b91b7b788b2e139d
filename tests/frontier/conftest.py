"""A simulated industry whose marginal abatement cost is known at every row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Technology
from dualcarbon.frontier.model import GroupData

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Industry:
    """Data of one group with its truth; `clean` marks rows without planted contamination, d is the treatment."""

    data: GroupData
    mac: Array
    u: Array
    d: Array
    clean: NDArray[np.bool_]

    def technology(self, returns: str = "bic", **more: object) -> Technology:
        return Technology(self.names, "output_cny", "co2_t", returns=returns, **more)  # type: ignore[arg-type]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"x{i}" for i in range(self.data.x.shape[1]))

    def frame(self, industry: str = "a") -> pl.DataFrame:
        columns = {name: self.data.x[:, i] for i, name in enumerate(self.names)}
        return pl.DataFrame(
            {
                "firm": [f"{industry}{u:05d}" for u in self.data.unit],
                "year": self.data.time + 2008,
                "industry": [industry] * self.data.y.size,
                **columns,
                "output_cny": self.data.y,
                "co2_t": self.data.b,
            }
        )

    def panel(self) -> Panel:
        return Panel.from_frame(self.frame(), id="firm", time="year")


def simulate(
    n: int = 3_000,
    seed: int = 0,
    sigma_u: float = 0.25,
    noise: float = 0.0,
    inputs: int = 2,
    returns: float = 1.0,
    years: int = 9,
    hidden: float = 0.0,
) -> Industry:
    """CES by-product technology: ln y = returns (F(x) + ln(a e^(rho r) + 1 - a) / rho), r = ln b - F(x).

    Sizes spread over more than four orders of magnitude; u half-normal and falling in d; with `noise`, ln y and ln b
    carry that much measurement error, and 1 % of rows are gross outliers, 1 % have b = 0, 1 % have b x 1e-6. `hidden`
    is the spread of a lasting factor of b that no column shows.
    """
    draw = np.random.default_rng(seed)
    firms = max(n // years, 1)
    unit, time = np.repeat(np.arange(firms), years), np.tile(np.arange(years), firms)
    n = unit.size
    d = 0.6 * draw.standard_normal(firms)[unit] + 0.06 * time + 0.7 * draw.standard_normal(n)
    size = 1.7 * draw.standard_normal(firms)[unit] + 0.15 * draw.standard_normal(n)
    spread = 0.35 * draw.standard_normal((firms, inputs))[unit] + 0.15 * draw.standard_normal((n, inputs))
    ln_x = size[:, None] + spread
    shares = np.array([0.45, 0.35, 0.2])[:inputs] / np.sum([0.45, 0.35, 0.2][:inputs])
    f = ln_x @ shares + 0.05 * (ln_x[:, 0] - ln_x[:, -1]) * (ln_x[:, min(1, inputs - 1)] - ln_x[:, 0])
    u = np.abs(draw.standard_normal(n)) * sigma_u * np.exp(-0.15 * (d - d.mean()))
    r = 0.8 * draw.standard_normal(firms)[unit] + 0.6 * draw.standard_normal(n) - 0.15 * (d - d.mean())
    bad_part = 0.1 * np.exp(-0.4 * r)
    eps = returns * bad_part / (bad_part + 0.9)
    ln_y = returns * (f + np.log(bad_part + 0.9) / -0.4)
    ln_b = f + r + hidden * draw.standard_normal(firms)[unit]
    y, b, clean = np.exp(ln_y - u) * 3e6, np.exp(ln_b + u) * 50.0, np.ones(n, dtype=np.bool_)
    mac = eps * np.exp(ln_y - ln_b) * 6e4
    if noise > 0.0:
        y, b, clean = contaminate(draw, y, b, noise)
    x = np.exp(ln_x) * np.array([50.0, 8e6, 900.0])[:inputs]
    return Industry(GroupData(x, y, b, unit.astype(np.int64), time.astype(np.int64)), mac, u, d, clean)


def contaminate(draw: np.random.Generator, y: Array, b: Array, noise: float) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Measurement error and three kinds of bad rows."""
    n = y.size
    y, b = y * np.exp(noise * draw.standard_normal(n)), b * np.exp(noise * draw.standard_normal(n))
    kind, side = draw.random(n), draw.random(n) < 0.5
    gross = 10.0 ** (np.sign(draw.standard_normal(n)) * draw.uniform(0.6, 1.6, n))
    y = np.where((kind < 0.01) & side, y * gross, y)
    b = np.where((kind < 0.01) & ~side, b * gross, b)
    b = np.where((kind >= 0.01) & (kind < 0.02), 0.0, np.where((kind >= 0.02) & (kind < 0.03), b * 1e-6, b))
    return y, b, kind >= 0.03


@pytest.fixture(scope="session")
def industry() -> Callable[..., Industry]:
    """The simulator."""
    return simulate


def mixed_firms(seed: int, n: int = 50, inputs: int = 2, goods: int = 1, bads: int = 1) -> GroupData:
    """Firms of one group for programs of several outputs: sizes over three orders of magnitude, every fifth firm a copy
    of another, every seventh with proportions of few values, a multiple of a firm, further bads that are at times 0."""
    draw = np.random.default_rng(seed)
    size = np.exp(1.2 * draw.standard_normal((n, 1)))
    every = size * np.exp(0.2 * draw.standard_normal((n, inputs + goods + bads)))
    every[::7] = size[::7] * draw.integers(2, 5, every[::7].shape) / 3.0
    every[1::5] = every[draw.integers(0, n, len(every[1::5]))]
    every[3] = 2.0 * every[2]
    x, y, b = np.split(every, [inputs, inputs + goods], axis=1)
    b[::6, 1:] = 0.0
    x, y, b = x * np.logspace(0, 6, inputs), y * 1e4, b * 10.0
    codes = np.arange(n, dtype=np.int64)
    more_y, more_b = (part[:, 1:] if part.shape[1] > 1 else None for part in (y, b))
    return GroupData(x, y[:, 0], b[:, 0], codes, np.zeros(n, dtype=np.int64), more_y, more_b)


@pytest.fixture(scope="session")
def mixed() -> Callable[..., GroupData]:
    """The generator of firms with several outputs."""
    return mixed_firms


def supporting_prices(
    data: GroupData, projection: Array, loose: NDArray[np.bool_], returns: str, weak: bool, idle: bool
) -> tuple[float, float]:
    """Range of w_1 / u_1 over the hyperplanes that support the technology at a point of its frontier, by scipy.

    min, max w_1 s.t. v'x_j - u'y_j + w'b_j + m >= 0 for all j, v'x_j + m >= 0 (idle), equality at the projection,
    u_1 = 1, v, u >= 0, w free (weak) or >= 0, prices of loose rows 0. Infinite on both sides where u_1 = 0 throughout.
    """
    m, q = data.x.shape[1], data.goods.shape[1]
    sign = np.repeat([1.0, -1.0, 1.0], [m, q, data.bads.shape[1]])
    scale = projection.copy()
    scale[scale == 0.0] = np.column_stack([data.x, data.goods, data.bads])[:, scale == 0.0].max(axis=0)
    rows = np.column_stack([np.column_stack([data.x, data.goods, data.bads]) * sign / scale, np.ones(len(data.x))])
    if idle:
        rows = np.vstack([rows, np.where(np.arange(rows.shape[1]) < m, rows, 0.0)])
        rows[len(data.x) :, -1] = 1.0
    own = np.append(projection * sign / scale, 1.0)
    bounds: list[tuple[float | None, float | None]] = [(0.0, None)] * (m + q)
    bounds += [(None if weak else 0.0, None)] * data.bads.shape[1]
    bounds += [(None, None) if returns == "variable" else (0.0, 0.0)]
    bounds = [(0.0, 0.0) if dead else pair for pair, dead in zip(bounds, [*loose, False], strict=True)]
    bounds[m] = (1.0, 1.0) if not loose[m] else (0.0, 0.0)
    if loose[m]:
        return np.inf, np.inf
    ends = []
    for side in (1.0, -1.0):
        cost = np.zeros(rows.shape[1])
        cost[m + q] = side
        found = linprog(
            cost, -rows / np.linalg.norm(rows, axis=1, keepdims=True), np.zeros(len(rows)), [own], [0.0], bounds
        )
        if found.status == 2:
            return np.inf, np.inf
        ends.append(side * (found.fun if found.status == 0 else -np.inf))
    rate = scale[m] / scale[m + q]
    return ends[0] * rate, ends[1] * rate


@pytest.fixture(scope="session")
def supports() -> Callable[..., tuple[float, float]]:
    """The brute-force range of prices."""
    return supporting_prices
