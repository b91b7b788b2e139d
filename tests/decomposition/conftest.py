"""Anchors and tables that the tests of this room share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture(scope="session")
def anchors() -> dict[str, Any]:
    path = SHARED / "anchors" / "macro_market.json"
    if not path.exists():
        pytest.skip("shared/anchors/macro_market.json is not beside the checkout")
    return dict(json.loads(path.read_text())["lmdi"])


def cube(before: object, after: object) -> pl.DataFrame:
    """Rows of cells, columns of factors x1, x2, ... in two periods, as a long table with the subscript i."""
    parts = [np.asarray(before, dtype=float), np.asarray(after, dtype=float)]
    return pl.concat(
        pl.DataFrame(
            {"year": [t] * len(part), "i": range(len(part)), **{f"x{j + 1}": part[:, j] for j in range(part.shape[1])}}
        )
        for t, part in enumerate(parts)
    )


def identity(k: int, left: str = "V") -> str:
    return f"{left} ~ " + " * ".join(f"x{j + 1}[i]" for j in range(k))


def world(
    seed: int, years: int = 3, regions: int = 3, industries: int = 4, fuels: int = 2, zeros: float = 0.0
) -> pl.DataFrame:
    """CO2 by region, industry and fuel: activity Y[region], structure S, intensity I, mix M, factor F[fuel]."""
    r = np.random.default_rng(seed)
    rows = [
        {"year": 2010 + t, "region": f"r{a}", "ind": f"i{b}", "fuel": f"f{c}"}
        for t in range(years)
        for a in range(regions)
        for b in range(industries)
        for c in range(fuels)
    ]
    table = pl.DataFrame(rows)

    def varying(*keys: str) -> pl.Series:
        keyed = table.select("year", *keys).unique(maintain_order=True)
        keyed = keyed.with_columns(value=pl.Series(r.lognormal(sigma=0.5, size=keyed.height)))
        return table.join(keyed, on=["year", *keys], how="left", maintain_order="left")["value"]

    mix = varying("region", "ind", "fuel")
    if zeros:
        mix = pl.Series(np.where(r.random(len(mix)) < zeros, 0.0, mix.to_numpy()))
    table = table.with_columns(
        Y=varying("region"), S=varying("region", "ind"), I=varying("region", "ind"), M=mix, F=varying("fuel")
    )
    return table.with_columns(C=pl.col("Y") * pl.col("S") * pl.col("I") * pl.col("M") * pl.col("F"))


IDENTITY = "C ~ Y[region] * S[region,ind] * I[region,ind] * M[region,ind,fuel] * F[fuel]"
