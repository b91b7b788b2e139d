"""Convex quantile regression through the room: pyStoNED, statuses, technologies, evidence, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl
import pytest

from dualcarbon import frontier
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models import _convex
from dualcarbon.frontier.models.convex_quantile import MODEL, ConvexQuantileModel
from dualcarbon.kernels import convex_regression

STORED = 1e-6
"""Residuals of pyStoNED as solved by HiGHS at 1e-10."""
SAME = 1e-6
UNIT = Direction.unit()
TECHNOLOGY = Technology(("x0", "x1"), "output_cny", "co2_t", disposability="bad_as_input")
RAW = ConvexQuantileModel(screen=False, level_shift=False)
HERE = Path(__file__).resolve().parent


class Industry(Protocol):
    """What the fixture `industry` makes."""

    data: GroupData
    mac: np.ndarray


def oecd(sample: str) -> Panel:
    path = HERE.parents[1] / "../shared/data/oecd_ghg_abatement_2010_2015.csv"
    if not path.exists():
        pytest.skip("the folder of anchors and real data is not beside the checkout")
    table = pl.read_csv(path)
    table = table.rename({name: name.strip() for name in table.columns})
    table = table.with_columns(pl.col("HRSN", "CPNK", "VALK", "GHG").str.strip_chars().cast(pl.Float64))
    return Panel.from_frame(
        table.filter(pl.col("Year") == 2015) if sample == "2015" else table, id="Country", time="Year"
    )


def residuals(panel: Panel, sample: str, model: str, tau: float) -> np.ndarray:
    """pyStoNED's, in the row order of the panel."""
    stored = pl.read_csv(HERE / "data/pystoned_convex.csv", schema_overrides={"sample": pl.String})
    chosen = stored.filter((pl.col("sample") == sample) & (pl.col("model") == model) & (pl.col("tau") == tau))
    keys = panel.frame.select("Country", "Year")
    joined = keys.join(
        chosen, left_on=["Country", "Year"], right_on=["country", "year"], validate="1:1", maintain_order="left"
    )
    assert joined.height == keys.height
    return joined["inefficiency"].to_numpy()


OECD = Technology(("HRSN", "CPNK"), "VALK", "GHG", disposability="bad_as_input", reference="global")


@pytest.mark.parametrize(("sample", "tau"), [("2015", 0.5), ("2015", 0.9), ("all", 0.9)])
def test_stored_residuals_of_pystoned(sample: str, tau: float) -> None:
    panel = oecd(sample)
    model = ConvexQuantileModel(tau=tau, screen=False, level_shift=False)
    found = frontier.fit(panel, OECD, UNIT, model)
    expected = residuals(panel, sample, "convex_quantile", tau)
    np.testing.assert_allclose(found.table["inefficiency"], np.maximum(expected, 0.0), atol=STORED)
    weight = np.where(expected < 0.0, tau, 1.0 - tau)
    assert found.diagnostics["objective"][0] == pytest.approx(float(weight @ np.abs(expected)), rel=1e-9)
    assert found.diagnostics["tau"][0] == tau and found.diagnostics["gap"][0] < 1e-9


def by_hand() -> GroupData:
    """x = 1 throughout; (y, b) = (1, 1), (2, 3), (2.5, 5) on the frontier and (1.5, 2.5) inside it."""
    y, b = np.array([1.0, 2.0, 2.5, 1.5]), np.array([1.0, 3.0, 5.0, 2.5])
    return GroupData(np.ones((4, 1)), 7e3 * y, 2.0 * b, np.arange(4), np.zeros(4, dtype=np.int64))


def test_prices_and_statuses_by_hand() -> None:
    technology = Technology(("labour",), "output", "co2", disposability="bad_as_input")
    data = replace(by_hand(), steps=np.tile([0.0, 0.0, 2.0], (4, 1)))
    model = ConvexQuantileModel(tau=0.97, screen=False, level_shift=False)
    found = model.solve(data, technology, Direction.custom({"co2": 2.0}))
    assert [CODE[name] for name in ("edge", "kink", "kink", "ok")] == found.status.tolist()
    rate = 7e3 / 2.0
    np.testing.assert_allclose(found.inefficiency, [0.0, 0.0, 0.0, 0.5], atol=SAME)
    np.testing.assert_allclose(found.abatement_room, [0.0, 0.0, 0.0, 0.5 / 2.5], atol=SAME)
    np.testing.assert_allclose(found.mac_low[:3], np.array([0.5, 0.25, 0.0]) * rate, rtol=SAME, atol=SAME)
    np.testing.assert_allclose(found.mac_high[1:3], np.array([0.5, 0.25]) * rate, rtol=SAME)
    assert found.mac_high[0] == np.inf and np.isnan(found.mac[0])
    np.testing.assert_allclose(found.mac[1:3], np.array([np.sqrt(0.125), 0.25]) * rate, rtol=SAME)


def solve(data: GroupData, model: ConvexQuantileModel = RAW, **technology: Any) -> GroupFit:
    chosen = Technology(("x0", "x1"), "output_cny", "co2_t", **technology) if technology else TECHNOLOGY
    return model.solve(data, chosen, UNIT)


def test_units_of_measurement_do_not_matter(industry: Callable[..., Industry]) -> None:
    data = industry(n=90, seed=0).data
    found = solve(data, disposability="kuosmanen")
    moved = solve(replace(data, x=data.x * [1e-4, 1e5], y=data.y * 1e3, b=data.b * 1e-3), disposability="kuosmanen")
    np.testing.assert_allclose(moved.inefficiency, found.inefficiency, atol=SAME)
    np.testing.assert_allclose(moved.mac, found.mac * 1e6, rtol=1e-5)
    assert np.array_equal(moved.status, found.status)


def test_signs_of_prices_follow_the_technology(industry: Callable[..., Industry]) -> None:
    data = industry(n=54, seed=1).data
    for returns in ("variable", "constant"):
        found = solve(data, disposability="bad_as_input", returns=returns)
        assert np.nanmin(found.mac_low) > -SAME
        assert found.facts["negative_share"] == 0.0
    weak = solve(data, disposability="kuosmanen")
    assert weak.facts["objective"] <= solve(data, disposability="bad_as_input").facts["objective"] * 1.5  # type: ignore[operator]
    cone = solve(data, disposability="weak", returns="constant")
    same = solve(data, disposability="kuosmanen", returns="constant")
    np.testing.assert_allclose(cone.inefficiency, same.inefficiency, atol=SAME)


def test_several_goods_and_bads(industry: Callable[..., Industry]) -> None:
    simulated = industry(n=63, seed=2).data
    draw = np.random.default_rng(0)
    more = {
        "more_goods": simulated.y[:, None] * draw.uniform(0.5, 1.0, (63, 1)),
        "more_bads": simulated.b[:, None] * draw.uniform(0.0, 1.0, (63, 1)) * (draw.random((63, 1)) > 0.1),
    }
    technology = Technology(("x0", "x1"), ("y", "z"), ("co2", "so2"))
    found = RAW.solve(replace(simulated, **more), technology, UNIT)
    assert np.isin(found.status, [CODE["ok"], CODE["kink"]]).mean() > 0.3
    assert found.facts["violation"] < 1e-9  # type: ignore[operator]
    alone = RAW.solve(simulated, Technology(("x0", "x1"), "y", "co2"), UNIT)
    assert found.facts["n_fit"] == alone.facts["n_fit"] == 63


def test_rows_without_co2_leave_the_fit(industry: Callable[..., Industry]) -> None:
    data = industry(n=90, seed=3).data
    bad = data.b.copy()
    bad[::30] = 0.0
    kept = bad > 0.0
    found = solve(replace(data, b=bad))
    assert (found.status[~kept] == CODE["no_bad"]).all() and np.isnan(found.inefficiency[~kept]).all()
    alone = solve(GroupData(data.x[kept], data.y[kept], bad[kept], data.unit[kept], data.time[kept]))
    np.testing.assert_allclose(found.inefficiency[kept], alone.inefficiency, atol=SAME)


def test_rows_that_make_the_frontier_but_want_no_answer(industry: Callable[..., Industry]) -> None:
    data = industry(n=90, seed=4).data
    asked = data.time == data.time.max()
    found, every = solve(replace(data, evaluated=asked)), solve(data)
    np.testing.assert_allclose(found.inefficiency[asked], every.inefficiency[asked], atol=SAME)
    np.testing.assert_allclose(found.mac[asked], every.mac[asked], rtol=1e-5)


def test_the_screen_and_its_shift(industry: Callable[..., Industry]) -> None:
    data = industry(n=180, seed=5, inputs=1).data
    good = data.y.copy()
    good[:3] *= 30.0
    technology = Technology(("x0",), "output_cny", "co2_t", disposability="bad_as_input")
    found = MODEL.solve(replace(data, y=good), technology, UNIT)
    assert (found.status[:3] == CODE["outlier"]).all() and np.isnan(found.mac[:3]).all()
    clean = RAW.solve(replace(data, y=good, evaluated=found.status != CODE["outlier"]), technology, UNIT)
    kept = found.status != CODE["outlier"]
    priced = kept & np.isin(clean.status, (CODE["ok"], CODE["kink"]))
    assert found.facts["mac_untreated"] == pytest.approx(float(np.median(clean.mac[priced])), rel=1e-4)
    assert found.facts["mac_screened"] == found.facts["mac_median"]


def test_a_frontier_far_from_its_firms_is_refused(industry: Callable[..., Industry]) -> None:
    data = industry(n=90, seed=6).data
    good = data.y.copy()
    good[np.argsort(data.x.sum(axis=1))[:20]] *= 1e6
    found = solve(replace(data, y=good))
    assert found.verdict == "trivial" and (found.status == CODE["refused"]).all()


def test_a_solver_that_stops_early_is_said(industry: Callable[..., Industry], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convex_regression, "_ITERATIONS", 4)
    found = solve(industry(n=45, seed=7).data)
    assert found.verdict != "identified" and "tolerance" in found.why.en


def test_large_groups_are_refused_with_the_number(industry: Callable[..., Industry]) -> None:
    data = industry(n=90, seed=8).data
    with pytest.raises(ConfigError, match="90") as raised:
        solve(data, ConvexQuantileModel(largest=50))
    assert "translog_ml" in raised.value.say("en") and "至多 50" in raised.value.say("zh")


def test_what_is_not_supported_is_said() -> None:
    def technology(returns: Any, disposability: Any) -> Technology:
        return Technology(("labour",), "y", "b", returns, disposability)

    for disposability, returns in _convex.TECHNOLOGIES:
        MODEL.check(technology(returns, disposability), UNIT)
    for returns, disposability in (("bic", "kuosmanen"), ("variable", "weak"), ("variable", "shephard")):
        with pytest.raises(ConfigError):
            MODEL.check(technology(returns, disposability), UNIT)
    free, weak = technology("variable", "bad_as_input"), technology("variable", "kuosmanen")
    moving = Direction(1.0, 1.0, 1.0, observed=False)
    MODEL.check(free, moving)
    MODEL.check(free, Direction.custom({"labour": 1.0, "b": 2.0}))
    MODEL.check(weak, Direction.custom({"labour": 0.0, "b": 2.0}))
    for chosen, direction in (
        (weak, moving),
        (weak, Direction.custom({"labour": 1.0, "b": 2.0})),
        (free, Direction.proportional()),
        (free, Direction.custom({"b": "allowance"})),
        (free, Direction.custom({"b": 0.0})),
        (free, Direction(0.0, 0.0, 0.0, observed=False)),
        (free, Direction(0.0, 1.0, -1.0, observed=False)),
    ):
        with pytest.raises(ConfigError, match="Afriat"):
            MODEL.check(chosen, direction)
    for tau in (0.0, 1.0, -0.5, float("nan")):
        with pytest.raises(ConfigError, match="tau"):
            ConvexQuantileModel(tau=tau).check(free, UNIT)
    assert MODEL.least(free) == 3
