"""Markets of known answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

_ANCHORS = Path(__file__).resolve().parents[3] / "shared/anchors/macro_market.json"


@pytest.fixture(scope="session")
def anchor() -> dict[str, Any]:
    """The published market of three firms."""
    if not _ANCHORS.exists():
        pytest.skip("the shared anchors are not here")
    found: dict[str, Any] = json.loads(_ANCHORS.read_text())["market_three_firms"]
    return found


@pytest.fixture
def three() -> pl.DataFrame:
    """The firms of the anchor."""
    return pl.DataFrame(
        {
            "firm": ["a", "b", "c"],
            "co2": [10.0] * 3,
            "output": [30.0, 20.0, 15.0],
            "mac": [1.0, 0.5, 0.25],
            "mu": [-0.1] * 3,
            "scale": [1.0] * 3,
            "industry": ["x", "x", "y"],
        }
    )


def random_market(rng: np.random.Generator, most: int = 50) -> tuple[pl.DataFrame, float, float]:
    """Up to `most` firms of several industries, with a floor and a ceiling."""
    n, groups = int(rng.integers(2, most + 1)), int(rng.integers(1, 6))
    industry = rng.integers(0, groups, n)
    co2, scale = rng.lognormal(0.0, 0.7, n), np.exp(rng.normal(0.0, 0.7, groups))[industry]
    m = -rng.uniform(0.2, 0.95, n)
    firms = pl.DataFrame(
        {
            "firm": np.arange(n),
            "industry": industry,
            "co2": co2,
            "output": scale * co2 * rng.uniform(0.8, 4.0, n),
            "mac": -scale * (1.0 + m) / m,
            "mu": -np.exp(rng.normal(-1.2, 0.5, n)),
            "scale": scale,
        }
    )
    return firms, float(rng.uniform(0.3, 0.8)), float(rng.uniform(1.0, 1.4))


@pytest.fixture(scope="session")
def draw_market() -> Any:
    """`random_market`."""
    return random_market
