"""The default model: how near it comes to a known abatement cost, what it refuses, what must not change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models.translog_ml import MODEL, TranslogMLModel

Array = NDArray[np.float64]
Industry = Any  # the class of conftest.py, which tests cannot import by name

PROPORTIONAL = Direction.proportional()
EXACT = 1e-8  # rescaled or reordered data; the likelihood is maximal to about 1e-9 of its parameters
# median over firm-years of |ln(MAC / true MAC)|, then error of the industry's median, each the median of some seeds
# with a spread of 0.03 between seeds. A translog is not a CES: 0.02. Noise in both outputs also sits in s: 0.08 at
# 10 %, up to 0.12 where sigma_u is 0.8 and n is 3,000
FIRM_CLEAN, FIRM_NOISY = 0.04, 0.15
INDUSTRY_CLEAN, INDUSTRY_NOISY, INDUSTRY_CORRECTED = 0.03, 0.095, 0.04
INDUSTRY_HIDDEN = 0.12  # inefficiency that falls in the treatment biases changes within firms by .05 to .1
INDUSTRY_CLEAN_WIDE, INDUSTRY_NOISY_WIDE = 0.035, 0.12
SEEDS = range(6)


def solve(case: Industry, returns: str = "bic", model: TranslogMLModel = MODEL) -> GroupFit:
    return model.solve(case.data, case.technology(returns), PROPORTIONAL)


def errors(case: Industry, fit: GroupFit) -> tuple[float, float]:
    """Median firm error, and error of the median, over the rows with status ok."""
    ok = case.clean & (fit.status == CODE["ok"])
    firm = float(np.median(np.abs(np.log(fit.mac[ok] / case.mac[ok]))))
    return firm, float(np.log(np.median(fit.mac[ok]) / np.median(case.mac[ok])))


def planted_share(case: Industry, fit: GroupFit) -> float:
    """Coefficient of ln MAC on d with firm and year effects, over that of the true ln MAC."""
    ok = case.clean & (fit.status == CODE["ok"])
    unit, time = case.data.unit, case.data.time

    def coefficient(values: Array, rows: NDArray[np.bool_]) -> float:
        v, d = values[rows].copy(), case.d[rows].copy()
        for _ in range(50):
            for codes in (unit[rows], time[rows]):
                count = np.maximum(np.bincount(codes), 1)
                v -= (np.bincount(codes, v) / count)[codes]
                d -= (np.bincount(codes, d) / count)[codes]
        return float(v @ d / (d @ d))

    every = np.ones(unit.size, dtype=np.bool_)
    return coefficient(np.log(np.where(ok, fit.mac, 1.0)), ok) / coefficient(np.log(case.mac), every)


@pytest.mark.parametrize("returns", [1.0, 0.93])
def test_without_noise_the_mac_is_recovered(industry: Callable[..., Industry], returns: float) -> None:
    scores = []
    for seed in SEEDS:
        case = industry(returns=returns, seed=seed)
        fit = solve(case)
        scores.append((*errors(case, fit), planted_share(case, fit)))
        assert fit.facts["returns"] == ("constant" if returns == 1.0 else "variable")
        assert fit.verdict == "identified"
        true_room = float(case.data.b @ -np.expm1(-case.u) / case.data.b.sum())
        assert fit.facts["aggregate_room"] == pytest.approx(true_room, abs=0.01)
    firm, middle, share = np.median(scores, axis=0)
    assert firm < FIRM_CLEAN
    assert abs(middle) < INDUSTRY_CLEAN
    assert 0.95 < share < 1.05


def test_with_noise_and_contamination(industry: Callable[..., Industry]) -> None:
    scores = []
    for seed in SEEDS:
        case = industry(noise=0.1, seed=seed)
        fit, fixed = (solve(case, model=TranslogMLModel(correct_noise=fix)) for fix in (False, True))
        scores.append((*errors(case, fit), planted_share(case, fit), errors(case, fixed)[1]))
        median = float(np.median(fixed.mac[fixed.status == CODE["ok"]]))
        assert fit.facts["mac_noise"] == pytest.approx(median, rel=EXACT)
        assert fit.facts["mac_pooled"] == fixed.facts["mac_pooled"]
        assert fit.facts["sigma_v"] == pytest.approx(0.095, abs=0.015)
    firm, middle, share, corrected = np.median(scores, axis=0)
    assert firm < FIRM_NOISY
    assert abs(middle) < INDUSTRY_NOISY
    assert 0.95 < share < 1.05
    assert abs(corrected) < INDUSTRY_CORRECTED


@pytest.mark.long
@pytest.mark.parametrize("n", [3_000, 12_000])
@pytest.mark.parametrize("sigma_u", [0.1, 0.25, 0.5, 0.8])
def test_accuracy_over_the_range_of_inefficiency(industry: Callable[..., Industry], sigma_u: float, n: int) -> None:
    scores = []
    for seed in SEEDS:
        case = industry(n=n, seed=seed, sigma_u=sigma_u)
        clean = errors(case, solve(case, "constant"))[1]
        case = industry(n=n, seed=seed, sigma_u=sigma_u, noise=0.1)
        fits = (solve(case, "constant", TranslogMLModel(correct_noise=fix)) for fix in (False, True))
        scores.append((clean, *(errors(case, fit)[1] for fit in fits)))
    clean, noisy, corrected = np.abs(np.median(scores, axis=0))
    assert clean < INDUSTRY_CLEAN_WIDE
    assert noisy < INDUSTRY_NOISY_WIDE
    assert corrected < INDUSTRY_CORRECTED


def test_the_evidence_tells_noise_from_lasting_intensity(industry: Callable[..., Industry]) -> None:
    noisy = industry(n=12_000, noise=0.1)
    decided, fixed = solve(noisy), solve(noisy, model=TranslogMLModel(correct_noise=True))
    assert decided.facts["noise_removed"] is True
    np.testing.assert_array_equal(decided.mac, fixed.mac)
    assert abs(errors(noisy, decided)[1]) < INDUSTRY_CORRECTED
    clean = industry(n=12_000)
    decided, left = solve(clean), solve(clean, model=TranslogMLModel(correct_noise=False))
    assert decided.facts["level"] == "pooled"
    np.testing.assert_array_equal(decided.mac, left.mac)


def test_lasting_hidden_intensity_is_flagged_and_met_within_firms(industry: Callable[..., Industry]) -> None:
    case = industry(hidden=0.8)
    fit, pooled = solve(case), solve(case, model=TranslogMLModel(correct_noise=False))
    by_hand = solve(case, model=TranslogMLModel(within_firm=True))
    assert abs(errors(case, pooled)[1]) > 0.25
    assert pooled.verdict == "weakly_identified"
    assert pooled.facts["level"] == "pooled"
    assert abs(errors(case, fit)[1]) < INDUSTRY_HIDDEN
    assert fit.facts["level"] == "within"
    np.testing.assert_array_equal(fit.mac, by_hand.mac)
    assert fit.verdict == "weakly_identified"
    assert float(fit.facts["hidden_gap"] or 0.0) > 0.2
    assert "within-firm" in fit.why.en
    assert "企业内" in fit.why.zh


def test_changes_within_firms_need_firms_seen_again(industry: Callable[..., Industry]) -> None:
    fit = solve(industry(n=800, years=1), model=TranslogMLModel(within_firm=True))
    assert fit.verdict == "too_few"
    assert "panel" in fit.why.en


def test_interval_covers_the_true_u(industry: Callable[..., Industry]) -> None:
    """With the parameters nearly known, the interval of u given the residual covers 95 % of true u."""
    case = industry(n=12_000, noise=0.1, sigma_u=0.4)
    fit = solve(case)
    ok = case.clean & (fit.status == CODE["ok"])
    scale = fit.mac[ok] / np.exp(2.0 * fit.inefficiency[ok])
    low, high = (0.5 * np.log(v[ok] / scale) for v in (fit.mac_low, fit.mac_high))
    cover = float(np.mean((low <= case.u[ok]) & (case.u[ok] <= high)))
    # u is a little heteroscedastic in the design, which a common sigma_u misses
    assert cover == pytest.approx(0.95, abs=0.015)
    assert np.all((fit.mac_low[ok] <= fit.mac[ok]) & (fit.mac[ok] <= fit.mac_high[ok]))


def test_inefficiency_room_and_mac_hang_together(industry: Callable[..., Industry]) -> None:
    fit = solve(industry(noise=0.05))
    priced = fit.status != CODE["no_bad"]
    np.testing.assert_allclose(fit.abatement_room[priced], 1.0 - np.exp(-fit.inefficiency[priced]), atol=1e-12)
    assert np.isnan(fit.inefficiency[~priced]).all()
    assert (fit.inefficiency[priced] >= 0.0).all()


def test_statuses_are_counted(industry: Callable[..., Industry]) -> None:
    case = industry(noise=0.05)
    fit = solve(case)
    facts = fit.facts
    assert facts["n"] == case.data.y.size
    assert facts["n_no_bad"] == np.count_nonzero(case.data.b == 0.0) == np.count_nonzero(fit.status == CODE["no_bad"])
    assert facts["n_screened"] == np.count_nonzero(fit.status == CODE["outlier"])
    assert facts["n_fit"] == np.count_nonzero(np.isin(fit.status, (CODE["ok"], CODE["edge"])))
    tiny = ~case.clean & (case.data.b > 0.0) & (case.data.b < 1e-4 * np.median(case.data.b) * case.mac.min())
    assert np.all(fit.status[tiny] == CODE["outlier"])
    assert np.isfinite(fit.mac[fit.status == CODE["ok"]]).all()


def test_units_do_not_matter(industry: Callable[..., Industry]) -> None:
    case = industry(n=900, noise=0.05)
    data = case.data
    moved = replace(data, x=data.x * [1e3, 1e-4], y=data.y * 1e-6, b=data.b * 907.0)
    first, second = (MODEL.solve(d, case.technology(), PROPORTIONAL) for d in (data, moved))
    np.testing.assert_array_equal(first.status, second.status)
    for name, factor in (("mac", 1e-6 / 907.0), ("mac_low", 1e-6 / 907.0), ("inefficiency", 1.0)):
        np.testing.assert_allclose(
            getattr(second, name), getattr(first, name) * factor, rtol=EXACT, atol=EXACT * factor
        )


def test_row_order_does_not_matter(industry: Callable[..., Industry]) -> None:
    case = industry(n=900, noise=0.05)
    d, order = case.data, np.random.default_rng(0).permutation(case.data.y.size)
    moved = GroupData(d.x[order], d.y[order], d.b[order], d.unit[order], d.time[order])
    first, second = (MODEL.solve(v, case.technology(), PROPORTIONAL) for v in (d, moved))
    np.testing.assert_array_equal(second.status, first.status[order])
    np.testing.assert_allclose(second.mac, first.mac[order], rtol=EXACT)
    for key in ("mac_within", "mac_iv", "mac_untreated", "bracket_range"):
        assert second.facts[key] == pytest.approx(first.facts[key], rel=1e-6)


def test_bic_reports_the_fit_it_names(industry: Callable[..., Industry]) -> None:
    for returns, chosen in ((1.0, "constant"), (0.8, "variable")):
        case = industry(n=900, noise=0.05, returns=returns)
        free, named = solve(case), solve(case, chosen)
        assert free.facts["returns"] == chosen
        np.testing.assert_allclose(free.mac, named.mac, rtol=0.02)
        bics = {k: float(free.facts[f"bic_{k}"] or 0.0) for k in ("constant", "variable")}
        assert min(bics, key=lambda k: bics[k]) == chosen


def test_a_group_that_is_mostly_waste_is_refused(industry: Callable[..., Industry]) -> None:
    case = industry(sigma_u=1.5)
    fit = solve(case)
    assert fit.verdict == "trivial"
    assert float(fit.facts["aggregate_room"] or 0.0) > 0.6
    assert np.all(fit.status == CODE["refused"])
    assert np.isnan(fit.mac).all()
    assert "0.6" in fit.why.en
    patient = solve(case, model=TranslogMLModel(room_weak=0.9, room_trivial=1.0))
    assert "room" not in patient.why.en
    assert errors(case, patient)[0] < 0.05  # 0.043 where u is six times the usual


def test_wrong_skew_means_no_inefficiency_and_is_said(industry: Callable[..., Industry]) -> None:
    case = industry(sigma_u=0.0)
    draw = np.random.default_rng(3)
    shock = np.exp(0.2 * np.abs(draw.standard_normal(case.data.y.size)))
    data = replace(case.data, y=case.data.y * shock)
    fit = MODEL.solve(data, case.technology("constant"), PROPORTIONAL)
    assert float(fit.facts["skewness"] or 0.0) < 0.0
    assert fit.verdict == "weakly_identified"
    assert "skewness" in fit.why.en
    priced = fit.status == CODE["ok"]
    np.testing.assert_array_equal(fit.inefficiency[priced], 0.0)
    np.testing.assert_array_equal(fit.mac_low[priced], fit.mac_high[priced])


def test_firms_seen_once_leave_the_bracket_open(industry: Callable[..., Industry]) -> None:
    fit = solve(industry(n=800, years=1))
    assert np.isnan([float(fit.facts[k] or 0.0) for k in ("mac_within", "mac_iv", "bracket_range")]).all()
    assert fit.verdict == "weakly_identified"
    assert "not available" in fit.why.en
    assert np.isfinite(fit.mac).all()


def test_slopes_outside_the_cone_are_projected(industry: Callable[..., Industry]) -> None:
    case = industry(n=600, noise=0.0)
    data = replace(case.data, y=case.data.y * np.exp(0.8 * np.random.default_rng(1).standard_normal(case.data.y.size)))
    fit = MODEL.solve(data, case.technology("variable"), PROPORTIONAL)
    assert float(fit.facts["violations"] or 0.0) > 0.0
    priced = np.isin(fit.status, (CODE["ok"], CODE["edge"]))
    assert np.isfinite(fit.mac[priced]).all()
    assert (fit.mac[priced] > 0.0).all()


def test_collinear_inputs_are_refused_with_a_reason(industry: Callable[..., Industry]) -> None:
    case = industry(n=600)
    data = replace(case.data, x=np.column_stack([case.data.x[:, 0], 3.0 * case.data.x[:, 0]]))
    fit = MODEL.solve(data, case.technology(), PROPORTIONAL)
    assert fit.verdict == "too_few"
    assert "collinear" in fit.why.en
    assert np.all(fit.status == CODE["refused"])


def test_co2_imputed_from_output_is_refused(industry: Callable[..., Industry]) -> None:
    case = industry(n=600)
    fit = MODEL.solve(replace(case.data, b=0.7 * case.data.y), case.technology(), PROPORTIONAL)
    assert fit.verdict == "trivial"
    assert "imputed" in fit.why.en
    assert np.isnan(fit.mac).all()


def test_a_projection_that_fails_is_refused(industry: Callable[..., Industry], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(theta: Array, data: object) -> Array:
        raise ArithmeticError

    monkeypatch.setattr("dualcarbon.kernels.distance.project", fail)
    fit = solve(industry(n=600))
    assert fit.verdict == "trivial"
    assert "cone" in fit.why.en
    assert np.isnan(fit.mac).all()


def test_one_and_three_inputs(industry: Callable[..., Industry]) -> None:
    for inputs in (1, 3):
        case = industry(inputs=inputs)
        firm, middle = errors(case, solve(case, "constant"))
        assert firm < FIRM_CLEAN
        assert abs(middle) < INDUSTRY_CLEAN


def test_only_the_proportional_direction_is_taken() -> None:
    technology = Technology(["x"], "y", "b", returns="bic")
    MODEL.check(technology, PROPORTIONAL)
    for direction in (Direction.unit(), Direction.bad_only(), Direction.all_proportional()):
        with pytest.raises(ConfigError, match="proportional"):
            MODEL.check(technology, direction)


def test_fewest_rows_follow_the_parameters() -> None:
    assert MODEL.least(Technology(["a", "b"], "y", "c", returns="variable")) == 40
    assert MODEL.least(Technology(["a", "b"], "y", "c", returns="bic")) == 40
    assert MODEL.least(Technology(["a", "b"], "y", "c", returns="constant")) == 24
