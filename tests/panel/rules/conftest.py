from __future__ import annotations

import numpy as np
import polars as pl
import pytest


@pytest.fixture
def healthy() -> pl.DataFrame:
    """Sixty firms in three industries over four years, magnitudes of large industry; nothing is wrong with it."""
    rng = np.random.default_rng(7)
    firms, years = 60, 4
    size = np.repeat(np.exp(rng.normal(0, 0.8, firms)), years)

    def around(level: float) -> np.ndarray:
        return level * size * np.exp(rng.normal(0, 0.2, firms * years))

    return pl.DataFrame(
        {
            "firm_id": np.repeat([f"{k:03d}" for k in range(firms)], years),
            "year": np.tile(np.arange(2012, 2012 + years), firms),
            "industry2": np.repeat(["06", "13", "26"], firms * years // 3),
            "employees_person": around(200),
            "fixed_assets_cny": around(3e7),
            "output_cny": around(8e7),
            "coal_t": around(1e3),
            "power_kwh": around(3e6),
            "digital_share": rng.uniform(0.1, 0.9, firms * years),
        }
    )
