"""The bracket as a function of its own: what the default model says of the same rows, and what it cannot say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dualcarbon.core.technology import Direction
from dualcarbon.frontier.model import CODE
from dualcarbon.frontier.models._bracket import bracket
from dualcarbon.frontier.models._distance import DIRECTIONAL
from dualcarbon.frontier.models.translog_ml import MODEL
from dualcarbon.kernels.distance import Shape

Industry = Any  # the class of conftest.py, which tests cannot import by name

EXACT = 1e-10


@pytest.mark.parametrize("returns", ["constant", "variable"])
def test_it_is_that_of_the_default_model(returns: str, industry: Callable[..., Industry]) -> None:
    case = industry(n=900, noise=0.05)
    fit = MODEL.solve(case.data, case.technology(returns), Direction.proportional())
    used = np.isin(fit.status, (CODE["ok"], CODE["edge"]))
    found = bracket(case.data, used, returns == "constant")
    assert len(found) == 13
    for key, value in found.items():
        assert value == pytest.approx(fit.facts[key], rel=EXACT), key


def test_rows_without_co2_are_left_out(industry: Callable[..., Industry]) -> None:
    case = industry(n=900)
    b = case.data.b.copy()
    b[::10] = 0.0
    data = replace(case.data, b=b)
    every = np.ones(b.size, dtype=np.bool_)
    assert bracket(data, every, True) == bracket(data, b > 0.0, True)


def test_of_the_quadratic_and_of_richer_shapes(industry: Callable[..., Industry]) -> None:
    case = industry(n=900)
    every = np.ones(case.data.y.size, dtype=np.bool_)
    for shape in (Shape(3, "years"), Shape(2, "biased")):
        assert np.isfinite(float(bracket(case.data, every, True, shape=shape)["bracket_range"] or np.nan))
    found = bracket(case.data, every, True, DIRECTIONAL)
    middle = case.data.y.mean() / case.data.b.mean()
    assert float(found["mac_pooled"] or 0.0) == pytest.approx(float(found["elasticity_pooled"] or 0.0) * middle)


def test_too_few_or_collinear_rows_give_nan(industry: Callable[..., Industry]) -> None:
    case = industry(n=900)
    few = np.arange(case.data.y.size) < 39
    assert all(np.isnan(float(v or 0.0)) for v in bracket(case.data, few, False).values())
    copied = replace(case.data, x=np.column_stack([case.data.x[:, 0], 2.0 * case.data.x[:, 0]]))
    every = np.ones(case.data.y.size, dtype=np.bool_)
    assert all(np.isnan(float(v or 0.0)) for v in bracket(copied, every, False).values())
