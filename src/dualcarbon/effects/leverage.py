"""Sandwich covariances whose residuals are inflated by leverages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Fitted, require_linear

Floats = NDArray[np.float64]

MOST_LEVELS = 5_000
"""Groups besides those of the largest effect up to which leverages are computed: 0.2 GB for each matrix of them."""

WHOLE = 1e-9
"""Distance from 1 below which a leverage counts as 1."""


def inflated_sandwich(fitted: Fitted, power: int, name: str) -> Floats:
    """Bread (sum of s s' / (1 - h)^power) bread over rows, (k, k), with scores s = w x e and leverages h.

    A row whose leverage is 1 through the effects alone is fitted exactly whatever the coefficients are; its score is
    0 and it adds nothing.

    Raises
    ------
    ConfigError
        If the estimator is not least squares, or the effects cross in more than `MOST_LEVELS` groups.
    NotIdentifiedError
        If a row has leverage 1 through the regressors: its coefficient rests on it alone.
    """
    from dualcarbon.kernels.moments import cross_products

    require_linear(fitted, name)
    absorbed = _absorbed(fitted, name)
    leverages = absorbed + _through_regressors(fitted)
    exact = absorbed > 1.0 - WHOLE
    alone = np.flatnonzero(~exact & (leverages > 1.0 - WHOLE))
    if len(alone):
        raise _leverage_one(fitted, alone, name)
    scores = fitted.scores()
    scores[exact] = 0.0
    gap = np.where(exact, 1.0, 1.0 - leverages)
    return np.asarray(fitted.bread @ cross_products(scores, gap ** float(-power)) @ fitted.bread, dtype=np.float64)


def _through_regressors(fitted: Fitted) -> Floats:
    """w x'Bx of the rows, (n,), by orthogonal factorisation: cross products would lose a leverage of 1 in rounding."""
    weighted = fitted.x * np.sqrt(fitted.weights)[:, None]
    scaled = weighted / np.sqrt(np.sum(weighted**2, axis=0))
    return np.asarray(np.sum(np.linalg.qr(scaled)[0] ** 2, axis=1), dtype=np.float64)


def _absorbed(fitted: Fitted, name: str) -> Floats:
    """Leverages of the rows through the effects, (n,)."""
    from dualcarbon.kernels.leverage import crossing_levels, effect_leverages

    if not fitted.effects:
        return np.zeros(fitted.n)
    levels = crossing_levels(fitted.effects)
    if levels > MOST_LEVELS:
        raise ConfigError(
            Text(
                "效应过大，无法精确计算 {n} 的杠杆值", "the effects are too large for the exact leverages of {n}"
            ).format(n=name),
            expected=Text("最大效应之外至多 {m} 组", "at most {m} groups besides those of the largest effect").format(
                m=MOST_LEVELS
            ),
            found=both(str(levels)),
            remedy=Text('用 vcov="hc1" 或 cluster=', 'use vcov="hc1" or cluster='),
        )
    return effect_leverages(fitted.effects, fitted.weights)


def _leverage_one(fitted: Fitted, alone: NDArray[np.int64], name: str) -> NotIdentifiedError:
    rows = alone if fitted.rows is None else fitted.rows.positions[alone]
    return NotIdentifiedError(
        Text("杠杆值为 1 的行使 {n} 无定义", "rows with leverage 1 leave {n} undefined").format(n=name),
        expected=Text("没有独自决定某个系数的行", "no row on which a coefficient rests alone"),
        found=Text("{k} 行，表中位置 {r}", "{k} rows, at positions {r} of the table").format(
            k=len(alone), r=", ".join(map(str, rows[:5].tolist()))
        ),
        remedy=Text('舍去这些行，或用 vcov="hc1"', 'leave these rows out, or use vcov="hc1"'),
    )
