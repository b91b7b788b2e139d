"""The regression in passes over Parquet: five regressors, errors clustered by firm, an unbalanced panel of firms."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from dualcarbon.effects import fit
from registry import benchmark

FIRMS = 200_000
PIECE = 1_000_000


def piece(index: int) -> pl.DataFrame:
    """A million rows of firms that no other piece has, in any order."""
    r = np.random.default_rng([2008, index])
    firm, year = np.nonzero(r.random((FIRMS, 9)) < 0.57)
    chosen = r.permutation(len(firm))[:PIECE]
    firm, year = firm[chosen], year[chosen]
    industry = np.where(r.random(PIECE) < 0.03, r.integers(0, 500, PIECE), (firm * 7919) % 500)
    shared = 0.5 * r.normal(size=FIRMS)[firm] + 0.3 * np.random.default_rng(1).normal(size=(500, 9))[industry, year]
    x = r.normal(size=(PIECE, 5)) + shared[:, None]
    y = x @ [-0.25, 0.1, 0.2, -0.3, 0.05] + shared + r.normal(size=PIECE)
    keys = {"firm": (firm + index * FIRMS).astype(np.int32), "year": (2008 + year).astype(np.int32)}
    return pl.DataFrame({**keys, "ind": industry.astype(np.int32), "y": y, **{f"x{j}": x[:, j] for j in range(5)}})


@cache
def folder(pieces: int) -> Path:
    """That many million rows, one file each."""
    found = Path(tempfile.mkdtemp(prefix="effects-"))
    atexit.register(shutil.rmtree, found, True)
    for index in range(pieces):
        piece(index).write_parquet(found / f"{index}.parquet")
    return found


def streamed(effects: str, pieces: int) -> Callable[[], object]:
    path = folder(pieces)
    return lambda: fit(f"y ~ x0 + x1 + x2 + x3 + x4 | {effects}", path, cluster="firm", memory="stream")


@benchmark("effects.fit streamed, firm + year, 1M", size="1,000,000 rows, 200,000 firms, 9 years")
def one_million() -> Callable[[], object]:
    return streamed("firm + year", 1)


@benchmark("effects.fit streamed, firm + year, 10M", size="10,000,000 rows, 2,000,000 firms, 9 years", repeats=1)
def ten_million() -> Callable[[], object]:
    return streamed("firm + year", 10)


@benchmark("effects.fit streamed, ind^year, 10M", size="10,000,000 rows, 4,500 industry-years", repeats=1)
def industry_by_year() -> Callable[[], object]:
    return streamed("ind^year", 10)


@benchmark("effects.fit streamed, firm + ind^year, 10M", size="10,000,000 rows, 4,500 industry-years", repeats=1)
def firm_and_industry_by_year() -> Callable[[], object]:
    return streamed("firm + ind^year", 10)
