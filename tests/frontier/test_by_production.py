"""By-production: brute force, the two technologies alone, prices through polluting inputs, properties, refusals."""

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
from dualcarbon.frontier.models.by_production import MODEL, ByProductionModel

SCORE = 1e-8
"""HiGHS works to 1e-10 in rows and reduced costs."""
PRICE = 1e-6
"""A ratio of two slopes at projections known to 1e-10."""
RAW = ByProductionModel(screen=False)
BOTH = Direction.proportional()
DIRECTIONS = (BOTH, Direction.unit(), Direction.bad_only(), Direction(0.0, 1.0, 0.0, observed=True))
SHAPES = ((1, 1, 1, 1), (2, 1, 1, 1), (3, 2, 1, 2), (2, 1, 2, 1), (3, 2, 2, 2))


def parts(data: GroupData) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return data.x, data.goods, data.bads


def technology(data: GroupData, dirty: int = 1, returns: Any = "variable") -> Technology:
    """The first `dirty` inputs pollute."""
    names = [[f"{kind}{i}" for i in range(part.shape[1])] for kind, part in zip("xyb", parts(data), strict=True)]
    return Technology(names[0], names[1], names[2], returns, polluting=names[0][:dirty])


def movement(data: GroupData, direction: Direction) -> tuple[np.ndarray, np.ndarray]:
    gy, gb = (
        step * (part if direction.observed else np.broadcast_to(part.mean(axis=0), part.shape))
        for step, part in ((direction.good, data.goods), (direction.bad, data.bads))
    )
    return gy, gb


def radial(rows: np.ndarray, own: np.ndarray, g: np.ndarray, returns: str) -> float:
    """max beta s.t. sum_j z_j a_j + beta g <= own for signed quantities, each row over the unit's own."""
    if not g.any():
        return 0.0
    scale = np.where(own != 0.0, np.abs(own), np.abs(rows).max(axis=0))
    one = np.append(np.ones(len(rows)), 0.0)[None] if returns == "variable" else None
    found = linprog(
        -np.eye(len(rows) + 1)[-1],
        np.column_stack([rows.T, g]) / scale[:, None],
        own / scale,
        one,
        None if one is None else [1.0],
        [(0.0, None)] * (len(rows) + 1),
    )
    assert found.status == 0
    return float(-found.fun)


def slopes(
    rows: np.ndarray, point: np.ndarray, loose: np.ndarray, target: int, along: np.ndarray, returns: str
) -> tuple[float, float]:
    """min and max of `along`'p over the prices p >= 0, p_target = 1, of hyperplanes that support at a point."""
    scale = np.where(point != 0.0, np.abs(point), np.abs(rows).max(axis=0))
    columns = np.column_stack([rows / scale, np.ones(len(rows))])
    bounds: list[tuple[float | None, float | None]] = [(0.0, 0.0 if dead else None) for dead in loose]
    bounds[target] = (1.0, 1.0)
    bounds.append((None, None) if returns == "variable" else (0.0, 0.0))
    ends = []
    for side in (1.0, -1.0):
        found = linprog(
            side * np.append(along / scale, 0.0),
            -columns / np.linalg.norm(columns, axis=1, keepdims=True),
            np.zeros(len(rows)),
            [np.append(point / scale, 1.0)],
            [0.0],
            bounds,
        )
        if found.status == 2:
            return np.nan, np.nan
        ends.append(side * (found.fun if found.status == 0 else -np.inf) * scale[target])
    return ends[0], ends[1]


@pytest.mark.parametrize("seed", range(40))
def test_against_two_plain_programs_per_firm(seed: int, mixed: Callable[..., GroupData]) -> None:
    """40 groups of 50 firms over returns, directions, outputs: each technology alone is its radial program."""
    returns, direction = list(product(("variable", "constant"), DIRECTIONS))[seed % 8]
    *shape, dirty = SHAPES[seed % len(SHAPES)]
    data = mixed(seed, 50, *shape)
    found = RAW.solve(data, technology(data, dirty, returns), direction)
    gy, gb = movement(data, direction)
    first, second = np.column_stack([data.x, -data.goods]), np.column_stack([-data.x[:, :dirty], data.bads])
    still = np.zeros(data.x.shape[1])
    good = np.array([radial(first, first[o], np.append(still, gy[o]), returns) for o in range(50)])
    bad = np.array([radial(second, second[o], np.append(still[:dirty], gb[o]), returns) for o in range(50)])
    np.testing.assert_allclose(found.columns["inefficiency_good"], good, rtol=SCORE, atol=SCORE)
    np.testing.assert_allclose(found.columns["inefficiency_bad"], bad, rtol=SCORE, atol=SCORE)
    parts_moved = (direction.good > 0.0) + (direction.bad > 0.0)
    np.testing.assert_allclose(found.inefficiency, (good + bad) / parts_moved, rtol=SCORE, atol=SCORE)
    np.testing.assert_allclose(found.abatement_room, bad * gb[:, 0] / data.b, rtol=SCORE, atol=SCORE)


def test_the_index_of_murty_russell_and_levkoff(mixed: Callable[..., GroupData]) -> None:
    """One good, one bad: [y / y* + b* / b] / 2, whatever the direction that moves both."""
    data = mixed(50, 60)
    index = [RAW.solve(data, technology(data), d).columns["efficiency_index"] for d in (BOTH, Direction.unit())]
    found = RAW.solve(data, technology(data), BOTH)
    good, bad = found.columns["inefficiency_good"], found.columns["inefficiency_bad"]
    np.testing.assert_allclose(index[0], (1.0 / (1.0 + good) + 1.0 - bad) / 2.0, atol=SCORE)
    np.testing.assert_allclose(index[1], index[0], atol=SCORE)


@pytest.mark.parametrize("seed", range(12))
def test_prices_are_ratios_of_the_shadow_prices_of_polluting_inputs(seed: int, mixed: Callable[..., GroupData]) -> None:
    """Four plain programs per firm over the duals of the two technologies."""
    returns = ("variable", "constant")[seed % 2]
    *shape, dirty = SHAPES[seed % len(SHAPES)]
    data = mixed(300 + seed, 40, *shape)
    found = RAW.solve(data, technology(data, dirty, returns), BOTH)
    first, second = np.column_stack([data.x, -data.goods]), np.column_stack([-data.x[:, :dirty], data.bads])
    m = data.x.shape[1]
    checked = 0
    for o in range(40):
        y = data.goods[o] * (1.0 + found.columns["inefficiency_good"][o])
        b = data.bads[o] * (1.0 - found.columns["inefficiency_bad"][o])
        pollute = np.where(np.arange(m + len(y)) < dirty, first[o], 0.0)
        use = np.where(np.arange(dirty + len(b)) < dirty, -second[o], 0.0)
        none = np.zeros(m + len(y) + len(b), dtype=np.bool_)
        dy = slopes(first, np.append(data.x[o], -y), none[: m + len(y)], m, pollute, returns)
        db = slopes(second, np.append(-data.x[o, :dirty], b), none[: dirty + len(b)], dirty, use, returns)
        if np.isnan([*dy, *db]).any() or db[0] <= 1e-9 * b[0] or np.isinf([*dy, *db]).any():
            continue
        checked += 1
        assert found.mac_low[o] == pytest.approx(dy[0] / db[1], rel=PRICE, abs=PRICE * y[0] / b[0])
        assert found.mac_high[o] == pytest.approx(dy[1] / db[0], rel=PRICE, abs=PRICE * y[0] / b[0])
    assert checked >= 10


def test_prices_and_edges_by_hand() -> None:
    """x = 1, 2, 4 makes y = 1, 3, 4 and b = 1, 2, 6: slopes 2 and 1 of b against 2 and 0.5 of y."""
    data = GroupData(
        np.array([[1.0], [2.0], [4.0], [3.0]]),
        np.array([1.0, 3.0, 4.0, 2.0]),
        np.array([1.0, 2.0, 6.0, 5.0]),
        np.arange(4),
        np.zeros(4, dtype=np.int64),
    )
    found = RAW.solve(data, technology(data), BOTH)
    assert found.status.tolist() == [CODE["edge"], CODE["kink"], CODE["edge"], CODE["ok"]]
    np.testing.assert_allclose(found.mac_low, [2.0, 0.25, -np.inf, 0.25], atol=SCORE)
    np.testing.assert_allclose(found.mac_high, [np.inf, 2.0, 0.25, 0.25], atol=SCORE)
    np.testing.assert_allclose(found.columns["inefficiency_good"], [0.0, 0.0, 0.0, 0.75], atol=SCORE)
    np.testing.assert_allclose(found.columns["inefficiency_bad"], [0.0, 0.0, 0.0, 0.2], atol=SCORE)
    assert found.inefficiency[3] == pytest.approx(0.475)


def test_infinite_and_zero_prices() -> None:
    """Along the bad alone a dominated firm's good has no price; where the polluting input adds nothing it is zero."""
    x, y, b = np.array([[1.0], [3.0], [2.0]]), np.array([2.0, 2.0, 1.0]), np.array([1.0, 3.0, 2.5])
    data = GroupData(x, y, b, np.arange(3), np.zeros(3, dtype=np.int64))
    assert RAW.solve(data, technology(data), BOTH).status[2] == CODE["zero"]
    assert RAW.solve(data, technology(data), Direction.bad_only()).status[2] == CODE["infinite"]


def test_own_projection_is_efficient_and_another_unit_never_lowers_inefficiency(
    mixed: Callable[..., GroupData],
) -> None:
    data = mixed(51, 50)
    tech = technology(data)
    found = RAW.solve(data, tech, BOTH)
    y = data.y * (1.0 + found.columns["inefficiency_good"])
    b = data.b * (1.0 - found.columns["inefficiency_bad"])
    both = GroupData(
        np.vstack([data.x, data.x]), np.append(data.y, y), np.append(data.b, b), np.arange(100), np.zeros(100, np.int64)
    )
    again = RAW.solve(both, tech, BOTH)
    np.testing.assert_allclose(again.inefficiency[50:], 0.0, atol=SCORE)
    np.testing.assert_allclose(again.inefficiency[:50], found.inefficiency, atol=SCORE)
    part = GroupData(data.x[:30], data.y[:30], data.b[:30], data.unit[:30], data.time[:30])
    assert (found.inefficiency[:30] >= RAW.solve(part, tech, BOTH).inefficiency - SCORE).all()


def test_units_of_measurement_do_not_matter(mixed: Callable[..., GroupData]) -> None:
    data = mixed(52, 60)
    first = RAW.solve(data, technology(data), BOTH)
    other = replace(data, x=data.x * [1e-4, 1e5], y=data.y * 1e3, b=data.b * 1e-3)
    second = RAW.solve(other, technology(data), BOTH)
    np.testing.assert_allclose(second.inefficiency, first.inefficiency, atol=SCORE)
    np.testing.assert_allclose(second.mac_high, first.mac_high * 1e6, rtol=PRICE)
    assert second.status.tolist() == first.status.tolist()


def test_rows_that_want_no_answer_only_make_the_frontier(mixed: Callable[..., GroupData]) -> None:
    data = mixed(53, 50)
    wanted = np.arange(50) % 3 == 0
    every = RAW.solve(data, technology(data), BOTH)
    some = RAW.solve(replace(data, evaluated=wanted), technology(data), BOTH)
    np.testing.assert_allclose(some.inefficiency[wanted], every.inefficiency[wanted], atol=SCORE)
    assert np.isnan(some.inefficiency[~wanted]).all()


def test_what_it_does_not_support_is_refused(mixed: Callable[..., GroupData]) -> None:
    data = mixed(0)
    tech = technology(data)
    with pytest.raises(ConfigError, match="which inputs"):
        MODEL.check(Technology(tech.inputs, tech.good, tech.bad), BOTH)
    for pair in (("weak", "constant"), ("kuosmanen", "bic")):
        other = Technology(tech.inputs, tech.good, tech.bad, pair[1], pair[0], polluting=["x0"])  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="no such technology"):
            MODEL.check(other, BOTH)
    for direction in (
        Direction.all_proportional(),
        Direction.custom({"x0": 1.0}),
        Direction(0.0, 0.0, 0.0, observed=True),
    ):
        with pytest.raises(ConfigError, match="direction"):
            MODEL.check(tech, direction)
    MODEL.check(tech, Direction.custom({"b0": 1.0, "y0": 0.0}))
    with pytest.raises(ConfigError, match="too large"):
        ByProductionModel(largest=49).solve(data, tech, BOTH)
