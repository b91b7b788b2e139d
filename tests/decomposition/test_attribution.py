"""Contributions add up to the effects; the multiplicative ones by their formula and in the limit of zeros."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.decomposition import decompose

from .conftest import IDENTITY, cube, identity, world

EXACT = 1e-12

PAIRS = [
    *((method, "additive") for method in ("lmdi1", "lmdi2", "shapley", "polar")),
    ("lmdi1", "multiplicative"),
    ("lmdi2", "multiplicative"),
]


def sums(found: Any, by: Any, **options: Any) -> np.ndarray:
    rows = found.attribution(by, **options)
    return (
        rows.group_by("period", "factor", maintain_order=True)
        .agg(pl.col("contribution").sum())["contribution"]
        .to_numpy()
    )


@pytest.mark.parametrize("by", ["region", ["ind", "fuel"], ["region", "ind", "fuel"]])
@pytest.mark.parametrize(("method", "form"), PAIRS)
def test_contributions_add_up(method: Any, form: Any, by: Any) -> None:
    table = world(1, zeros=0.2 if method == "lmdi1" else 0.0)
    found = decompose(table, IDENTITY, method=method, form=form, chain=True)
    truth = found.effects["effect"].to_numpy() - (form == "multiplicative")
    assert sums(found, by) == pytest.approx(truth, rel=EXACT, abs=EXACT)
    whole = found.cumulative["effect"].to_numpy() - (form == "multiplicative")
    assert sums(found, by, cumulative=True) == pytest.approx(whole, rel=EXACT, abs=EXACT)


@pytest.mark.parametrize("method", ["lmdi1", "lmdi2"])
def test_groups_add_up_too(method: Any) -> None:
    short = "C ~ Y * S[ind] * I[ind] * M[ind,fuel] * F[fuel]"
    found = decompose(world(2), short, method=method, form="multiplicative", by="region")
    assert sums(found, ["region", "ind"]) == pytest.approx(
        found.effects["effect"].to_numpy() - 1.0, rel=EXACT, abs=EXACT
    )


def test_additive_contributions_are_the_effects_of_the_cells_alone() -> None:
    table = world(3, zeros=0.1)
    found = decompose(table, IDENTITY).attribution(["region", "ind"])
    alone = decompose(table.filter(region="r1", ind="i2"), IDENTITY)
    mine = found.filter(region="r1", ind="i2")["contribution"].to_numpy()
    assert mine == pytest.approx(alone.effects["effect"].to_numpy(), rel=EXACT)


def test_the_formula_of_choi_and_ang() -> None:
    """LMDI-II, whose weights add up to 1: D - 1 = sum_i s_i (r_i - 1), s_i = (w_i / L_i) x_i0 / sum_j (w_j / L_j) x_j0
    with L_i = L(x_i1, x_i0 D), written out."""
    r = np.random.default_rng(4)
    before, after = r.lognormal(size=(5, 3)), r.lognormal(size=(5, 3))
    found = decompose(cube(before, after), identity(3), method="lmdi2", form="multiplicative")

    def mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a - b) / np.log(a / b)

    v0, v1 = before.prod(axis=1), after.prod(axis=1)
    w = mean(v1 / v1.sum(), v0 / v0.sum())
    w = w / w.sum()
    for k, ratio in enumerate(found.effects["effect"].to_list()):
        assert ratio == pytest.approx(np.exp(w @ np.log(after[:, k] / before[:, k])), rel=EXACT)
        q = w / mean(after[:, k], before[:, k] * ratio) * before[:, k]
        truth = q / q.sum() * (after[:, k] / before[:, k] - 1.0)
        mine = found.attribution("i").filter(factor=f"x{k + 1}").sort("i")["contribution"].to_numpy()
        assert mine == pytest.approx(truth, rel=1e-10)


def test_zeros_are_the_limit() -> None:
    """At 1e-290 the cell is within 1 / ln of its limit; the gap shrinks as the number does."""
    before = np.array([[0.0, 3.0], [2.0, 2.0], [1.5, 1.0]])
    after = np.array([[2.0, 4.0], [0.0, 1.0], [2.5, 2.0]])
    limit = (
        decompose(cube(before, after), identity(2), form="multiplicative").attribution("i")["contribution"].to_numpy()
    )
    gaps = []
    for small in (1e-20, 1e-80, 1e-290):
        near = (np.where(part == 0.0, small, part) for part in (before, after))
        found = decompose(cube(*near), identity(2), form="multiplicative").attribution("i")["contribution"].to_numpy()
        gaps.append(np.abs(found - limit).max())
    assert gaps[0] > 2 * gaps[1] > 4 * gaps[2] and gaps[2] < 0.01


def test_what_has_no_attribution() -> None:
    table = world(5)
    with pytest.raises(ConfigError, match="no attribution"):
        decompose(table, IDENTITY, method="shapley", form="multiplicative").attribution("ind")
    with pytest.raises(ConfigError, match="is not a subscript"):
        decompose(table, IDENTITY).attribution("province")
