"""Panels and slow twins shared by the tests of the covariances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from dualcarbon.core.panel import Panel

Floats = NDArray[np.float64]


def dense(table: pl.DataFrame, name: str) -> NDArray[np.int64]:
    keys = ["|".join(map(str, row)) for row in table.select(name.split("^")).rows()]
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


@dataclass(frozen=True)
class Slow:
    """Weighted least squares with all dummies written out; `x` first, then a constant and the dummies."""

    z: Floats
    y: Floats
    w: Floats

    @classmethod
    def of(cls, table: pl.DataFrame, x: list[str], effects: list[str], weights: str | None = None) -> Slow:
        parts: list[Any] = [*(table[[name]].to_numpy() for name in x), np.ones((table.height, 1))]
        parts += [np.eye(dense(table, name).max() + 1)[dense(table, name)] for name in effects]
        z = np.column_stack(parts).astype(float)
        kept: list[int] = []
        basis = np.zeros_like(z)
        for j in range(z.shape[1]):
            left = z[:, j]
            for _ in range(2):
                left = left - basis @ (basis.T @ left)
            if np.linalg.norm(left) > 1e-9 * np.linalg.norm(z[:, j]):
                basis[:, len(kept)] = left / np.linalg.norm(left)
                kept.append(j)
        w = np.ones(table.height) if weights is None else table[weights].to_numpy()
        return cls(z[:, kept], table["y"].to_numpy(), w)

    @property
    def bread(self) -> Floats:
        return np.linalg.inv((self.z * self.w[:, None]).T @ self.z)

    @property
    def coef(self) -> Floats:
        return np.linalg.solve((self.z * self.w[:, None]).T @ self.z, self.z.T @ (self.w * self.y))

    @property
    def scores(self) -> Floats:
        return self.z * (self.w * (self.y - self.z @ self.coef))[:, None]


def simulated(seed: int = 1, firms: int = 40, years: int = 6, share: float = 0.8) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, years)) < share)
    n = len(f)
    industry = np.where(r.random(n) < 0.2, r.integers(0, 5, n), f % 5)
    a, g = r.normal(size=firms)[f], r.normal(size=years)[t]
    x = r.normal(size=(n, 2)) + 0.5 * a[:, None] + 0.3 * g[:, None]
    y = x @ [0.3, -0.2] + a + g + r.normal(size=n) * (1 + 0.5 * np.abs(x[:, 0])) + r.normal(size=7)[f % 7]
    columns = {"firm": f, "year": 2008 + t, "industry": industry, "province": f % 7, "y": y, "d": x[:, 0], "x": x[:, 1]}
    place = r.uniform(-1.0, 1.0, (firms, 2))[f]
    table = pl.DataFrame({**columns, "w": np.exp(r.normal(size=n)), "lat": 30 + place[:, 0], "lon": 110 + place[:, 1]})
    lone = pl.len().over("firm") > 1
    return Panel.from_frame(table.filter(lone), id="firm", time="year")


@pytest.fixture(scope="session")
def panel() -> Panel:
    return simulated()


@pytest.fixture(scope="session")
def slow() -> type[Slow]:
    return Slow
