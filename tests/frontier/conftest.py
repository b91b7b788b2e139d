"""A simulated industry whose marginal abatement cost is known at every row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

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
