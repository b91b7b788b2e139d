"""A million cells of five factors: the kernels, and the whole road from a table.

Where PyLMDI can be imported (its files `PyLMDI.py` and `operation.py` on the path; it is not on PyPI) it is the rival.
STORED is what its public source took once on the machine of `docs/benchmarks.md`, for the same cells without zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from importlib.util import find_spec

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.decomposition import decompose, structural
from dualcarbon.kernels.log_mean import log_mean_effects
from dualcarbon.kernels.shapley import shapley_effects, subset_totals
from registry import benchmark

Array = NDArray[np.float64]
N, K = 1_000_000, 5
SIZE = "1M cells, 5 factors, zeros"
STORED = "4.7 s"
IDENTITY = "V ~ " + " * ".join(f"x{j}[ind,fuel]" for j in range(K))


@cache
def factors(zeros: float = 0.03) -> tuple[Array, Array]:
    r = np.random.default_rng(2060)
    before = r.lognormal(size=(K, N))
    after = before * np.exp(0.3 * r.normal(size=(K, N)))
    for part in (before, after):
        part[r.random((K, N)) < zeros] = 0.0
    return before, after


@cache
def table() -> pl.DataFrame:
    before, after = factors()
    keys = {"ind": np.tile(np.repeat(np.arange(1000), 1000), 2), "fuel": np.tile(np.arange(1000), 2000)}
    values = {f"x{j}": np.concatenate([before[j], after[j]]) for j in range(K)}
    return pl.DataFrame({"year": np.repeat([2020, 2060], N), **keys, **values})


def pylmdi() -> Callable[[], object]:
    """Additive LMDI-I without zeros, which it does not take."""
    from PyLMDI import PyLMDI  # type: ignore[import-not-found]

    before, after = factors(0.0)
    found = PyLMDI(after.prod(axis=0), before.prod(axis=0), after, before)
    return lambda: found.Add()


RIVAL = pylmdi if find_spec("PyLMDI") else None
NAME = "PyLMDI, no zeros" if RIVAL else f"PyLMDI, no zeros: {STORED} (stored)"


@benchmark("decomposition: LMDI-I kernel", size=SIZE, rival_name=NAME, rival=RIVAL)
def kernel() -> Callable[[], object]:
    return partial(log_mean_effects, *factors())


@benchmark("decomposition: Shapley kernel, additive", size=SIZE)
def shapley() -> Callable[[], object]:
    return partial(shapley_effects, *factors())


@benchmark("decomposition: totals of 32 subsets", size=SIZE)
def subsets() -> Callable[[], object]:
    return partial(subset_totals, *factors())


@benchmark("decomposition: decompose from a table", size=SIZE)
def whole() -> Callable[[], object]:
    return partial(decompose, table(), IDENTITY)


@benchmark("decomposition: the same, rows in random order", size=SIZE)
def shuffled() -> Callable[[], object]:
    return partial(decompose, table().sample(fraction=1.0, shuffle=True, seed=1), IDENTITY)


@benchmark("decomposition: structural, Shapley", size="e' L B y, 400 products, 20 demands")
def matrices() -> Callable[[], object]:
    r = np.random.default_rng(1)
    parts = [
        [
            r.uniform(size=400),
            np.eye(400) + r.uniform(0, 1e-3, (400, 400)),
            r.uniform(size=(400, 20)),
            r.uniform(size=20),
        ]
        for _ in range(2)
    ]
    return partial(structural, *parts)
