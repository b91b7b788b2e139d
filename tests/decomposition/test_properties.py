"""What must hold for any data: effects add up, time turns round, cells may be joined, order and units do not matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dualcarbon.decomposition import decompose

from .conftest import IDENTITY, cube, identity, world

TIGHT = 1e-12
NEAR = 1e-10  # relative to the sum of absolute effects: orders of summation differ

POSITIVE = st.floats(1e-6, 1e6)
WITH_ZEROS = st.one_of(st.just(0.0), POSITIVE)
QUIET = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def tables(elements: st.SearchStrategy[float]) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    shapes = st.tuples(st.integers(1, 6), st.integers(1, 5))
    return shapes.flatmap(lambda shape: st.tuples(*(arrays(np.float64, shape, elements=elements) for _ in range(2))))


def run(before: np.ndarray, after: np.ndarray, **options: Any) -> np.ndarray:
    return decompose(cube(before, after), identity(before.shape[1]), **options).effects["effect"].to_numpy()


@QUIET
@given(tables(WITH_ZEROS), st.sampled_from(["lmdi1", "shapley", "polar"]))
def test_effects_add_up(pair: tuple[np.ndarray, np.ndarray], method: Any) -> None:
    found = decompose(cube(*pair), identity(pair[0].shape[1]), method=method)
    moved = np.abs(found.attribution("i")["contribution"].to_numpy()).sum()
    scale = max(float(found.totals["start"][0]), float(found.totals["end"][0]), moved)
    assert abs(found.effects["effect"].sum() - found.totals["change"][0]) <= TIGHT * scale


@QUIET
@given(tables(POSITIVE), st.sampled_from(["lmdi1", "lmdi2", "shapley", "polar"]))
def test_ratios_multiply(pair: tuple[np.ndarray, np.ndarray], method: Any) -> None:
    found = decompose(cube(*pair), identity(pair[0].shape[1]), method=method, form="multiplicative")
    logs = np.log(found.effects["effect"].to_numpy())
    assert abs(logs.sum() - np.log(found.totals["change"][0])) <= NEAR * (1.0 + np.abs(logs).sum())


@QUIET
@given(tables(POSITIVE), st.sampled_from(["lmdi1", "lmdi2", "shapley", "polar"]))
def test_time_reversal(pair: tuple[np.ndarray, np.ndarray], method: Any) -> None:
    there, back = run(*pair, method=method), run(*pair[::-1], method=method)
    assert there == pytest.approx(-back, rel=NEAR, abs=NEAR * np.abs(there).sum())
    there, back = (run(*p, method=method, form="multiplicative") for p in (pair, pair[::-1]))
    assert np.log(there) == pytest.approx(-np.log(back), rel=NEAR, abs=NEAR * (1 + np.abs(np.log(there)).sum()))


@QUIET
@given(tables(POSITIVE), st.sampled_from(["lmdi1", "lmdi2", "shapley"]), st.randoms(use_true_random=False))
def test_order_of_factors(pair: tuple[np.ndarray, np.ndarray], method: Any, random: Any) -> None:
    order = list(range(pair[0].shape[1]))
    random.shuffle(order)
    for form in ("additive", "multiplicative"):
        plain = run(*pair, method=method, form=form)
        turned = run(pair[0][:, order], pair[1][:, order], method=method, form=form)
        assert turned == pytest.approx(plain[order], rel=NEAR, abs=NEAR * np.abs(plain).sum())


@QUIET
@given(tables(POSITIVE), st.sampled_from(["lmdi1", "lmdi2", "shapley", "polar"]), st.floats(1e-3, 1e3))
def test_units(pair: tuple[np.ndarray, np.ndarray], method: Any, unit: float) -> None:
    scaled = [part * np.r_[unit, np.ones(part.shape[1] - 1)] for part in pair]
    plain = run(*pair, method=method)
    assert run(*scaled, method=method) == pytest.approx(unit * plain, rel=NEAR, abs=NEAR * unit * np.abs(plain).sum())
    plain, other = run(*pair, method=method, form="multiplicative"), run(*scaled, method=method, form="multiplicative")
    assert np.log(other) == pytest.approx(np.log(plain), rel=NEAR, abs=NEAR * (1 + np.abs(np.log(plain)).sum()))


@QUIET
@given(tables(POSITIVE), st.sampled_from(["lmdi1", "lmdi2", "shapley", "polar"]))
def test_a_factor_that_does_not_change_has_no_effect(pair: tuple[np.ndarray, np.ndarray], method: Any) -> None:
    after = pair[1].copy()
    after[:, 0] = pair[0][:, 0]
    if method != "lmdi2":
        assert run(pair[0], after, method=method)[0] == 0.0
    assert run(pair[0], after, method="lmdi1", form="multiplicative")[0] == 1.0


@pytest.mark.parametrize("form", ["additive", "multiplicative"])
@pytest.mark.parametrize("seed", range(4))
def test_lmdi1_is_consistent_in_aggregation(seed: int, form: Any) -> None:
    """Groups decomposed first and put together equal one step over all cells, with zeros too."""
    table = world(seed, zeros=0.15)
    one = decompose(table, IDENTITY, form=form, chain=True)
    short = "C ~ Y * S[ind] * I[ind] * M[ind,fuel] * F[fuel]"
    two = decompose(table, short, form=form, chain=True, by="region")
    assert one.effects["effect"].to_numpy() == pytest.approx(two.effects["effect"].to_numpy(), rel=1e-12)
    if form == "multiplicative":
        start, end = (two.group_totals[name].to_numpy().reshape(2, -1) for name in ("start", "end"))
        weights = (end - start) / np.log(end / start)
        whole = (end.sum(axis=1) - start.sum(axis=1)) / np.log(end.sum(axis=1) / start.sum(axis=1))
        logs = np.log(two.groups["effect"].to_numpy()).reshape(2, 3, 5)
        joined = np.einsum("tg,tgk->tk", weights, logs) / whole[:, None]
        assert np.log(one.effects["effect"].to_numpy()) == pytest.approx(joined.ravel(), rel=1e-10, abs=1e-12)


def test_additive_and_multiplicative_lmdi1_are_one() -> None:
    """dV_k / ln D_k = L(V_T, V_0)."""
    added, ratios = (decompose(world(5), IDENTITY, form=form) for form in ("additive", "multiplicative"))  # type: ignore[arg-type]
    mean = added.totals["change"][0] / np.log(ratios.totals["change"][0])
    assert added.effects["effect"].to_numpy() == pytest.approx(
        mean * np.log(ratios.effects["effect"].to_numpy()), rel=1e-12
    )


def test_shapley_of_two_factors_is_sun() -> None:
    pair = np.array([[2.0, 3.0], [1.0, 4.0]]), np.array([[4.0, 7.0], [2.0, 3.0]])
    (x0, x1), step = pair, pair[1] - pair[0]
    truth = (step * x0[:, ::-1]).sum(axis=0) + step.prod(axis=1).sum() / 2
    assert run(x0, x1, method="shapley") == pytest.approx(truth, rel=1e-14)


def test_chained_steps_of_one_factor_are_the_change() -> None:
    table = pl.DataFrame({"year": range(6), "x": [1.0, 3.0, 0.0, 2.0, 2.0, 5.0]})
    found = decompose(table, "V ~ x", chain=True)
    assert found.effects["effect"].to_list() == [2.0, -3.0, 2.0, 0.0, 3.0]
    assert found.cumulative["effect"].to_list() == [2.0, -1.0, 1.0, 1.0, 4.0]
