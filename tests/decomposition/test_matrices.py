"""Structural decomposition of input-output products."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.decomposition import decompose, structural

from .conftest import cube, identity

EXACT = 1e-12

METHODS = ("shapley", "polar", "lmdi", "first", "last")


def economy(seed: int, n: int = 4) -> list[np.ndarray]:
    """Emission intensities e, Leontief inverse L, demand shares B (n x 2), demand by purpose y."""
    r = np.random.default_rng(seed)
    technical = r.uniform(0, 0.8 / n, (n, n))
    shares = r.uniform(size=(n, 2))
    return [r.uniform(0.1, 2, n), np.linalg.inv(np.eye(n) - technical), shares / shares.sum(axis=0), r.uniform(5, 9, 2)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("form", ["additive", "multiplicative"])
def test_effects_close(method: Any, form: Any) -> None:
    before, after = economy(1), economy(2)
    found = structural(before, after, names=("e", "L", "B", "y"), method=method, form=form)
    start, end = before[0] @ before[1] @ before[2] @ before[3], after[0] @ after[1] @ after[2] @ after[3]
    assert (found.start.item(), found.end.item()) == pytest.approx((start, end), rel=1e-14)
    joined = found.values.sum() if form == "additive" else found.values.prod()
    assert joined == pytest.approx(end - start if form == "additive" else end / start, rel=EXACT)
    assert found.residual < EXACT and found.effects.shape == (4, 4)


def test_shapley_is_the_mean_over_24_orders() -> None:
    before, after = economy(3), economy(4)
    added, logs = np.zeros(4), np.zeros(4)
    for order in permutations(range(4)):
        now = list(before)
        for j in order:
            was = now[0] @ now[1] @ now[2] @ now[3]
            now[j] = after[j]
            is_ = now[0] @ now[1] @ now[2] @ now[3]
            added[j] += (is_ - was) / 24
            logs[j] += np.log(is_ / was) / 24
    assert structural(before, after).values.ravel() == pytest.approx(added, rel=EXACT)
    ratios = structural(before, after, form="multiplicative").values.ravel()
    assert np.log(ratios) == pytest.approx(logs, rel=1e-11)


def test_polar_is_the_mean_of_its_ends() -> None:
    before, after = economy(5), economy(6)
    first, last = (structural(before, after, method=method).values for method in ("first", "last"))  # type: ignore[arg-type]
    assert structural(before, after, method="polar").values == pytest.approx((first + last) / 2, rel=1e-14)
    manual = (after[0] - before[0]) @ before[1] @ before[2] @ before[3]
    assert first.ravel()[0] == pytest.approx(manual, rel=1e-13)
    manual = (after[0] - before[0]) @ after[1] @ after[2] @ after[3]
    assert last.ravel()[0] == pytest.approx(manual, rel=1e-13)


def test_two_factors_in_textbook_form() -> None:
    """x = L y: dx = 1/2 dL (y0 + y1) + 1/2 (L0 + L1) dy, with dL = L1 dA L0 (Miller & Blair, section 13.1)."""
    (_, l0, _, _), (_, l1, _, _) = economy(7), economy(8)
    y0, y1 = np.array([3.0, 1, 2, 4]), np.array([2.0, 5, 2, 1])
    found = structural([l0, y0], [l1, y1], names=("L", "y"))
    assert found.values[0].ravel() == pytest.approx((l1 - l0) @ (y0 + y1) / 2, rel=EXACT)
    assert found.values[1].ravel() == pytest.approx((l0 + l1) @ (y1 - y0) / 2, rel=EXACT)
    change = np.linalg.inv(l0) - np.linalg.inv(l1)
    assert found.values[0].ravel() == pytest.approx(l1 @ change @ l0 @ (y0 + y1) / 2, rel=1e-11)
    assert found.effects.filter(row=2, factor="y")["effect"][0] == found.values[1, 2, 0]


def test_lmdi_of_paths_is_the_index_decomposition() -> None:
    """e_i L_ij y_j as cells of an identity, with zeros in L."""
    r = np.random.default_rng(9)
    (e0, l0, y0), (e1, l1, y1) = (
        (r.uniform(1, 2, 3), np.where(r.random((3, 3)) < 0.4, 0.0, r.uniform(1, 2, (3, 3))), r.uniform(1, 2, 3))
        for _ in range(2)
    )
    found = structural([e0, l0, y0], [e1, l1, y1], method="lmdi")
    cells = [
        np.column_stack([np.repeat(e, 3), inverse.ravel(), np.tile(y, 3)])
        for e, inverse, y in ((e0, l0, y0), (e1, l1, y1))
    ]
    truth = decompose(cube(*cells), identity(3)).effects["effect"].to_numpy()
    assert found.values.ravel() == pytest.approx(truth, rel=EXACT)


def test_diagonal_demand_gives_a_vector() -> None:
    before, after = economy(10), economy(11)
    parts = [[np.diag(p[0]), p[1], p[2] @ p[3]] for p in (before, after)]
    found = structural(*parts)
    assert found.values.shape == (3, 4, 1) and found.effects.height == 12
    whole = structural([p[0] for p in (before,)] + parts[0][1:], [after[0], *parts[1][1:]])
    assert found.values.sum(axis=(1, 2)) == pytest.approx(whole.values.ravel(), rel=EXACT)


def test_many_parts_need_no_list_of_orders() -> None:
    r = np.random.default_rng(12)
    parts = [[r.uniform(0.5, 1.5, (3, 3)) for _ in range(20)] for _ in range(2)]
    assert structural(*parts).residual < 1e-11
    with pytest.raises(ConfigError, match="at most 12 parts"):
        structural(*parts, form="multiplicative")


def test_what_does_not_fit() -> None:
    good = [np.ones(3), np.ones((3, 3)), np.ones(3)]
    for bad in ([np.ones(3), np.ones((2, 3)), np.ones(3)], [], [np.ones(3), np.ones(3), np.ones(3)], good[:2]):
        with pytest.raises(ConfigError, match="do not fit"):
            structural(good, bad)
    with pytest.raises(ConfigError, match="names="):
        structural(good, good, names=("a", "a", "b"))
    with pytest.raises(ConfigError, match="'random'"):
        structural(good, good, method="random")  # type: ignore[arg-type]
    negative = [np.ones(3), np.ones((3, 3)), np.array([1.0, -1.0, 1.0])]
    with pytest.raises(DataError, match=r"first \[1, 0\] = -1"):
        structural(good, negative, names=("e", "L", "y"), method="lmdi")
    assert structural(good, negative).residual < EXACT
    with pytest.raises(DataError, match="finite numbers"):
        structural(good, [np.ones(3), np.full((3, 3), np.nan), np.ones(3)])
    with pytest.raises(DataError, match="no ratio"):
        structural(good, [np.zeros(3), np.ones((3, 3)), np.ones(3)], form="multiplicative")
    with pytest.raises(ConfigError, match="too many paths"):
        structural([np.ones((300, 300))] * 2, [np.ones((300, 300))] * 2, method="lmdi")


def test_pictures() -> None:
    found = structural(economy(1), economy(2), names=("e", "L", "B", "y"))
    drawing = found.waterfall({"e": ("排放强度", "Intensity")}, quantity=("排放", "Emissions")).drawing
    assert drawing.levels[-1] == pytest.approx(found.end.sum(), rel=EXACT)  # type: ignore[union-attr]
    assert drawing.items[1].en == "Intensity"  # type: ignore[union-attr]
    with pytest.raises(ConfigError, match="additive"):
        structural(economy(1), economy(2), form="multiplicative").waterfall()


@pytest.mark.parametrize("part", [[["a"]], [[1.0], [2.0, 3.0]]])
def test_what_is_no_matrix_is_named(part: object) -> None:
    with pytest.raises(ConfigError, match="do not fit"):
        structural([part, [1.0]], [part, [1.0]])  # type: ignore[list-item]
