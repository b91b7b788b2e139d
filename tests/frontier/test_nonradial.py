"""The non-radial directional distance function: published tables, brute force, special cases, properties, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.optimize import linprog

from dualcarbon import frontier
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models.nonradial import MODEL, NonradialModel

SCORE = 1e-8
"""HiGHS works to 1e-10 in rows and reduced costs; betas divide by components of the direction."""
PRICE = 1e-6
"""A hyperplane through a projection known to 1e-10."""
SHARED = Path(__file__).resolve().parents[2] / "../shared"
RAW = NonradialModel(screen=False)
DIRECTIONS = (Direction.proportional(), Direction.all_proportional(), Direction.bad_only(), Direction.unit())
TECHNOLOGIES = (
    ("kuosmanen", "variable"),
    ("weak", "constant"),
    ("bad_as_input", "variable"),
    ("bad_as_input", "constant"),
)
SHAPES = ((1, 1, 1), (2, 1, 1), (3, 2, 1), (2, 1, 2), (2, 2, 2))


def shared(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip("the folder of anchors and real data is not beside the checkout")
    return path


def technology(data: GroupData, disposability: Any = "kuosmanen", returns: Any = "variable") -> Technology:
    names = [[f"{kind}{i}" for i in range(part.shape[1])] for kind, part in zip("xyb", parts(data), strict=True)]
    return Technology(names[0], names[1], names[2], returns, disposability)


def parts(data: GroupData) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return data.x, data.goods, data.bads


def movement(data: GroupData, direction: Direction) -> np.ndarray:
    base = [part if direction.observed else np.broadcast_to(part.mean(axis=0), part.shape) for part in parts(data)]
    return np.column_stack(
        [step * part for step, part in zip((direction.inputs, direction.good, direction.bad), base, strict=True)]
    )


def equal_weights(data: GroupData, direction: Direction) -> np.ndarray:
    moves = (direction.inputs, direction.good, direction.bad)
    return np.concatenate(
        [
            np.full(p.shape[1], (m > 0) / p.shape[1] / np.count_nonzero(moves))
            for p, m in zip(parts(data), moves, strict=True)
        ]
    )


def brute(data: GroupData, o: int, g: np.ndarray, weights: np.ndarray, tech: Technology) -> float:
    """The program as printed, in z, w and beta, each row over the unit's own quantity."""
    n, weak = len(data.x), tech.disposability != "bad_as_input"
    every, own = np.column_stack(parts(data)), np.column_stack(parts(data))[o]
    scale = np.where(own > 0.0, own, every.max(axis=0))
    m, q = data.x.shape[1], data.goods.shape[1]
    sign = np.repeat([1.0, -1.0, 1.0], [m, q, data.bads.shape[1]])
    idle = tech.disposability == "kuosmanen" and tech.returns == "variable"
    z = (every * sign / scale).T
    w = np.where(np.arange(len(own))[:, None] < m, z, 0.0)[:, : n * idle]
    rows = np.hstack([z, w, np.diag(g / scale)])
    side = own * sign / scale
    equal = (np.arange(len(own)) >= m + q) & weak
    one = np.concatenate([np.ones(z.shape[1] + w.shape[1]), np.zeros(len(own))])[None]
    convex = tech.returns == "variable"
    cost = np.concatenate([np.zeros(z.shape[1] + w.shape[1]), -weights * (g > 0.0)])
    bounds = [(0.0, None)] * (z.shape[1] + w.shape[1]) + [(0.0, None if step > 0.0 else 0.0) for step in g]
    a_eq, b_eq = rows[equal], side[equal]
    if convex:
        a_eq, b_eq = np.vstack([a_eq, one]), np.append(b_eq, 1.0)
    found = linprog(cost, rows[~equal], side[~equal], a_eq if len(a_eq) else None, b_eq if len(a_eq) else None, bounds)
    assert found.status == 0
    return float(-found.fun)


def betas(fit: GroupFit) -> np.ndarray:
    return np.column_stack([values for name, values in fit.columns.items() if name.startswith("beta_")])


@pytest.fixture(scope="module")
def provinces() -> Panel:
    frame = pd.read_stata(shared("data", "deabook", "provinces_2013_2015.dta"))
    return Panel.from_frame(
        pl.DataFrame({str(name): column.tolist() for name, column in frame.items()}),
        id="id",
        time="t",
        schema="province",
    )


def test_published_provinces(provinces: Panel) -> None:
    """Stata Journal 22(1), 2022: 90 x 5 values at the 4 decimals printed."""
    printed = json.loads(shared("anchors", "frontier.json").read_text(encoding="utf-8"))["stata_journal_2022_provinces"]
    tech = Technology(("K", "L"), "Y", "CO2", returns="constant", disposability="weak")
    columns = ("inefficiency", "beta_K", "beta_L", "beta_Y", "beta_CO2")
    model = NonradialModel(weights={"K": 1.0, "L": 1.0, "Y": 1.0, "CO2": 1.0})
    found = frontier.fit(provinces, tech, Direction.all_proportional(), model)
    assert found.table.height == 90
    for unit, t, *values in found.table.select("id", "t", *columns).rows():
        for value, number in zip(
            values, printed["nonradial_ddf_weights_1111"]["values"][f"{unit} {2012 + int(t)}"], strict=True
        ):
            assert f"{value:.4f}" == f"{number:.4f}"
    halves = replace(model, weights={"K": 0.5, "L": 0.5, "Y": 1.0, "CO2": 1.0})
    other = frontier.fit(provinces, tech, Direction.all_proportional(), halves)
    anhui = other.table.filter((pl.col("id") == "Anhui") & (pl.col("t") == 1)).select(columns).row(0)
    expected = printed["nonradial_weights_.5_.5_1_1"]["Anhui 2013"]
    assert [f"{value:.4f}" for value in anhui] == [f"{value:.4f}" for value in expected]


@pytest.mark.parametrize("seed", range(40))
def test_against_one_plain_program_per_firm(seed: int, mixed: Callable[..., GroupData]) -> None:
    """40 groups of 50 firms over technologies, directions and numbers of outputs."""
    pair, direction = list(product(TECHNOLOGIES, DIRECTIONS))[seed % 16]
    data = mixed(seed, 50, *SHAPES[seed % len(SHAPES)])
    tech = technology(data, *pair)
    g, weights = movement(data, direction), equal_weights(data, direction)
    found = RAW.solve(data, tech, direction)
    expected = [brute(data, o, g[o], weights, tech) for o in range(50)]
    np.testing.assert_allclose(found.inefficiency, expected, rtol=SCORE, atol=SCORE)
    np.testing.assert_allclose(betas(found) @ weights, found.inefficiency, rtol=SCORE, atol=SCORE)
    np.testing.assert_allclose(
        found.abatement_room, found.columns["beta_b0"] * g[:, -data.bads.shape[1]] / data.b, rtol=SCORE, atol=SCORE
    )


def test_among_optima_the_one_that_abates_most(mixed: Callable[..., GroupData]) -> None:
    """Room against the largest slack of CO2 among plans at the optimum of the score, in a plain second program."""
    data = mixed(3, 40, 1, 2, 1)
    lattice = replace(
        data, x=np.ones((40, 1)), y=np.tile([1.0, 2.0, 3.0, 4.0], 10), b=np.repeat([2.0, 3.0, 4.0, 5.0], 10)
    )
    lattice = replace(lattice, more_goods=6.0 - lattice.y[:, None] + lattice.b[:, None])
    tech = technology(lattice, "bad_as_input", "variable")
    found = NonradialModel(screen=False).solve(lattice, tech, Direction.unit())
    assert found.facts["several_optima"] > 0
    every = np.column_stack(parts(lattice)) * [1.0, -1.0, -1.0, 1.0]
    g = movement(lattice, Direction.unit())[0]
    rows = np.hstack([every.T, np.diag(g)])
    reward = np.concatenate([np.zeros(40), [0.0, 0.25, 0.25, 0.5]])
    for o in range(40):
        rest = {
            "A_eq": np.concatenate([np.ones(40), np.zeros(4)])[None],
            "b_eq": [1.0],
            "bounds": [(0.0, None)] * 40 + [(0.0, 0.0)] + [(0.0, None)] * 3,
        }
        best = -linprog(-reward, rows, every[o], **rest).fun
        most = linprog(-np.eye(44)[43], np.vstack([rows, -reward]), np.append(every[o], -best + 1e-11), **rest)
        assert found.inefficiency[o] == pytest.approx(best, abs=SCORE)
        assert found.columns["beta_b0"][o] == pytest.approx(-most.fun, abs=1e-7)


@pytest.mark.parametrize("seed", range(12))
def test_prices_are_the_range_of_the_hyperplanes_at_the_projection(
    seed: int, mixed: Callable[..., GroupData], supports: Callable[..., tuple[float, float]]
) -> None:
    """Two plain programs per firm over the dual of the technology."""
    pair, direction = TECHNOLOGIES[seed % 4], DIRECTIONS[seed % 3]
    data = mixed(100 + seed, 40, *SHAPES[seed % len(SHAPES)])
    tech = technology(data, *pair)
    found = RAW.solve(data, tech, direction)
    g = movement(data, direction)
    sign = np.repeat([1.0, -1.0, 1.0], [part.shape[1] for part in parts(data)])
    projected = np.column_stack(parts(data)) - sign * betas(found) * g
    projected[projected < 1e-12 * np.column_stack(parts(data))] = 0.0
    weak = pair[0] != "bad_as_input"
    idle = pair == ("kuosmanen", "variable")
    for o in range(40):
        low, high = supports(data, projected[o], np.zeros(sign.size, dtype=np.bool_), pair[1], weak, idle)
        assert found.mac_low[o] == pytest.approx(low, rel=PRICE, abs=PRICE * 1e3)
        assert found.mac_high[o] == pytest.approx(high, rel=PRICE, abs=PRICE * 1e3)


@pytest.mark.parametrize("returns", ["variable", "constant"])
def test_one_moving_variable_is_the_radial_distance(returns: Any, mixed: Callable[..., GroupData]) -> None:
    from dualcarbon.frontier.models.envelopment import EnvelopmentModel

    data = mixed(7, 60)
    tech = technology(data, "kuosmanen", returns)
    radial = EnvelopmentModel(screen=False, level_shift=False)
    for direction in (Direction.bad_only(), Direction(0.0, 1.0, 0.0, observed=True)):
        one, other = RAW.solve(data, tech, direction), radial.solve(data, tech, direction)
        np.testing.assert_allclose(one.inefficiency, other.inefficiency, atol=SCORE)
        np.testing.assert_allclose(one.mac_low, other.mac_low, rtol=PRICE, atol=PRICE)
        np.testing.assert_allclose(one.mac_high, other.mac_high, rtol=PRICE, atol=PRICE)
        assert one.status.tolist() == other.status.tolist()


def test_it_is_at_least_the_radial_distance(mixed: Callable[..., GroupData]) -> None:
    """A common beta is one choice of the betas."""
    from dualcarbon.frontier.models.envelopment import EnvelopmentModel

    data = mixed(8, 60)
    radial = EnvelopmentModel(screen=False, level_shift=False).solve(data, technology(data), Direction.proportional())
    assert (
        RAW.solve(data, technology(data), Direction.proportional()).inefficiency >= radial.inefficiency - SCORE
    ).all()


def test_own_projection_is_efficient(mixed: Callable[..., GroupData]) -> None:
    data = mixed(9, 40, 2, 2, 2)
    found = RAW.solve(data, technology(data), Direction.proportional())
    g, beta = movement(data, Direction.proportional()), betas(found)
    bx, by, bb = np.split(beta * g, [2, 4], axis=1)
    y, b = data.goods + by, data.bads - bb
    b[b < 1e-12 * data.bads] = 0.0
    both = GroupData(
        np.vstack([data.x, data.x - bx]),
        np.append(data.y, y[:, 0]),
        np.append(data.b, b[:, 0]),
        np.arange(80),
        np.zeros(80, dtype=np.int64),
        np.vstack([data.goods[:, 1:], y[:, 1:]]),
        np.vstack([data.bads[:, 1:], b[:, 1:]]),
    )
    again = RAW.solve(both, technology(data), Direction.proportional())
    np.testing.assert_allclose(again.inefficiency[40:], 0.0, atol=SCORE)
    np.testing.assert_allclose(again.inefficiency[:40], found.inefficiency, atol=SCORE)


def test_another_unit_never_lowers_inefficiency(mixed: Callable[..., GroupData]) -> None:
    data = mixed(10, 60)
    part = GroupData(data.x[:40], data.y[:40], data.b[:40], data.unit[:40], data.time[:40])
    few = RAW.solve(part, technology(part), Direction.all_proportional())
    many = RAW.solve(data, technology(data), Direction.all_proportional())
    assert (many.inefficiency[:40] >= few.inefficiency - SCORE).all()


def test_units_of_measurement_do_not_matter(mixed: Callable[..., GroupData]) -> None:
    data = mixed(11, 60)
    first = RAW.solve(data, technology(data), Direction.proportional())
    other = replace(data, x=data.x * [1e-4, 1e5], y=data.y * 1e3, b=data.b * 1e-3)
    second = RAW.solve(other, technology(data), Direction.proportional())
    np.testing.assert_allclose(second.inefficiency, first.inefficiency, atol=SCORE)
    np.testing.assert_allclose(betas(second), betas(first), atol=1e-7)
    np.testing.assert_allclose(second.mac_high, first.mac_high * 1e6, rtol=1e-6)


def test_rows_that_want_no_answer_only_make_the_frontier(mixed: Callable[..., GroupData]) -> None:
    data = mixed(12, 50)
    wanted = np.arange(50) % 3 == 0
    every = RAW.solve(data, technology(data), Direction.proportional())
    some = RAW.solve(replace(data, evaluated=wanted), technology(data), Direction.proportional())
    np.testing.assert_allclose(some.inefficiency[wanted], every.inefficiency[wanted], atol=SCORE)
    assert np.isnan(some.inefficiency[~wanted]).all()


def test_a_custom_direction_moves_its_columns_alone(mixed: Callable[..., GroupData]) -> None:
    data = mixed(13, 50)
    tech = technology(data, "bad_as_input")
    steps = np.zeros((50, 4))
    steps[:, [0, 3]] = [[3.0, 20.0]]
    steps[4, 0] = 0.0
    direction = Direction.custom({"x0": 3.0, "b0": 20.0})
    found = RAW.solve(replace(data, steps=steps), tech, direction)
    expected = [brute(data, o, steps[o], np.array([0.5, 0.0, 0.0, 0.5]), tech) for o in range(50)]
    np.testing.assert_allclose(found.inefficiency, expected, rtol=SCORE, atol=SCORE)
    assert found.columns["beta_x0"][4] == 0.0
    assert not found.columns["beta_x1"].any() and not found.columns["beta_y0"].any()


def test_statuses_of_prices_by_hand() -> None:
    """x = 1: efficient (y, b) = (0.5, 0.25), (1, 1), (1.1, 2), and an interior unit that moves to the second."""
    y, b = np.array([0.5, 1.0, 1.1, 0.6]), np.array([0.25, 1.0, 2.0, 1.0])
    data = GroupData(np.ones((4, 1)), y * 7e3, b * 2.0, np.arange(4), np.zeros(4, dtype=np.int64))
    found = RAW.solve(data, technology(data), Direction.proportional())
    assert found.status.tolist() == [CODE["kink"], CODE["kink"], CODE["edge"], CODE["kink"]]
    np.testing.assert_allclose(found.inefficiency, [0.0, 0.0, 0.0, 0.5 * 0.4 / 0.6], atol=SCORE)
    np.testing.assert_allclose(found.mac_low, np.array([2 / 3, 0.1, -np.inf, 0.1]) * 3.5e3, rtol=SCORE)
    np.testing.assert_allclose(found.mac_high, np.array([2.0, 2 / 3, 0.1, 2 / 3]) * 3.5e3, rtol=SCORE)


def test_a_firm_without_co2_and_an_outlier_are_named(mixed: Callable[..., GroupData]) -> None:
    data = mixed(14, 400, 1)
    b = data.b.copy()
    b[:3], b[7] = 0.0, b[7] * 1e-5
    found = NonradialModel().solve(replace(data, b=b), technology(data), Direction.proportional())
    assert (found.status[:3] == CODE["no_bad"]).all() and found.status[7] == CODE["outlier"]
    assert found.facts["n_no_bad"] == 3


@pytest.mark.parametrize(
    "weights",
    [{"x0": 1.0}, {"y0": 1.0, "b0": 0.0}, {"y0": 1.0, "b0": 1.0, "coal": 1.0}, {"y0": float("nan"), "b0": 1.0}],
)
def test_wrong_weights_are_refused(weights: dict[str, float], mixed: Callable[..., GroupData]) -> None:
    with pytest.raises(ConfigError, match="weights"):
        NonradialModel(weights=weights).check(technology(mixed(0)), Direction.proportional())


def test_what_it_does_not_support_is_refused(mixed: Callable[..., GroupData]) -> None:
    data = mixed(0)
    for pair in (("weak", "variable"), ("shephard", "variable"), ("sum_z_one", "variable"), ("kuosmanen", "bic")):
        with pytest.raises(ConfigError, match="no such technology"):
            MODEL.check(technology(data, *pair), Direction.proportional())
    still = Direction.custom({"y0": 0.0, "b0": 0.0})
    for direction in (Direction(0.0, 0.0, 0.0, observed=True), Direction(0.0, -1.0, 1.0, observed=True), still):
        with pytest.raises(ConfigError, match="direction"):
            MODEL.check(technology(data), direction)
    with pytest.raises(ConfigError, match="too large"):
        NonradialModel(largest=49).solve(data, technology(data), Direction.proportional())
