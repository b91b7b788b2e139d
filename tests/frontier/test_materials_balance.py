"""Materials balance: brute force, the decomposition, the balance of the bad, marginal contents, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier.model import CODE, GroupData
from dualcarbon.frontier.models.materials_balance import MODEL, MaterialsBalanceModel

SCORE = 1e-8
"""HiGHS works to 1e-10 in rows and reduced costs."""
SLOPE = 1e-6
"""A hyperplane through a projection known to 1e-10."""
RAW = MaterialsBalanceModel(screen=False)
DOWN = Direction.bad_only()
SHAPES = ((2, 1, 1), (2, 1, 2), (3, 1, 2), (3, 2, 1), (4, 2, 3))


def technology(data: GroupData, dirty: int = 1, returns: Any = "variable") -> Technology:
    """The first `dirty` inputs contain the bad; amounts in inverse proportion to their units."""
    x, y = ([f"{kind}{i}" for i in range(part.shape[1])] for kind, part in (("x", data.x), ("y", data.goods)))
    contents = {name: (i + 1.0) / data.x[:, i].mean() for i, name in enumerate(x[:dirty])}
    return Technology(x, y, "b0", returns, polluting=contents)


def balanced(data: GroupData, tech: Technology) -> GroupData:
    """The same firms, their bad the contents of their inputs."""
    return replace(data, b=data.x[:, : len(tech.content)] @ np.array(tech.content))


def brute(data: GroupData, o: int, tech: Technology, hold: bool) -> tuple[float, float]:
    """EE and TE in the variables x and z, z and theta."""
    n, (m, dirty) = len(data.x), (data.x.shape[1], len(tech.content))
    content = np.append(tech.content, np.zeros(m - dirty))
    x, y = (data.x / data.x[o]).T, (data.goods / data.goods[o]).T
    convex = tech.returns == "variable"
    one = np.append(np.zeros(m), np.ones(n))[None]
    rows = np.vstack([np.hstack([-np.eye(m), x]), np.hstack([np.zeros((len(y), m)), -y])])
    side = np.append(np.zeros(m), -np.ones(len(y)))
    upper = [None] * dirty + [1.0 if hold else None] * (m - dirty)
    bounds = [(0.0, top) for top in upper] + [(0.0, None)] * n
    weights = content * data.x[o] / (content @ data.x[o])
    least = linprog(
        np.append(weights, np.zeros(n)), rows, side, one if convex else None, [1.0] if convex else None, bounds
    )
    moved = (np.arange(m) < dirty) if hold else np.ones(m, dtype=np.bool_)
    rows = np.vstack([np.column_stack([-1.0 * moved, x]), np.column_stack([np.zeros(len(y)), -y])])
    side = np.append(1.0 * ~moved, -np.ones(len(y)))
    theta = linprog(
        np.eye(n + 1)[0],
        rows,
        side,
        one[:, m - 1 :] if convex else None,
        [1.0] if convex else None,
        [(0.0, None)] * (n + 1),
    )
    assert least.status == theta.status == 0
    return float(least.fun), float(theta.fun)


@pytest.mark.parametrize("seed", range(40))
def test_against_two_plain_programs_per_firm(seed: int, mixed: Callable[..., GroupData]) -> None:
    """40 groups of 50 firms over returns, held or free inputs, numbers of goods and of polluting inputs."""
    returns, hold = list(product(("variable", "constant"), (True, False)))[seed % 4]
    m, goods, dirty = SHAPES[seed % len(SHAPES)]
    data = mixed(seed, 50, m, goods)
    tech = technology(data, dirty, returns)
    data = balanced(data, tech)
    found = MaterialsBalanceModel(screen=False, hold_others=hold).solve(data, tech, DOWN)
    least, theta = np.array([brute(data, o, tech, hold) for o in range(50)]).T
    np.testing.assert_allclose(1.0 - found.inefficiency, least, rtol=SCORE, atol=SCORE)
    np.testing.assert_allclose(found.columns["technical_efficiency"], theta, rtol=SCORE, atol=SCORE)


@pytest.mark.parametrize("hold", [True, False])
def test_environmental_is_technical_times_allocative(hold: bool, mixed: Callable[..., GroupData]) -> None:
    """EE = TE AE with every factor in (0, 1]."""
    data = mixed(60, 80, 3, 1)
    tech = technology(data, 2)
    found = MaterialsBalanceModel(screen=False, hold_others=hold).solve(balanced(data, tech), tech, DOWN).columns
    ee, te, ae = (found[f"{word}_efficiency"] for word in ("environmental", "technical", "allocative"))
    np.testing.assert_allclose(ee, te * ae, rtol=1e-14)
    for part in (ee, te, ae):
        assert (part > 0.0).all() and (part <= 1.0 + SCORE).all()
    assert (ee < te - 1e-3).any()


def test_the_two_treatments_of_other_inputs_agree_where_all_pollute(mixed: Callable[..., GroupData]) -> None:
    data = mixed(61, 60, 2, 2)
    tech = technology(data, 2)
    held, free = (
        MaterialsBalanceModel(screen=False, hold_others=hold).solve(balanced(data, tech), tech, DOWN)
        for hold in (True, False)
    )
    np.testing.assert_allclose(held.inefficiency, free.inefficiency, atol=SCORE)
    for name in held.columns:
        np.testing.assert_allclose(held.columns[name], free.columns[name], rtol=SLOPE, atol=SCORE)


def test_one_polluting_input_leaves_nothing_to_allocate(mixed: Callable[..., GroupData]) -> None:
    data = mixed(62, 60, 3, 1)
    found = RAW.solve(balanced(data, technology(data)), technology(data), DOWN)
    np.testing.assert_allclose(found.columns["allocative_efficiency"], 1.0, atol=SCORE)


def test_by_hand() -> None:
    """Coal contains 2, gas 1: (coal, gas) = (2, 1), (1, 2), (2, 2) make 1 each, constant returns."""
    data = GroupData(
        np.array([[2.0, 1.0], [1.0, 2.0], [2.0, 2.0]]),
        np.ones(3),
        np.array([5.0, 4.0, 6.0]),
        np.arange(3),
        np.zeros(3, dtype=np.int64),
    )
    tech = Technology(["coal", "gas"], "y", "co2", "constant", polluting={"coal": 2.0, "gas": 1.0})
    found = RAW.solve(data, tech, DOWN)
    np.testing.assert_allclose(found.columns["environmental_efficiency"], [4 / 5, 1.0, 4 / 6], atol=SCORE)
    np.testing.assert_allclose(found.columns["technical_efficiency"], [1.0, 1.0, 3 / 4], atol=SCORE)
    np.testing.assert_allclose(found.columns["allocative_efficiency"], [4 / 5, 1.0, 8 / 9], atol=SCORE)
    np.testing.assert_allclose(found.columns["content"], [5.0, 4.0, 6.0], atol=SCORE)
    np.testing.assert_allclose(found.abatement_room, [0.2, 0.0, 1 / 3], atol=SCORE)
    np.testing.assert_allclose(found.columns["marginal_content_low"], 4.0, atol=SCORE)
    np.testing.assert_allclose(found.columns["marginal_content_high"], 4.0, atol=SCORE)


def test_it_gives_no_price(mixed: Callable[..., GroupData]) -> None:
    data = mixed(63, 60)
    found = RAW.solve(balanced(data, technology(data)), technology(data), DOWN)
    assert (found.status == CODE["no_price"]).all()
    assert np.isnan([found.mac, found.mac_low, found.mac_high]).all()
    assert found.facts["no_price_share"] == 1.0


@pytest.mark.parametrize("returns", ["variable", "constant"])
def test_marginal_contents_are_the_range_of_the_hyperplanes(returns: Any, mixed: Callable[..., GroupData]) -> None:
    """C(y) by plain programs: min and max of dC / dy over the prices that support the point of least content."""
    data = mixed(64, 40, 3, 1)
    tech = technology(data, 2, returns)
    data = balanced(data, tech)
    found = RAW.solve(data, tech, DOWN)
    for o in range(40):
        scale = np.array([found.columns["content"][o] * (1.0 - found.inefficiency[o]), data.x[o, 2], data.y[o]])
        rows = np.column_stack([data.b, data.x[:, 2], -data.y]) / scale
        columns = np.column_stack([rows, np.ones(40)])
        rest = {
            "A_ub": -columns / np.linalg.norm(columns, axis=1, keepdims=True),
            "b_ub": np.zeros(40),
            "A_eq": [[1.0, 1.0, -1.0, 1.0]],
            "b_eq": [0.0],
            "bounds": [(1.0, 1.0), (0.0, None), (0.0, None), (None, None) if returns == "variable" else (0.0, 0.0)],
        }
        rate = scale[0] / scale[2]
        low = linprog([0.0, 0.0, 1.0, 0.0], **rest)
        high = linprog([0.0, 0.0, -1.0, 0.0], **rest)
        top = -high.fun * rate if high.status == 0 else np.inf
        assert found.columns["marginal_content_low"][o] == pytest.approx(low.fun * rate, rel=SLOPE, abs=SLOPE * rate)
        assert found.columns["marginal_content_high"][o] == pytest.approx(top, rel=SLOPE, abs=SLOPE * rate)


def test_a_bad_that_the_inputs_do_not_explain_is_counted_and_said(mixed: Callable[..., GroupData]) -> None:
    data = mixed(65, 60)
    tech = technology(data)
    good = RAW.solve(balanced(data, tech), tech, DOWN)
    assert good.facts["content_share"] == pytest.approx(1.0) and good.facts["n_off_balance"] == 0
    b = balanced(data, tech).b.copy()
    b[:5] *= 1.2
    few = RAW.solve(replace(data, b=b), tech, DOWN)
    assert few.facts["n_off_balance"] == 5
    np.testing.assert_allclose(few.inefficiency, good.inefficiency, atol=SCORE)
    twice = RAW.solve(replace(data, b=2.0 * b), tech, DOWN)
    assert twice.verdict == "weakly_identified" and "contain 0.4" in twice.why.en


def test_own_projection_is_efficient_and_another_unit_never_lowers_inefficiency(
    mixed: Callable[..., GroupData],
) -> None:
    """With one polluting input the projection is that input contracted by TE."""
    data = mixed(66, 50)
    tech = technology(data)
    data = balanced(data, tech)
    found = RAW.solve(data, tech, DOWN)
    x = data.x * np.column_stack([found.columns["technical_efficiency"], np.ones(50)])
    both = GroupData(
        np.vstack([data.x, x]), np.tile(data.y, 2), np.tile(data.b, 2), np.arange(100), np.zeros(100, dtype=np.int64)
    )
    again = RAW.solve(both, tech, DOWN)
    np.testing.assert_allclose(again.inefficiency[50:], 0.0, atol=SCORE)
    np.testing.assert_allclose(again.inefficiency[:50], found.inefficiency, atol=SCORE)
    part = GroupData(data.x[:30], data.y[:30], data.b[:30], data.unit[:30], data.time[:30])
    assert (found.inefficiency[:30] >= RAW.solve(part, tech, DOWN).inefficiency - SCORE).all()


def test_units_of_measurement_do_not_matter(mixed: Callable[..., GroupData]) -> None:
    data = mixed(67, 60)
    tech = technology(data)
    first = RAW.solve(balanced(data, tech), tech, DOWN)
    other = replace(data, x=data.x * [1e-4, 1e5], y=data.y * 1e3)
    moved = replace(balanced(data, tech), x=other.x, y=other.y)
    second = RAW.solve(moved, technology(other), DOWN)
    np.testing.assert_allclose(second.inefficiency, first.inefficiency, atol=SCORE)


def test_rows_that_want_no_answer_only_make_the_frontier(mixed: Callable[..., GroupData]) -> None:
    data = mixed(68, 50)
    tech = technology(data)
    wanted = np.arange(50) % 3 == 0
    every = RAW.solve(balanced(data, tech), tech, DOWN)
    some = RAW.solve(replace(balanced(data, tech), evaluated=wanted), tech, DOWN)
    np.testing.assert_allclose(some.inefficiency[wanted], every.inefficiency[wanted], atol=SCORE)
    assert np.isnan(some.inefficiency[~wanted]).all()


def test_what_it_does_not_support_is_refused(mixed: Callable[..., GroupData]) -> None:
    data = mixed(0)
    tech = technology(data)
    for polluting, bads in (((), "b0"), (["x0"], "b0"), ({"x0": 1.0}, ["b0", "b1"])):
        with pytest.raises(ConfigError, match="contents"):
            MODEL.check(Technology(tech.inputs, tech.good, bads, polluting=polluting), DOWN)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no such technology"):
        MODEL.check(Technology(tech.inputs, tech.good, tech.bad, "bic", polluting={"x0": 1.0}), DOWN)
    for direction in (Direction.proportional(), Direction.unit(), Direction.custom({"b0": 1.0})):
        with pytest.raises(ConfigError, match="direction"):
            MODEL.check(tech, direction)
    with pytest.raises(ConfigError, match="too large"):
        MaterialsBalanceModel(largest=49).solve(data, tech, DOWN)
