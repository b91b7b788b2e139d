"""Honest bounds: the output of HonestDiD in R, linear programs, brute force, and coverage."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path as FilePath

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog, minimize

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.exhibit import Lines
from dualcarbon.core.panel import Panel
from dualcarbon.kernels.fixed_length import fixed_length, folded_quantile
from dualcarbon.kernels.moment_inequalities import accepted, pieces, truncated_quantile
from dualcarbon.policy import Effect, Path, did
from dualcarbon.policy.honest import honest

DATA = FilePath(__file__).resolve().parents[2] / "../shared/data"
PRINTED = 1.2e-3  # R prints three digits, its ends lie on a grid and its quantiles are simulated
SMOOTH = 6e-4  # R prints three digits; its folded normal quantiles are simulated
SOLVED = 1e-6  # a general optimiser on a function with kinks

# Event study of profits in Benzarti & Carloni (2019), as shipped with the R package HonestDiD: four periods before and
# four after the reference.
BETA = np.array([0.006696352, 0.029345034, -0.006472972, 0.073014989, 0.195961118, 0.312063903, 0.239541546, 0.1260425])
UPPER = [
    [8.428358e-04, 4.768687e-04, 2.618051e-04, 2.354220e-04, 1.676371e-04, 1.128708e-04, 1.992816e-05, -1.368265e-04],
    [6.425420e-04, 3.987425e-04, 2.435515e-04, 2.201960e-04, 1.804591e-04, 3.843765e-05, -2.960422e-05],
    [5.229950e-04, 2.117686e-04, 1.840722e-04, 1.458528e-04, 7.005197e-05, 5.952995e-05],
    [3.089595e-04, 1.197866e-04, 1.334081e-04, 1.016335e-04, 1.079052e-04],
    [3.599704e-04, 2.478819e-04, 1.749579e-04, 1.654257e-04],
    [4.263950e-04, 2.171438e-04, 2.892748e-04],
    [4.886698e-04, 3.805322e-04],
    [7.617394e-04],
]
SIGMA = np.zeros((8, 8))
for _i, _row in enumerate(UPPER):
    SIGMA[_i, _i:] = SIGMA[_i:, _i] = _row
FIRST, MEAN = np.array([1.0, 0, 0, 0]), np.full(4, 0.25)


@pytest.fixture(scope="module")
def effect() -> Effect:
    """A result whose path is the event study of Benzarti & Carloni."""
    draw = np.random.default_rng(0)
    unit, period = np.repeat(np.arange(30), 9), np.tile(np.arange(9), 30)
    frame = pl.DataFrame({"i": unit, "t": period, "g": np.where(unit < 10, 5, 0), "y": draw.normal(size=270)})
    found = did(Panel.from_frame(frame, id="i", time="t"), "y", "g", method="sun_abraham")
    vcov = np.insert(np.insert(SIGMA, 4, np.nan, axis=0), 4, np.nan, axis=1)
    se = np.insert(np.sqrt(np.diag(SIGMA)), 4, np.nan)
    return replace(found, path=Path(np.arange(-5, 4), np.insert(BETA, 4, 0.0), se, vcov, -1))


def test_relative_magnitudes_equal_r(effect: Effect) -> None:
    printed = {  # C-LF, first period after treatment; upper ends beyond 0.379 were cut by R's grid
        0.0: (0.159, 0.233),
        2 / 9: (0.143, 0.248),
        4 / 9: (0.123, 0.266),
        6 / 9: (0.102, 0.287),
        8 / 9: (0.0786, 0.308),
        10 / 9: (0.0551, 0.329),
        12 / 9: (0.0315, 0.352),
        14 / 9: (0.00722, 0.376),
        16 / 9: (-0.0171, None),
        2.0: (-0.0422, None),
    }
    found = honest(effect, bounds=list(printed))
    for (low, high), row in zip(printed.values(), found.table.iter_rows(), strict=True):
        assert row[1] == pytest.approx(low, abs=PRINTED)
        assert high is None or row[2] == pytest.approx(high, abs=PRINTED)
    assert 14 / 9 < found.breakdown < 16 / 9
    assert (found.before, found.after) == ((-5, -4, -3, -2), (0, 1, 2, 3))


def test_relative_magnitudes_of_the_mean_equal_r_on_its_grid() -> None:
    grid = np.linspace(-1, 1, 100)
    printed = {
        0.0: (0.192, 0.253),
        0.5: (0.0707, 0.354),
        1.0: (-0.0505, 0.495),
        1.5: (-0.192, 0.636),
        2.0: (-0.333, 0.778),
    }
    shocks = np.random.default_rng(0).standard_normal((20_000, 8)) @ np.linalg.cholesky(SIGMA).T
    for bound, ends in printed.items():
        held = grid[accepted(pieces(SIGMA, MEAN, bound, 0.005, shocks), BETA, grid, 0.05, 0.005)]
        assert (held[0], held[-1]) == pytest.approx(ends, abs=6e-4)


def test_smoothness_equals_r(effect: Effect) -> None:
    first = honest(effect, "smoothness", bounds=[0, 0.1, 0.2, 0.3])
    printed = [(0.131, 0.216), (0.119, 0.419), (0.0194, 0.519), (-0.0806, 0.619)]
    np.testing.assert_allclose(first.table.select("low", "high").to_numpy(), printed, atol=SMOOTH)
    mean = honest(effect, "smoothness", bounds=[0, 0.1], target="average")
    np.testing.assert_allclose(
        mean.table.select("low", "high").to_numpy(), [(0.133, 0.230), (-0.186, 0.988)], atol=SMOOTH
    )
    assert 0.2 < first.breakdown < 0.3
    at = honest(effect, "smoothness", bounds=[first.breakdown])
    assert at.table["low"].item() == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("target", [FIRST, MEAN, np.array([0, 1.0, -1.0, 0]), np.array([0, 0, 0, -1.0])])
def test_worst_bias_by_linear_program(target: np.ndarray) -> None:
    """Largest bias of the estimator over all trends whose slope changes by at most 0.07, by linear programming."""
    best = fixed_length(SIGMA, target, 0.07, 0.05)
    bends = np.diff(np.insert(np.eye(8), 4, 0.0, axis=0), n=2, axis=0)
    limits = {"A_ub": np.vstack([bends, -bends]), "b_ub": np.full(14, 0.07), "bounds": (None, None)}
    found = linprog(-best.weights, **limits)
    assert -found.fun == pytest.approx(best.bias, rel=1e-8)


@pytest.mark.parametrize("bend", [0.0, 0.01, 0.03, 0.1])
def test_no_other_estimator_has_a_shorter_interval(bend: float) -> None:
    best = fixed_length(SIGMA, FIRST, bend, 0.05)
    step = np.eye(4) - np.eye(4, k=-1)

    def half(z: np.ndarray) -> float:
        v = np.concatenate([step @ step @ np.append(z, 1.0), FIRST])
        se = float(v @ SIGMA @ v) ** 0.5
        return folded_quantile(bend * (1.0 + np.abs(z).sum()) / se, 0.95) * se

    starts = np.random.default_rng(1).normal(scale=0.5, size=(6, 3))
    least = min(
        minimize(half, z, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000}).fun
        for z in (np.zeros(3), *starts)
    )
    assert best.half <= least + SOLVED
    assert best.half == pytest.approx(least, abs=SOLVED)


def test_smoothness_covers_in_the_worst_case() -> None:
    """The worst trend for the estimator at hand is covered as often as said."""
    bend = 0.05
    best = fixed_length(SIGMA, FIRST, bend, 0.05)
    draws = np.random.default_rng(3).normal(best.bias, best.se, 40_000)
    assert np.mean(np.abs(draws) <= best.half) == pytest.approx(0.95, abs=0.005)


def test_relative_magnitudes_hold_the_identified_set_by_linear_program(effect: Effect) -> None:
    """Without noise the interval shrinks to the union of linear programs over the largest step and its sign."""
    tiny = SIGMA * 1e-12
    path = effect.path
    assert path is not None
    assert path.vcov is not None
    small = replace(effect, path=replace(path, vcov=path.vcov * 1e-12, se=path.se * 1e-6))
    found = honest(small, bounds=[1.3], target="average").table
    steps = np.diff(np.insert(np.eye(8), 4, 0.0, axis=0), axis=0)
    most = np.abs(steps[:4] @ BETA).max()
    fixed = {"A_eq": np.eye(8)[:4], "b_eq": BETA[:4], "bounds": (None, None)}
    limits = {"A_ub": np.vstack([steps[4:], -steps[4:]]), "b_ub": np.full(8, 1.3 * most)}
    objective = np.concatenate([np.zeros(4), MEAN])
    centre = objective @ BETA
    low = centre + linprog(-objective, **limits, **fixed).fun
    high = centre - linprog(objective, **limits, **fixed).fun
    assert found["low"].item() == pytest.approx(low, abs=20 * float(np.sqrt(tiny.max())))
    assert found["high"].item() == pytest.approx(high, abs=20 * float(np.sqrt(tiny.max())))


def test_vertices_give_the_value_of_the_linear_program() -> None:
    """The largest statistic of each piece equals min over steps of the largest studentised moment."""
    steps = np.diff(np.insert(np.eye(8), 4, 0.0, axis=0), axis=0)
    target, theta, ratio = np.array([0.5, 0.0, 0.3, -0.4]), 0.17, 0.8
    shocks = np.random.default_rng(0).standard_normal((100, 8)) @ np.linalg.cholesky(SIGMA).T
    found = pieces(SIGMA, target, ratio, 0.005, shocks)
    c = np.cumsum(target[::-1])[::-1]
    at = 0
    for s in range(4):
        for sign in (1, -1):
            moments = np.vstack([steps[4:] - ratio * sign * steps[s], -steps[4:] - ratio * sign * steps[s]])
            deviation = np.sqrt(np.diag(moments @ SIGMA @ moments.T))
            rows = np.column_stack([-deviation, np.vstack([-np.eye(4), np.eye(4)])])
            program = linprog(
                [1, 0, 0, 0, 0], A_ub=rows, b_ub=-(moments @ BETA), A_eq=[[0, *c]], b_eq=[theta], bounds=(None, None)
            )
            piece = found[at]
            assert (piece.slope @ BETA + piece.offset * theta).max() == pytest.approx(program.fun, abs=1e-8)
            at += 1


@pytest.mark.long
def test_relative_magnitudes_cover_at_the_edge() -> None:
    """True effect at the end of the identified set: the interval holds it at least as often as said."""
    vcov = SIGMA[2:7, 2:7]
    truth = np.array([-0.05, 0.05, 0.05, 0.05, 0.05])
    target = np.array([1.0, 0, 0])
    draw = np.random.default_rng(11)
    root = np.linalg.cholesky(vcov)
    shocks = draw.standard_normal((20_000, 5)) @ root.T
    found = pieces(vcov, target, 1.0, 0.005, shocks)
    estimates = truth + draw.standard_normal((1_500, 5)) @ root.T
    edge = np.array([truth[2] - 0.1])
    covered = np.mean([accepted(found, b, edge, 0.05, 0.005)[0] for b in estimates])
    assert covered > 0.95 - 0.017  # three standard errors of the simulation


def test_truncated_quantile_in_the_middle_and_far_out() -> None:
    from scipy.stats import truncnorm

    low, high = np.array([-1.0, 0.5, -4.0, 2.0]), np.array([2.0, 1.0, -3.0, np.inf])
    np.testing.assert_allclose(truncated_quantile(0.9, low, high), truncnorm.ppf(0.9, low, high), rtol=1e-9)
    far = truncated_quantile(0.95, np.array([60.0]), np.array([np.inf]))[0]
    assert far == pytest.approx(60 + -math.log(0.05) / 60, abs=1e-3)  # the tail is exponential with rate 60


@pytest.mark.skipif(not DATA.exists(), reason="the shared data are not beside the checkout")
@pytest.mark.parametrize("method", ["callaway_santanna", "sun_abraham"])
def test_mpdta_and_exhibits(method: str) -> None:
    panel = Panel.from_frame(pl.read_csv(DATA / "mpdta.csv"), id="countyreal", time="year")
    found = honest(did(panel, "lemp", "first.treat", method=method), bounds=[0, 0.5, 1], target="average")
    assert np.all(np.diff(found.table["low"]) < 0)
    assert np.all(np.diff(found.table["high"]) > 0)
    table, figure = found.exhibit()
    assert len(table.rows) == 4
    assert table.notes[0].zh != table.notes[0].en
    assert isinstance(figure.drawing, Lines)
    assert 0.3 < found.breakdown < 0.7


def test_what_cannot_be_answered_is_refused(effect: Effect) -> None:
    path = effect.path
    assert path is not None
    for lacking in (None, replace(path, vcov=None), replace(path, reference=None)):
        with pytest.raises(NotIdentifiedError):
            honest(replace(effect, path=lacking))
    late = replace(path, reference=-5, se=np.insert(np.sqrt(np.diag(SIGMA)), 0, np.nan))
    with pytest.raises(NotIdentifiedError):
        honest(replace(effect, path=late))
    for wrong in (
        {"restriction": "linear"},
        {"bounds": [-1]},
        {"bounds": []},
        {"target": 9},
        {"target": {0: 0.0}},
        {"level": 0.2},
    ):
        with pytest.raises(ConfigError):
            honest(effect, **wrong)


def test_binned_ends_are_left_out(effect: Effect) -> None:
    path = effect.path
    assert path is not None
    found = honest(replace(effect, path=replace(path, binned=(-5, 3))), "smoothness", bounds=[0.0])
    assert (found.before[0], found.after[-1]) == (-4, 2)
    assert any("[-5, 3]" in note.en for note in found.notes)


def test_target_by_weights_is_the_same_as_by_name(effect: Effect) -> None:
    named = honest(effect, "smoothness", bounds=[0.01], target="average").table
    weighted = honest(effect, "smoothness", bounds=[0.01], target=dict.fromkeys(range(4), 0.25)).table
    assert named.equals(weighted)
    nothing = honest(replace(effect, path=replace(effect.path, estimate=0 * effect.path.estimate)))  # type: ignore[type-var,arg-type,union-attr]
    assert nothing.breakdown == 0.0


def test_two_stage_has_no_single_baseline() -> None:
    r = np.random.default_rng(1)
    i, t = np.repeat(np.arange(40), 8), np.tile(np.arange(8), 40)
    frame = pl.DataFrame({"i": i, "t": t, "first": 4 * (i < 20), "y": r.normal(size=320)})
    found = did(Panel.from_frame(frame, id="i", time="t"), "y", "first", method="two_stage")
    with pytest.raises(NotIdentifiedError, match="honest bounds"):
        honest(found)
