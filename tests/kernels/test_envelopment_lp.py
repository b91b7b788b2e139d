"""Envelopment against published tables, against one scipy program per unit, and against one-sided differences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from dualcarbon.kernels.envelopment_lp import INFEASIBLE, SOLVED, Form, Scores, score

SCORE = 1e-9
"""Both solvers work to 1e-10 in rows and reduced costs, on differently scaled programs."""
SLOPE = 1e-4
"""One-sided differences over 1e-5 of the bad, solved to 1e-10."""
SHARED = Path(__file__).resolve().parents[2] / "../shared"
FORMS: tuple[Form, ...] = ("constant", "kuosmanen", "shephard", "sum_z_one")
Data = tuple[np.ndarray, np.ndarray, np.ndarray]


def anchors() -> dict[str, Any]:
    path = SHARED / "anchors" / "frontier.json"
    if not path.exists():
        pytest.skip("the folder of published anchors is not beside the checkout")
    return json.loads(path.read_text(encoding="utf-8"))


def oecd() -> tuple[pd.DataFrame, Data]:
    path = SHARED / "data" / "deabook" / "oecd_2011_2019.xlsx"
    if not path.exists():
        pytest.skip("the folder of real data is not beside the checkout")
    frame = pd.read_excel(path).query("year > 2015")
    return frame, (frame[["K", "L", "E"]].to_numpy(float), frame["Y"].to_numpy(float), frame["CO2"].to_numpy(float))


def provinces() -> pd.DataFrame:
    path = SHARED / "data" / "deabook" / "provinces_2013_2015.dta"
    if not path.exists():
        pytest.skip("the folder of real data is not beside the checkout")
    return pd.read_stata(path)


def firms(n: int, seed: int, spread: float = 1.0) -> Data:
    rng = np.random.default_rng(seed)
    x = np.exp(spread * rng.normal(size=(n, 1)) + 0.4 * rng.normal(size=(n, 2)))
    base = np.exp(np.log(x).mean(axis=1))
    r, u = 0.6 * rng.normal(size=n), 0.3 * np.abs(rng.normal(size=n))
    return x * [50.0, 9e3], 3e3 * base * np.exp(0.1 * r - u), 60.0 * base * np.exp(r + u)


def own(data: Data, form: Form, inputs: float = 0.0) -> Scores:
    return score(data, data, (inputs * data[0], data[1], data[2]), form)


def program(data: Data, form: Form, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[Any]]:
    """Coefficients of z (and w or theta) in inputs, good, bad and further equalities, and bounds."""
    X, Y, B = data
    n = len(Y)
    if form == "kuosmanen":
        X, Y, B = np.vstack([X, X]), np.concatenate([Y, 0.0 * Y]), np.concatenate([B, 0.0 * B])
        return X.T, Y, B, np.ones((1, 2 * n)), [(0, None)] * 2 * n
    if form == "shephard":
        last = np.append(np.ones(n), -1.0)
        return np.column_stack([X.T, -x]), np.append(Y, 0.0), np.append(B, 0.0), last[None], [(0, None)] * n + [(0, 1)]
    return X.T, Y, B, np.ones((int(form == "sum_z_one"), n)), [(0, None)] * n


def solve(cost: np.ndarray, upper: Any, equal: Any, bounds: list[Any]) -> float:
    found = linprog(
        cost,
        A_ub=upper[0],
        b_ub=upper[1],
        A_eq=equal[0],
        b_eq=equal[1],
        bounds=bounds,
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    return -float(found.fun) if found.status == 0 else np.nan


def brute_distance(data: Data, form: Form, o: int, inputs: float = 0.0, without: int | None = None) -> float:
    """One program from nothing, in units of the evaluated observation; without one of its rows on request."""
    X, Y, B = data[0] / data[0][o], data[1] / data[1][o], data[2] / data[2][o]
    ones = np.ones(X.shape[1])
    A, good, bad, extra, bounds = program((X, Y, B), form, ones)
    m, c = X.shape[1], A.shape[1]
    held = 0.0 if form == "shephard" else 1.0
    upper = np.vstack([np.column_stack([inputs * ones, A]), np.append(1.0, -good)]), np.append(held * ones, -1.0)
    last = [] if form == "constant" else [0.0 if form == "shephard" else 1.0]
    equal = np.vstack([np.append(1.0, bad), np.column_stack([np.zeros(len(extra)), extra])]), np.append(1.0, last)
    assert upper[0].shape == (m + 1, c + 1)
    if without is not None:
        upper = tuple(np.delete(part, without, axis=0) for part in upper) if without <= m else upper
        equal = tuple(np.delete(part, without - m - 1, axis=0) for part in equal) if without > m else equal
    return solve(np.append(-1.0, np.zeros(c)), upper, equal, [(None, None), *bounds])


def most_good(data: Data, form: Form, x: np.ndarray, b: float) -> float:
    """Largest good output at inputs x and bad output b."""
    A, good, bad, extra, bounds = program(data, form, x)
    last = [] if form == "constant" else [0.0 if form == "shephard" else 1.0]
    held = 0.0 * x if form == "shephard" else x
    return solve(-good, (A, held), (np.vstack([bad[None], extra]), np.append(b, last)), bounds)


def test_published_provinces() -> None:
    """Stata Journal 22(1), 2022: 90 radial scores at the 4 decimals printed, and Anhui's along (0, y, -b)."""
    printed, frame = anchors()["stata_journal_2022_provinces"], provinces()
    for t, part in frame.groupby("t"):
        data = part[["K", "L"]].to_numpy(float), part["Y"].to_numpy(float), part["CO2"].to_numpy(float)
        for name, beta in zip(part["id"], own(data, "constant", inputs=1.0).beta, strict=True):
            assert f"{abs(beta):.4f}" == f"{printed['radial_ddf'][f'{name} {2012 + int(t)}'][0]:.4f}"
        anhui = own(data, "constant").beta[part["id"].tolist().index("Anhui")]
        assert f"{anhui:.4f}" == f"{printed['direction_0_0_Y_CO2']['Anhui 2013-2015'][int(t) - 1]:.4f}"


@pytest.mark.parametrize(
    ("table", "form"), [("crs", "constant"), ("vrs_shephard", "shephard"), ("vrs_kuosmanen", "kuosmanen")]
)
def test_published_oecd(table: str, form: Form) -> None:
    """deabook 0.0.10, tables 6.8-6.10: 33 countries x 4 years at the digits printed."""
    printed = anchors()["deabook_oecd_2016_2019"][table]
    frame, data = oecd()
    found = own(data, form)
    for country, year, beta in zip(frame["国家"], frame["year"], found.beta, strict=True):
        number = repr(printed[country][year - 2016])
        digits = len(number.split(".")[1])
        assert abs(1.0 - beta - float(number)) <= 0.5 * 10.0**-digits * (1 + 1e-6)


def test_sum_z_one_is_not_kuosmanen() -> None:
    """The two differ on a quarter of the 132 OECD observations."""
    _, data = oecd()
    gap = own(data, "kuosmanen").beta - own(data, "sum_z_one").beta
    assert gap.min() >= -SCORE
    assert int((gap > 1e-6).sum()) == 33


def test_the_bad_is_an_equality() -> None:
    """Julia's toy: with CO2 freely disposable unit 2 scores 0.4, under weak disposability it is efficient."""
    toy = anchors()["bad_as_input_toy"]
    data = np.array(toy["x"], float)[:, None], np.array(toy["y"], float), np.array(toy["b"], float)
    beta = own(data, "constant").beta
    assert toy["beta"][1] == 0.4
    assert beta[1] == pytest.approx(0.0, abs=SCORE)
    np.testing.assert_allclose(beta[[0, 2, 3, 4]], np.array(toy["beta"])[[0, 2, 3, 4]], atol=1e-8)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("spread", [0.3, 3.0])
def test_scores_of_one_program_per_unit(form: Form, spread: float) -> None:
    data = firms(60, 3, spread)
    found = own(data, form)
    assert (found.status == SOLVED).all()
    np.testing.assert_allclose(found.beta, [brute_distance(data, form, o) for o in range(60)], atol=SCORE)


@pytest.mark.parametrize("form", ["constant", "kuosmanen", "sum_z_one"])
def test_scores_with_inputs_in_the_direction(form: Form) -> None:
    data = firms(40, 5)
    expected = [brute_distance(data, form, o, inputs=1.0) for o in range(40)]
    np.testing.assert_allclose(own(data, form, inputs=1.0).beta, expected, atol=SCORE)


@pytest.mark.parametrize("form", FORMS)
def test_prices_are_the_one_sided_slopes_of_the_frontier(form: Form) -> None:
    data = firms(40, 7, 0.5)
    scale = [v.mean(axis=0) for v in data]
    unit = data[0] / scale[0], data[1] / scale[1], data[2] / scale[2]
    found = own(unit, form)
    kinds = set()
    for o in range(40):
        if found.low[o] == np.inf:
            kinds.add("infinite")
            continue
        x, b = unit[0][o], unit[2][o] * (1.0 - found.beta[o])
        top, h = most_good(unit, form, x, b), 1e-5 * unit[2][o] * (1.0 - found.beta[o])
        right = (most_good(unit, form, x, b + h) - top) / h
        left = (top - most_good(unit, form, x, b - h)) / h
        assert top == pytest.approx(unit[1][o] * (1.0 + found.beta[o]), abs=1e-8)
        for slope, difference in ((found.low[o], right), (found.high[o], left)):
            if np.isinf(slope):
                assert np.isnan(difference)
                kinds.add("edge")
            else:
                assert difference == pytest.approx(slope, abs=SLOPE * max(1.0, abs(slope)))
        kinds.add("kink" if found.high[o] - found.low[o] > 1e-6 else "one price")
        assert found.low[o] <= found.high[o] + SLOPE
    assert {"kink", "one price"} <= kinds
    assert "edge" in kinds


def test_one_input_without_inefficiency_by_hand() -> None:
    """x = 1 throughout; (y, b) = (0.5, 0.25), (1, 1), (1.1, 2) and an interior unit."""
    data = np.ones((4, 1)), np.array([0.5, 1.0, 1.1, 0.6]), np.array([0.25, 1.0, 2.0, 1.0])
    found = own(data, "kuosmanen")
    assert found.beta[:3] == pytest.approx([0.0, 0.0, 0.0], abs=SCORE)
    assert (found.low[0], found.high[0]) == pytest.approx((2.0 / 3.0, 2.0))
    assert (found.low[1], found.high[1]) == pytest.approx((0.1, 2.0 / 3.0))
    assert (found.low[2], found.high[2]) == (-np.inf, pytest.approx(0.1))
    assert found.low[3] == found.high[3] == pytest.approx(2.0 / 3.0)
    assert found.beta[3] == pytest.approx((1.0 / 3.0 + 2.0 / 3.0 - 0.6) / (0.6 + 2.0 / 3.0))
    edge = own(data, "sum_z_one")
    assert (edge.low[0], edge.high[0]) == (pytest.approx(2.0 / 3.0), np.inf)


@pytest.mark.parametrize("form", FORMS)
def test_units_of_measurement_do_not_matter(form: Form) -> None:
    data = firms(50, 9)
    found = own(data, form)
    other = own((data[0] * [1e-6, 1e7], data[1] * 1e5, data[2] * 1e-3), form)
    np.testing.assert_allclose(other.beta, found.beta, atol=SCORE)
    np.testing.assert_allclose(other.low, found.low * 1e8, rtol=1e-8)
    np.testing.assert_allclose(other.high, found.high * 1e8, rtol=1e-8)


@pytest.mark.parametrize("form", FORMS)
def test_distance_shrinks_by_the_step_along_the_direction(form: Form) -> None:
    data = firms(40, 11)
    whole = own(data, form)
    step = 0.25 * whole.beta
    moved = data[0], data[1] * (1.0 + step), data[2] * (1.0 - step)
    rest = score(data, moved, (0.0 * data[0], data[1], data[2]), form)
    np.testing.assert_allclose(rest.beta, 0.75 * whole.beta, atol=SCORE)


@pytest.mark.parametrize("form", FORMS)
def test_a_projection_is_on_the_frontier(form: Form) -> None:
    data = firms(40, 13)
    beta = own(data, form).beta
    projected = data[0], data[1] * (1.0 + beta), data[2] * (1.0 - beta)
    np.testing.assert_allclose(
        score(data, projected, (0.0 * data[0], projected[1], projected[2]), form).beta, 0.0, atol=SCORE
    )


@pytest.mark.parametrize("form", FORMS)
def test_another_unit_never_lowers_inefficiency(form: Form) -> None:
    data = firms(60, 15)
    fewer = tuple(v[:40] for v in data)
    direction = 0.0 * fewer[0], fewer[1], fewer[2]
    small, large = score(fewer, fewer, direction, form), score(data, fewer, direction, form)  # type: ignore[arg-type]
    assert (large.beta >= small.beta - SCORE).all()
    assert (large.beta > small.beta + 1e-3).any()


def test_technologies_are_nested() -> None:
    data = firms(80, 17)
    beta = {form: own(data, form).beta for form in FORMS}
    assert (beta["constant"] >= beta["kuosmanen"] - SCORE).all()
    assert (beta["kuosmanen"] >= beta["shephard"] - SCORE).all()
    assert (beta["shephard"] >= beta["sum_z_one"] - SCORE).all()
    for wide, narrow in (("constant", "kuosmanen"), ("kuosmanen", "shephard"), ("shephard", "sum_z_one")):
        assert (beta[wide] > beta[narrow] + 1e-6).any()  # type: ignore[index]


def test_constant_returns_are_homogeneous() -> None:
    data = firms(50, 19)
    size = np.exp(3.0 * np.random.default_rng(19).normal(size=50))
    scaled = data[0] * size[:, None], data[1] * size, data[2] * size
    np.testing.assert_allclose(own(scaled, "constant").beta, own(data, "constant").beta, atol=SCORE)


def test_units_outside_the_technology_are_infeasible() -> None:
    data = firms(30, 21)
    outside = data[0][:2] * [[1e-6, 1e-6], [1.0, 1.0]], data[1][:2], data[2][:2]
    found = score(data, outside, (0.0 * outside[0], outside[1], outside[2]), "kuosmanen")
    assert found.status.tolist() == [INFEASIBLE, SOLVED]
    assert np.isnan(found.beta[0]) and np.isnan(found.low[0])


@pytest.mark.parametrize("form", ["kuosmanen", "shephard", "sum_z_one"])
def test_every_row_binds(form: Form) -> None:
    """Inputs, good, bad, convexity: the program without any one of them has another answer for some unit."""
    data = firms(40, 23)
    beta = own(data, form).beta
    for row in range(5):
        without = np.array([brute_distance(data, form, o, without=row) for o in range(40)])
        assert np.isnan(without).any() or np.abs(without - beta).max() > 1e-3
