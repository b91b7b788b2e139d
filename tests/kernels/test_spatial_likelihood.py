"""Likelihoods against dense determinants, written-out dummies and numeric search."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import null_space
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array

from dualcarbon.kernels.spatial_determinant import determinant, walks
from dualcarbon.kernels.spatial_influence import (
    error_information,
    lag_information,
    lag_meat,
    multipliers,
    reach,
    sandwich,
    traces,
)
from dualcarbon.kernels.spatial_likelihood import Setting, error_fit, lag_fit, lagged, without_effects

Floats = NDArray[np.float64]

SAME = 1e-9  # least squares by lstsq, determinants by slogdet: 11 digits and more
SEARCH = 1e-7  # a numeric search on the likelihood finds its top to the root of rounding
DIGITS = 1e-7  # central differences of a likelihood of size 1e3
STORED = 1e-7  # the other program's search stops at 1e-7
BRUTE = 1e-10  # exact algebra


def weights(kind: str, n: int = 25, seed: int = 0) -> Floats:
    r = np.random.default_rng(seed)
    raw = np.triu(r.random((n, n)) * (r.random((n, n)) < 0.25), 1)
    raw = raw + raw.T
    if kind == "islands":
        raw[:2], raw[:, :2] = 0.0, 0.0
    if kind == "spectral":
        return np.asarray(raw / np.abs(np.linalg.eigvalsh(raw)).max())
    sums = raw.sum(axis=1, keepdims=True)
    return np.asarray(raw / np.where(sums > 0, sums, 1.0))


def panel(w: Floats, seed: int, periods: int = 5, rho: float = 0.4) -> tuple[Floats, Floats]:
    r = np.random.default_rng(seed)
    n = len(w)
    x = r.normal(size=(n, periods, 2))
    mean = x @ np.array([1.0, -0.5]) + r.normal(size=(n, 1)) + 3 * r.normal(size=periods) + r.normal(size=(n, periods))
    return np.linalg.solve(np.eye(n) - rho * w, mean), x


def setting(w: Floats, corrected: bool = True) -> Setting:
    matrix = csr_array(w)
    return Setting(matrix, 1.0, determinant(matrix, None, 1.0), walks(matrix, 1.0), corrected)


def transformed(w: Floats, y: Floats, x: Floats, rho: float, error: bool = False) -> float:
    """Highest likelihood of the transformed model at a given rho: orthonormal contrasts of periods and of units."""
    n, t = y.shape
    time, space = null_space(np.ones((1, t))), null_space(np.ones((1, n)))
    ys, xs = space.T @ y @ time, np.einsum("ia,itk,tb->abk", space, x, time)
    ws = space.T @ w @ space
    filtered = np.eye(n - 1) - rho * ws
    left = (filtered @ ys).ravel()
    right = (np.einsum("ab,btk->atk", filtered, xs) if error else xs).reshape(len(left), -1)
    e = left - right @ np.linalg.lstsq(right, left, rcond=None)[0]
    m = len(left)
    return float(-m / 2 * (np.log(2 * np.pi * e @ e / m) + 1) + (t - 1) * np.linalg.slogdet(filtered)[1])


@pytest.mark.parametrize("error", [False, True])
def test_the_maximum_is_that_of_the_transformed_model(error: bool) -> None:
    w = weights("row")
    y, x = panel(w, 1)
    found = (error_fit if error else lag_fit)(y, x, setting(w))
    best = minimize_scalar(
        lambda rho: -transformed(w, y, x, rho, error), bounds=(-0.9, 0.9), method="bounded", options={"xatol": 1e-10}
    )
    assert found.rho == pytest.approx(best.x, abs=SEARCH)
    assert found.loglik == pytest.approx(-best.fun, rel=SAME)
    assert found.loglik == pytest.approx(transformed(w, y, x, found.rho, error), rel=SAME)


def direct(w: Floats, y: Floats, x: Floats, rho: float) -> tuple[float, Floats]:
    """Highest likelihood at a given rho with a dummy for every unit and period, and its coefficients."""
    n, t = y.shape
    unit, period = np.repeat(np.arange(n), t), np.tile(np.arange(t), n)
    z = np.column_stack([x.reshape(n * t, -1), np.eye(n)[unit], np.eye(t)[period]])
    left = (y - rho * w @ y).ravel()
    coef = np.linalg.lstsq(z, left, rcond=None)[0]
    e = left - z @ coef
    log = np.linalg.slogdet(np.eye(n) - rho * w)[1]
    return float(-n * t / 2 * (np.log(2 * np.pi * e @ e / (n * t)) + 1) + t * log), coef[: x.shape[2]]


@pytest.mark.parametrize("kind", ["row", "islands", "spectral"])
def test_uncorrected_it_is_the_likelihood_with_dummies(kind: str) -> None:
    w = weights(kind)
    y, x = panel(w, 2)
    found = lag_fit(y, x, setting(w, corrected=False))
    best = minimize_scalar(
        lambda rho: -direct(w, y, x, rho)[0], bounds=(-0.9, 0.9), method="bounded", options={"xatol": 1e-10}
    )
    assert found.rho == pytest.approx(best.x, abs=SEARCH)
    value, coef = direct(w, y, x, found.rho)
    assert found.loglik == pytest.approx(value, rel=SAME)
    np.testing.assert_allclose(found.coef, coef, rtol=SAME)


def test_another_program() -> None:
    """PySAL spreg 1.9.0, Panel_FE_Lag and Panel_FE_Error with period dummies among the regressors."""
    side, periods = 7, 8
    r = np.random.default_rng(7)
    w = np.zeros((49, 49))
    for a in range(side):
        for b in range(side):
            for da, db in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                if 0 <= a + da < side and 0 <= b + db < side:
                    w[a * side + b, (a + da) * side + b + db] = 1
    w /= w.sum(axis=1, keepdims=True)
    x = r.normal(size=(49, periods, 2))
    e = r.normal(size=(49, periods))
    mean = x @ np.array([1.0, -0.5]) + r.normal(size=(49, 1)) + r.normal(size=periods) + e
    y = np.linalg.solve(np.eye(49) - 0.35 * w, mean)
    lag = lag_fit(y, x, setting(w, corrected=False))
    error = error_fit(y, x, setting(w, corrected=False))
    wanted = [1.0027359198371957, -0.46503623427889423, 0.35247057164515405]
    np.testing.assert_allclose([*lag.coef, lag.rho], wanted, rtol=STORED)
    wanted = [0.9694773447707508, -0.4497484117096279, 0.3599278140973942]
    np.testing.assert_allclose([*error.coef, error.rho], wanted, rtol=STORED)


@pytest.mark.parametrize("kind", ["row", "islands", "spectral"])
def test_without_the_lag_it_is_least_squares_on_dummies(kind: str) -> None:
    w = weights(kind)
    y, x = panel(w, 3, rho=0.0)
    found = lag_fit(y, x, setting(w), free=False)
    np.testing.assert_allclose(found.coef, direct(w, y, x, 0.0)[1], rtol=BRUTE)
    assert found.rho == 0.0


@pytest.mark.parametrize("kind", ["islands", "spectral"])
def test_the_corrected_score_has_mean_zero_at_the_truth(kind: str) -> None:
    """Exactly: E(e'G'J e) = s2 (T-1) tr(J G), whatever the period effects."""
    w, rho, t = weights(kind), 0.4, 5
    n = len(w)
    g = w @ np.linalg.inv(np.eye(n) - rho * w)
    j = np.eye(n) - 1 / n
    found, at = setting(w), np.array([rho])
    mean = (t - 1) * float((found.determinant.slope(at) - found.mean.slope(at))[0])
    assert mean == pytest.approx(-(t - 1) * np.trace(j @ g), rel=SAME)


@pytest.mark.parametrize(("kind", "n", "periods"), [("row", 12, 8), ("spectral", 12, 8), ("row", 30, 3)])
def test_the_correction_removes_the_bias_of_few_units_and_periods(kind: str, n: int, periods: int) -> None:
    """Without regressors, so that nothing but the effects biases rho and the variance."""
    w = weights(kind, n)
    both = setting(w), setting(w, corrected=False)
    found = []
    for seed in range(150):
        y, x = panel(w, seed, periods, 0.3)
        bare = y - np.linalg.solve(np.eye(n) - 0.3 * w, x @ np.array([1.0, -0.5]))
        found.append([(f.rho - 0.3, f.sigma2 - 1.0) for f in (lag_fit(bare, x[:, :, :0], s) for s in both)])
    error = np.array(found)
    limit = 3 * error.std(axis=0) / np.sqrt(150)
    assert abs(error[:, 0, 1].mean()) < limit[0, 1] + 1 / ((n - 1) * (periods - 1))  # rho takes one degree of freedom
    assert error[:, 1, 1].mean() == pytest.approx((n - 1) * (periods - 1) / (n * periods) - 1, abs=0.05)
    assert abs(error[:, 0, 0].mean()) < limit[0, 0] + 0.01  # what is left is of order 1 / (N T)
    assert error[:, 1, 0].mean() < error[:, 0, 0].mean() - limit[0, 0]


def test_information_is_the_numeric_second_derivative() -> None:
    w = weights("row")
    y, x = panel(w, 4)
    fixed = setting(w)
    found = lag_fit(y, x, fixed)
    flat, left = found.x.reshape(-1, 2), without_effects(y).ravel()
    lag, n, m = found.lag.ravel(), 24 * 4, 4

    def loglik(theta: Floats) -> float:
        *b, rho, s2 = theta
        e = left - rho * lag - flat @ np.array(b)
        at = np.array([rho])
        logs = float((fixed.determinant.value(at) - fixed.mean.value(at))[0])
        return float(-n / 2 * np.log(2 * np.pi * s2) - e @ e / (2 * s2) + m * logs)

    theta = np.array([*found.coef, found.rho, found.sigma2])
    assert loglik(theta) == pytest.approx(found.loglik, rel=SAME)
    h, k = 1e-3, len(theta)
    numeric = np.empty((k, k))
    for i in range(k):
        for j in range(k):
            a, b = h * np.eye(k)[i], h * np.eye(k)[j]
            coarse = loglik(theta + a + b) - loglik(theta + a - b) - loglik(theta - a + b) + loglik(theta - a - b)
            a, b = a / 2, b / 2
            fine = loglik(theta + a + b) - loglik(theta + a - b) - loglik(theta - a + b) + loglik(theta - a - b)
            numeric[i, j] = -(4 * fine / h**2 * 4 - coarse / h**2) / (4 * 3)
    found_information = lag_information(found, fixed)
    scale = np.sqrt(np.outer(np.diag(found_information), np.diag(found_information)))
    np.testing.assert_allclose(found_information / scale, numeric / scale, atol=1e-6)  # fourth-order differences


def test_error_information_of_rho() -> None:
    """With b and the period effects held fixed, the second derivative of the likelihood of the disturbances."""
    w = weights("row")
    y, x = panel(w, 5)
    fixed = setting(w)
    found = error_fit(y, x, fixed)
    information = error_information(found, fixed)
    values = y - x @ found.coef
    u = without_effects(values)
    lag = without_effects(lagged(fixed.matrix, u))

    def loglik(rho: float, s2: float) -> float:
        e, at = u - rho * lag, np.array([rho])
        logs = float((fixed.determinant.value(at) - fixed.mean.value(at))[0])
        return float(-96 / 2 * np.log(s2) - np.sum(e**2) / (2 * s2) + 4 * logs)

    h, s2 = 1e-4, found.sigma2
    bend = (loglik(found.rho + h, s2) - 2 * loglik(found.rho, s2) + loglik(found.rho - h, s2)) / h**2
    assert information[2, 2] == pytest.approx(-bend, rel=1e-5)  # a second difference


@pytest.mark.parametrize("kind", ["row", "islands", "spectral"])
def test_sums_over_the_inverse(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    w = weights(kind, 40)
    e = without_effects(np.random.default_rng(6).normal(size=(40, 4)))
    j = np.eye(40) - 1 / 40
    g = w @ np.linalg.inv(np.eye(40) - 0.5 * w)
    h = j @ g @ j
    inner = (e @ e.T) ** 2
    pairs = (h**2 + h * h.T) * inner
    wanted = np.diag(h), pairs.sum() - np.trace(pairs), j @ g @ e, np.trace(w @ g) + np.trace(w.T @ g)
    from dualcarbon.kernels import spatial_determinant, spatial_influence

    for dense in (True, False):
        if not dense:
            monkeypatch.setattr(spatial_determinant, "EIGENVALUES", 10)
            monkeypatch.setattr(spatial_determinant, "SPARSE", 1.0)
            monkeypatch.setattr(spatial_influence, "COLUMNS", 7)
        found = reach(csr_array(w), 0.5, e)
        for one, other in zip((found.diagonal, found.pairs, found.lagged, found.cross), wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=BRUTE, atol=BRUTE)


def test_meat_is_the_variance_of_the_scores() -> None:
    """Drawn scores at the truth: their variance against the mean of the estimate of it."""
    w = weights("row", 30)
    r = np.random.default_rng(8)
    fixed, rho, t = setting(w), 0.3, 4
    g = w @ np.linalg.inv(np.eye(30) - rho * w)
    x = without_effects(r.normal(size=(30, t, 1)))
    scores, meats = [], []
    for _ in range(1500):
        e = without_effects(r.normal(size=(30, t)))
        lag = without_effects(g @ x[:, :, 0] + g @ e)
        from dualcarbon.kernels.spatial_likelihood import SpatialFit

        at = SpatialFit(rho, np.ones(1), 1.0, e, x, lag, 0.0, False)
        logs = float((fixed.determinant.slope(np.array([rho])) - fixed.mean.slope(np.array([rho])))[0])
        scores.append([np.sum(x[:, :, 0] * e), np.sum(lag * e) + (t - 1) * logs, (np.sum(e**2) - 29 * 3) / 2])
        meats.append(lag_meat(at, reach(fixed.matrix, rho, e), fixed))
    drawn, claimed = np.cov(np.array(scores).T), np.mean(meats, axis=0)
    scale = np.sqrt(np.outer(np.diag(drawn), np.diag(drawn)))
    assert np.abs(np.mean(scores, axis=0) / np.sqrt(np.diag(drawn))).max() < 3 / np.sqrt(1500)
    np.testing.assert_allclose(claimed / scale, drawn / scale, atol=0.1)  # three standard errors of a variance


@pytest.mark.parametrize("kind", ["row", "islands", "spectral"])
def test_traces_and_multipliers_from_dense_matrices(kind: str) -> None:
    w = weights(kind)
    y, x = panel(w, 9, rho=0.1)
    n, t = y.shape
    fixed = setting(w)
    ols = lag_fit(y, x, fixed, free=False)
    j = np.eye(n) - 1 / n
    v = j @ w @ j
    second = np.trace(v @ v) + np.trace(v.T @ v)
    assert traces(fixed.matrix).first == pytest.approx(np.trace(v), rel=BRUTE)
    assert traces(fixed.matrix).second == pytest.approx(second, rel=BRUTE)
    found = multipliers(y, ols, fixed)
    e, s2, tau = ols.residuals, ols.sigma2, t - 1
    center, k = tau * np.trace(v), tau * second
    d_lag = np.sum(e * (w @ y)) / s2 - center
    d_error = np.sum(e * (w @ e)) / s2 - center
    flat = ols.x.reshape(-1, 2)
    explained = without_effects(w @ (y - e)).ravel()
    m = explained - flat @ np.linalg.lstsq(flat, explained, rcond=None)[0]
    p = m @ m / s2 + k
    assert found.lag == pytest.approx(d_lag**2 / p, rel=SAME)
    assert found.error == pytest.approx(d_error**2 / k, rel=SAME)
    assert found.robust_lag == pytest.approx((d_lag - d_error) ** 2 / (p - k), rel=SAME)
    assert found.robust_error == pytest.approx((d_error - d_lag * k / p) ** 2 / (k - k**2 / p), rel=SAME)


def test_a_multiplier_is_the_squared_score_at_no_spatial_dependence() -> None:
    w = weights("row")
    y, x = panel(w, 10, rho=0.05)
    fixed = setting(w)
    ols = lag_fit(y, x, fixed, free=False)
    h = 1e-5
    score = (transformed(w, y, x, h) - transformed(w, y, x, -h)) / (2 * h)
    error = (transformed(w, y, x, h, True) - transformed(w, y, x, -h, True)) / (2 * h)
    found = multipliers(y, ols, fixed)
    k = 4 * traces(fixed.matrix).second
    assert found.error == pytest.approx(error**2 / k, rel=1e-5)  # a central difference
    assert found.lag / found.error == pytest.approx(score**2 / error**2 * k / _lag_information(w, y, x, ols), rel=1e-5)


def _lag_information(w: Floats, y: Floats, x: Floats, ols: object) -> float:
    fixed = setting(w)
    fit = lag_fit(y, x, fixed, free=False)
    flat = fit.x.reshape(-1, 2)
    explained = without_effects(w @ (y - fit.residuals)).ravel()
    m = explained - flat @ np.linalg.lstsq(flat, explained, rcond=None)[0]
    return float(m @ m / fit.sigma2 + 4 * traces(fixed.matrix).second)


def test_sandwich_without_meat_is_the_inverse() -> None:
    a = np.array([[4.0, 1.0], [1.0, 3.0]])
    np.testing.assert_allclose(sandwich(a, None), np.linalg.inv(a), rtol=BRUTE)
    np.testing.assert_allclose(sandwich(a, a), np.linalg.inv(a), rtol=BRUTE)
