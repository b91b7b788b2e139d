"""Industries with every trouble at random, which no designer chose: what flags are tuned on and tested with."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from truth.designs import Case, Recipe, by_product

T = TypeVar("T")

NAME = "random"
"""The design's name among jobs."""


def recipe(seed: int) -> tuple[Recipe, int]:
    """Form, returns, inefficiency up to sigma_u = 0.8, noise up to 30 %, hidden intensity up to 1.0 and its drift,
    technical change, spread, inputs, years and balance at random; and the rows, 500 to 3,000."""
    random = np.random.default_rng([seed, 77])

    def one(*values: T) -> T:
        return values[int(random.integers(len(values)))]

    noise = one(0.0, 0.03, 0.05, 0.1, 0.1, 0.2, 0.3)
    made = Recipe(
        form=one("ces", "ces", "cobb_douglas", "abatement"),
        returns=one(1.0, 1.0, 0.93, 0.85),
        sigma_u=one(0.1, 0.25, 0.25, 0.5, 0.8),
        exponential=one(False, False, False, True),
        u_on_size=one(0.0, 0.0, 0.2),
        noise=noise,
        persistence=one(0.0, 0.0, 0.7),
        contaminated=noise > 0.0,
        hidden=one(0.0, 0.0, 0.0, 0.0, 0.3, 0.6, 1.0),
        drift=one(1.0, 1.0, 0.7),
        neutral=one(0.0, 0.0, 0.0, 0.03),
        saving=one(0.0, 0.0, 0.0, 0.04),
        size=one(1.7, 0.8),
        spread=one(1.0, 0.5, 1.0),
        inputs=one(2, 3),
        years=one(9, 9, 5, 15),
        unbalanced=one(False, False, True),
    )
    return made, one(500, 1_000, 3_000, 3_000)


def any_industry(rows: int, seed: int) -> tuple[Case, ...]:
    """One industry by the recipe of the seed, of at most `rows` rows."""
    made, wanted = recipe(seed)
    return (by_product(made, min(rows, wanted), 50_000 + seed),)
