"""Groups against sets, loops and the rank of the written-out dummies."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dualcarbon.kernels.groups import (
    components,
    crossing,
    group_sums,
    is_nested,
    levels_of,
    rank_of_effects,
    without_singletons,
)

Codes = NDArray[np.int64]
SUMS = 1e-13  # same additions in another order


def dense(values: list[int]) -> Codes:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def columns(levels: int, count: int) -> st.SearchStrategy[list[Codes]]:
    def several(n: int) -> st.SearchStrategy[list[Codes]]:
        one = st.lists(st.integers(0, levels), min_size=n, max_size=n).map(dense)
        return st.lists(one, min_size=count, max_size=count)

    return st.integers(1, 30).flatmap(several)


def dummies(effects: list[Codes]) -> NDArray[np.float64]:
    ones = np.ones((len(effects[0]), 1))
    return np.column_stack([ones, *(np.eye(levels_of(codes))[codes] for codes in effects)])


@settings(max_examples=60, deadline=None)
@given(columns(8, 2))
def test_rank_of_two_effects_is_the_rank_of_their_dummies(effects: list[Codes]) -> None:
    a, b = effects
    rank = int(np.linalg.matrix_rank(dummies(effects)))
    assert rank_of_effects(effects) == rank
    assert levels_of(a) + levels_of(b) - components(a, b, levels_of(a), levels_of(b)) == rank
    assert rank_of_effects([a]) == levels_of(a)


@settings(max_examples=60, deadline=None)
@given(columns(5, 3))
def test_rank_of_three_effects_is_never_too_small(effects: list[Codes]) -> None:
    assert rank_of_effects(effects) >= np.linalg.matrix_rank(dummies(effects))


def test_rank_of_interacted_effects_sharing_the_year() -> None:
    rng = np.random.default_rng(4)
    n = 600
    year, firm, industry, province = (rng.integers(0, g, n) for g in (5, 90, 4, 6))
    effects = [dense(firm.tolist()), dense((industry * 5 + year).tolist()), dense((province * 5 + year).tolist())]
    assert rank_of_effects(effects) == np.linalg.matrix_rank(dummies(effects))


def test_rank_without_effects_is_the_constant() -> None:
    assert rank_of_effects([]) == 1


@settings(max_examples=60, deadline=None)
@given(columns(4, 2))
def test_nesting_comes_from_the_rows(effects: list[Codes]) -> None:
    inner, outer = effects
    homes = [set(outer[inner == g].tolist()) for g in range(levels_of(inner))]
    assert is_nested(inner, outer, levels_of(inner)) == all(len(home) == 1 for home in homes)


@settings(max_examples=80, deadline=None)
@given(columns(12, 3))
def test_singletons_are_dropped_until_none_is_left(effects: list[Codes]) -> None:
    keep = np.ones(len(effects[0]), dtype=bool)
    while True:
        alone = np.zeros_like(keep)
        for codes in effects:
            alone |= keep & (np.bincount(codes[keep], minlength=levels_of(codes))[codes] == 1)
        if not alone.any():
            break
        keep &= ~alone
    assert without_singletons(effects).tolist() == keep.tolist()


def test_a_chain_of_singletons_unravels_to_nothing() -> None:
    first = np.repeat(np.arange(500), 2)[:-1]
    second = np.concatenate([[0], np.repeat(np.arange(1, 500), 2)])
    assert not without_singletons([first, second]).any()


def test_effects_that_a_larger_one_determines_are_left_out() -> None:
    firm = np.repeat(np.arange(6), 3)
    year = np.tile(np.arange(3), 6)
    industry = firm // 2
    left = crossing([year, industry, firm, 5 - firm])
    assert [codes.tolist() for codes in left] == [firm.tolist(), year.tolist()]


def test_group_sums_equal_a_loop() -> None:
    rng = np.random.default_rng(5)
    values, weights, codes = rng.normal(size=(50, 3)), rng.random(50), rng.integers(0, 7, 50)
    expected = np.array([(weights[codes == g, None] * values[codes == g]).sum(axis=0) for g in range(7)])
    assert np.allclose(group_sums(values, weights, codes, 7), expected, rtol=SUMS, atol=SUMS)
