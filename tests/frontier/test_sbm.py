"""The slacks-based measure: brute force, special cases, properties, refusals."""

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
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models.sbm import MODEL, SlacksBasedModel

SCORE = 1e-8
"""HiGHS works to 1e-10 in rows and reduced costs."""
PRICE = 1e-6
"""A hyperplane through a projection known to 1e-10."""
RAW = SlacksBasedModel(screen=False)
ALL = Direction.all_proportional()
DIRECTIONS = (ALL, Direction.proportional(), Direction.bad_only(), Direction(1.0, 0.0, 1.0, observed=True))
TECHNOLOGIES = (
    ("bad_as_input", "variable"),
    ("bad_as_input", "constant"),
    ("kuosmanen", "variable"),
    ("weak", "constant"),
)
SHAPES = ((1, 1, 1), (2, 1, 1), (3, 2, 1), (2, 1, 2), (2, 2, 2))


def parts(data: GroupData) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return data.x, data.goods, data.bads


def technology(data: GroupData, disposability: Any = "bad_as_input", returns: Any = "variable") -> Technology:
    names = [[f"{kind}{i}" for i in range(part.shape[1])] for kind, part in zip("xyb", parts(data), strict=True)]
    return Technology(names[0], names[1], names[2], returns, disposability)


def slacks(fit: GroupFit) -> np.ndarray:
    return np.column_stack([values for name, values in fit.columns.items() if name.startswith("slack_")])


def brute(data: GroupData, o: int, direction: Direction, tech: Technology) -> float:
    """rho by Charnes and Cooper, in t, t z, t w and slacks over the unit's own quantities."""
    n, (m, q, r) = len(data.x), [part.shape[1] for part in parts(data)]
    every, own = np.column_stack(parts(data)), np.column_stack(parts(data))[o]
    scale = np.where(own > 0.0, own, every.max(axis=0))
    sign = np.repeat([1.0, -1.0, 1.0], [m, q, r])
    idle = n * (tech.disposability == "kuosmanen" and tech.returns == "variable")
    z = (every * sign / scale).T
    w = np.where(np.arange(m + q + r)[:, None] < m, z, 0.0)[:, :idle]
    counted = np.repeat([direction.inputs, direction.good, direction.bad], [m, q, r]) * (own > 0.0)
    outputs = (np.arange(m + q + r) >= m) * counted / max(q * direction.good + r * direction.bad, 1.0)
    inputs = (np.arange(m + q + r) < m) * counted / m
    rows = np.hstack([-(own * sign / scale)[:, None], z, w, np.eye(m + q + r)])
    ones = np.concatenate([[-1.0], np.ones(n + idle), np.zeros(m + q + r)])
    norm = np.concatenate([[1.0], np.zeros(n + idle), outputs])
    a_eq = np.vstack([rows, norm, *([ones] if tech.returns == "variable" else [])])
    b_eq = np.zeros(len(a_eq))
    b_eq[m + q + r] = 1.0
    held = (tech.disposability != "bad_as_input") & (np.arange(m + q + r) >= m + q) & (counted == 0.0)
    bounds = [(0.0, None)] * (1 + n + idle) + [(0.0, 0.0 if fixed else None) for fixed in held]
    found = linprog(np.concatenate([[1.0], np.zeros(n + idle), -inputs]), A_eq=a_eq, b_eq=b_eq, bounds=bounds)
    assert found.status == 0
    return float(found.fun)


def ratio(data: GroupData, slack: np.ndarray) -> np.ndarray:
    """rho of the non-oriented measure from its definition."""
    x, y, b = parts(data)
    sx, sy, sb = np.split(slack, [x.shape[1], x.shape[1] + y.shape[1]], axis=1)
    terms = (sy / y).sum(axis=1) + np.divide(sb, b, out=np.zeros_like(b), where=b > 0.0).sum(axis=1)
    return (1.0 - (sx / x).mean(axis=1)) / (1.0 + terms / (y.shape[1] + b.shape[1]))


def radial_input(data: GroupData, o: int, tech: Technology) -> float:
    """Farrell input efficiency with the bads as inputs that are not contracted."""
    n, m = len(data.x), data.x.shape[1]
    x, y, b = parts(data)
    rows = np.vstack([np.column_stack([-x[o], x.T]), np.column_stack([np.zeros(y.shape[1]), -y.T])])
    rows = np.vstack([rows, np.column_stack([np.zeros(b.shape[1]), b.T])])
    side = np.concatenate([np.zeros(m), -y[o], b[o]])
    scale = np.abs(np.concatenate([x[o], y[o], np.where(b[o] > 0.0, b[o], 1.0)]))
    one = np.concatenate([[0.0], np.ones(n)])[None] if tech.returns == "variable" else None
    found = linprog(
        np.eye(n + 1)[0],
        rows / scale[:, None],
        side / scale,
        one,
        None if one is None else [1.0],
        [(0.0, None)] * (n + 1),
    )
    return float(found.fun)


@pytest.mark.parametrize("seed", range(40))
def test_against_one_plain_program_per_firm(seed: int, mixed: Callable[..., GroupData]) -> None:
    """40 groups of 50 firms over technologies, counted groups and numbers of outputs."""
    pair, direction = list(product(TECHNOLOGIES, DIRECTIONS))[seed % 16]
    data = mixed(seed, 50, *SHAPES[seed % len(SHAPES)])
    tech = technology(data, *pair)
    found = RAW.solve(data, tech, direction)
    expected = [1.0 - brute(data, o, direction, tech) for o in range(50)]
    np.testing.assert_allclose(found.inefficiency, expected, rtol=SCORE, atol=SCORE)
    if direction == ALL:
        np.testing.assert_allclose(1.0 - ratio(data, slacks(found)), found.inefficiency, rtol=SCORE, atol=SCORE)
    np.testing.assert_allclose(found.abatement_room, found.columns["slack_b0"] / data.b, atol=SCORE)


@pytest.mark.parametrize("seed", range(8))
def test_prices_are_the_range_of_the_hyperplanes_at_the_projection(
    seed: int, mixed: Callable[..., GroupData], supports: Callable[..., tuple[float, float]]
) -> None:
    pair = TECHNOLOGIES[seed % 4]
    data = mixed(200 + seed, 40, *SHAPES[seed % len(SHAPES)])
    tech = technology(data, *pair)
    found = RAW.solve(data, tech, ALL)
    every = np.column_stack(parts(data))
    sign = np.repeat([1.0, -1.0, 1.0], [part.shape[1] for part in parts(data)])
    projected = every - sign * slacks(found)
    projected[projected < 1e-12 * every] = 0.0
    weak, idle = pair[0] != "bad_as_input", pair == ("kuosmanen", "variable")
    for o in range(40):
        low, high = supports(data, projected[o], np.zeros(sign.size, dtype=np.bool_), pair[1], weak, idle)
        assert found.mac_low[o] == pytest.approx(low, rel=PRICE, abs=PRICE * 1e3)
        assert found.mac_high[o] == pytest.approx(high, rel=PRICE, abs=PRICE * 1e3)


@pytest.mark.parametrize("returns", ["variable", "constant"])
def test_it_is_zero_where_no_slack_is_and_never_above_the_radial_efficiency(
    returns: Any, mixed: Callable[..., GroupData]
) -> None:
    """rho = 1 if and only if every slack is zero; rho is at most the radial input efficiency."""
    data = mixed(31, 60, 2, 1, 2)
    tech = technology(data, "bad_as_input", returns)
    found = RAW.solve(data, tech, ALL)
    largest = (slacks(found) / np.column_stack(parts(data)).max(axis=0)).max(axis=1)
    assert np.array_equal(found.inefficiency <= 1e-9, largest <= 1e-9)
    assert 0 < np.count_nonzero(found.inefficiency <= 1e-9) < 60
    for o in range(60):
        assert 1.0 - found.inefficiency[o] <= radial_input(data, o, tech) + SCORE


def test_weak_disposability_gives_the_scores_of_free_disposability_where_all_is_counted(
    mixed: Callable[..., GroupData],
) -> None:
    """B'z + s = b with s >= 0 says the same as B'z <= b."""
    data = mixed(32, 60, 2, 2, 2)
    weak = RAW.solve(data, technology(data, "weak", "constant"), ALL)
    free = RAW.solve(data, technology(data, "bad_as_input", "constant"), ALL)
    np.testing.assert_allclose(weak.inefficiency, free.inefficiency, atol=SCORE)
    assert (weak.mac_low <= free.mac_low + PRICE).all()


def test_by_hand() -> None:
    """x = 1: (y, b) = (1, 1) makes (0.5, 2) inefficient: rho = 1 / (1 + (1 + 0.5) / 2)."""
    y, b = np.array([1.0, 0.5, 0.2]), np.array([1.0, 2.0, 0.1])
    data = GroupData(np.ones((3, 1)), y, b, np.arange(3), np.zeros(3, dtype=np.int64))
    found = RAW.solve(data, technology(data), ALL)
    np.testing.assert_allclose(found.inefficiency, [0.0, 1.0 - 1.0 / 1.75, 0.0], atol=SCORE)
    np.testing.assert_allclose(found.columns["slack_y0"], [0.0, 0.5, 0.0], atol=SCORE)
    np.testing.assert_allclose(found.columns["slack_b0"], [0.0, 1.0, 0.0], atol=SCORE)
    np.testing.assert_allclose(found.abatement_room, [0.0, 0.5, 0.0], atol=SCORE)
    assert found.status.tolist() == [CODE["kink"], CODE["kink"], CODE["edge"]]
    np.testing.assert_allclose(found.mac_low[:2], 0.0, atol=SCORE)
    np.testing.assert_allclose(found.mac_high[:2], 0.8 / 0.9, atol=SCORE)


def test_own_projection_is_efficient(mixed: Callable[..., GroupData]) -> None:
    data = mixed(33, 40, 2, 2, 1)
    found = RAW.solve(data, technology(data), ALL)
    sx, sy, sb = np.split(slacks(found), [2, 4], axis=1)
    y = data.goods + sy
    both = GroupData(
        np.vstack([data.x, data.x - sx]),
        np.append(data.y, y[:, 0]),
        np.append(data.b, data.b - sb[:, 0]),
        np.arange(80),
        np.zeros(80, dtype=np.int64),
        np.vstack([data.goods[:, 1:], y[:, 1:]]),
    )
    again = RAW.solve(both, technology(data), ALL)
    np.testing.assert_allclose(again.inefficiency[40:], 0.0, atol=SCORE)
    np.testing.assert_allclose(again.inefficiency[:40], found.inefficiency, atol=SCORE)


def test_another_unit_never_lowers_inefficiency_and_units_of_measurement_do_not_matter(
    mixed: Callable[..., GroupData],
) -> None:
    data = mixed(34, 60)
    part = GroupData(data.x[:40], data.y[:40], data.b[:40], data.unit[:40], data.time[:40])
    few, many = RAW.solve(part, technology(part), ALL), RAW.solve(data, technology(data), ALL)
    assert (many.inefficiency[:40] >= few.inefficiency - SCORE).all()
    other = RAW.solve(replace(data, x=data.x * [1e-4, 1e5], y=data.y * 1e3, b=data.b * 1e-3), technology(data), ALL)
    np.testing.assert_allclose(other.inefficiency, many.inefficiency, atol=SCORE)
    np.testing.assert_allclose(other.mac_high, many.mac_high * 1e6, rtol=1e-6)


def test_rows_that_want_no_answer_only_make_the_frontier(mixed: Callable[..., GroupData]) -> None:
    data = mixed(35, 50)
    wanted = np.arange(50) % 3 == 0
    every = RAW.solve(data, technology(data), ALL)
    some = RAW.solve(replace(data, evaluated=wanted), technology(data), ALL)
    np.testing.assert_allclose(some.inefficiency[wanted], every.inefficiency[wanted], atol=SCORE)
    assert np.isnan(some.inefficiency[~wanted]).all()


def test_what_it_does_not_support_is_refused(mixed: Callable[..., GroupData]) -> None:
    data = mixed(0)
    for pair in (("weak", "variable"), ("sum_z_one", "variable"), ("bad_as_input", "bic")):
        with pytest.raises(ConfigError, match="no such technology"):
            MODEL.check(technology(data, *pair), ALL)
    for direction in (Direction.unit(), Direction.custom({"b0": 1.0}), Direction(0.5, 1.0, 1.0, observed=True)):
        with pytest.raises(ConfigError, match="direction"):
            MODEL.check(technology(data), direction)
    with pytest.raises(ConfigError, match="too large"):
        SlacksBasedModel(largest=49).solve(data, technology(data), ALL)
