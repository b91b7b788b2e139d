"""The logit kernel against statsmodels and where no maximum exists."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.kernels.logit import logit

ORACLE = 1e-9  # both programs stop when a step no longer moves the coefficients


def sample(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    r = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), r.normal(size=(n, 3))])
    return x, (x @ [-0.5, 1.0, -0.7, 0.2] + r.logistic(size=n) > 0).astype(np.float64)


@pytest.mark.parametrize("seed", range(4))
def test_equals_statsmodels(seed: int) -> None:
    from statsmodels.discrete.discrete_model import Logit

    x, y = sample(300, seed)
    theirs = Logit(y, x).fit(disp=False, tol=1e-14)
    ours = logit(x, y)
    assert ours.converged
    np.testing.assert_allclose(ours.coef, theirs.params, rtol=ORACLE, atol=ORACLE)
    np.testing.assert_allclose(ours.probability, theirs.predict(), rtol=ORACLE)
    np.testing.assert_allclose(np.linalg.inv(ours.information), theirs.cov_params(), rtol=1e-7)
    np.testing.assert_allclose(ours.index, x @ ours.coef)


def test_scores_are_zero_at_the_maximum() -> None:
    x, y = sample(5000, 9)
    found = logit(x, y)
    assert np.max(np.abs(x.T @ (y - found.probability))) < 1e-8


def test_rare_events_converge() -> None:
    r = np.random.default_rng(3)
    x = np.column_stack([np.ones(50_000), r.normal(size=50_000)])
    y = (x @ [-7.0, 1.5] + r.logistic(size=50_000) > 0).astype(np.float64)
    assert 10 < y.sum() < 500 and logit(x, y).converged


@pytest.mark.parametrize("overlap", [False, True])
def test_separation_is_not_convergence(overlap: bool) -> None:
    x1 = np.linspace(-1, 1, 40)
    y = (x1 > 0).astype(np.float64)
    if overlap:
        x1, y = np.append(x1, [0.0, 0.0]), np.append(y, [0.0, 1.0])
    assert not logit(np.column_stack([np.ones(len(y)), x1]), y).converged
