"""One price and a status from two slopes, for every kind of interval."""

from __future__ import annotations

import numpy as np

from dualcarbon.frontier.model import CODE
from dualcarbon.frontier.models._prices import prices


def test_statuses_of_every_kind_of_interval() -> None:
    low = np.array([1.0, 1.0, 0.0, 0.0, -2.0, -2.0, -np.inf, np.inf, np.nan])
    high = np.array([1.0, 4.0, 4.0, 0.0, 4.0, -1.0, 4.0, np.inf, np.nan])
    solved = np.array([True] * 8 + [False])
    status, mac = prices(low, high, solved, 1e-11)
    words = ("ok", "kink", "kink", "zero", "kink", "negative", "edge", "infinite", "infeasible")
    assert status.tolist() == [CODE[word] for word in words]
    np.testing.assert_allclose(mac, [1.0, 2.0, 4.0, 0.0, 4.0, -1.0, np.nan, np.nan, np.nan])


def test_slopes_that_nobody_knows_are_no_price() -> None:
    status, mac = prices(np.array([np.nan]), np.array([np.nan]), np.array([True]), 1e-11)
    assert status.tolist() == [CODE["no_price"]]
    assert np.isnan(mac).all()


def test_slopes_within_the_tolerance_are_one_price() -> None:
    low, high = np.array([1.0, 1.0]), np.array([1.0 + 1e-10, 1.0 + 1e-7])
    solved = np.ones(2, dtype=np.bool_)
    assert prices(low, high, solved, 0.0)[0].tolist() == [CODE["ok"], CODE["kink"]]
    assert prices(low, high, solved, 0.0, same=1e-6)[0].tolist() == [CODE["ok"], CODE["ok"]]
