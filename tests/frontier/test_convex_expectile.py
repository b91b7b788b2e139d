"""Convex expectile regression through the room: pyStoNED, special cases, prices of clean firms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl
import pytest

from dualcarbon import frontier
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier.model import CODE, GroupData
from dualcarbon.frontier.models.cnls import ConvexLeastSquaresModel
from dualcarbon.frontier.models.convex_expectile import ConvexExpectileModel

STORED = 1e-6
"""Residuals of pyStoNED's program as solved by Clarabel at 1e-12."""
SAME = 5e-6
HERE = Path(__file__).resolve().parent
UNIT = Direction.unit()
OECD = Technology(("HRSN", "CPNK"), "VALK", "GHG", disposability="bad_as_input", reference="global")


class Industry(Protocol):
    """What the fixture `industry` makes."""

    data: GroupData
    mac: np.ndarray


def oecd() -> pl.DataFrame:
    path = HERE.parents[1] / "../shared/data/oecd_ghg_abatement_2010_2015.csv"
    if not path.exists():
        pytest.skip("the folder of anchors and real data is not beside the checkout")
    table = pl.read_csv(path)
    table = table.rename({name: name.strip() for name in table.columns})
    return table.with_columns(pl.col("HRSN", "CPNK", "VALK", "GHG").str.strip_chars().cast(pl.Float64))


@pytest.mark.parametrize("tau", [0.5, 0.9])
def test_stored_residuals_of_pystoned(tau: float) -> None:
    panel = Panel.from_frame(oecd().filter(pl.col("Year") == 2015), id="Country", time="Year")
    found = frontier.fit(panel, OECD, UNIT, ConvexExpectileModel(tau=tau, screen=False, level_shift=False))
    stored = pl.read_csv(HERE / "data/pystoned_convex.csv", schema_overrides={"sample": pl.String})
    chosen = stored.filter((pl.col("model") == "convex_expectile") & (pl.col("tau") == tau))
    both = found.table.join(chosen, left_on=["Country", "Year"], right_on=["country", "year"], validate="1:1")
    assert both.height == 28
    residual = both["inefficiency_right"].to_numpy()
    np.testing.assert_allclose(both["inefficiency"], np.maximum(residual, 0.0), atol=STORED)
    weight = np.where(residual < 0.0, tau, 1.0 - tau)
    assert found.diagnostics["objective"][0] == pytest.approx(float(weight @ residual**2), rel=1e-9)


def test_the_middle_expectile_is_least_squares(industry: Callable[..., Industry]) -> None:
    data = industry(n=90, seed=0).data
    technology = Technology(("x0", "x1"), "output_cny", "co2_t")
    middle = ConvexExpectileModel(tau=0.5, screen=False, level_shift=False).solve(data, technology, UNIT)
    least = ConvexLeastSquaresModel("cols", screen=False, level_shift=False).solve(data, technology, UNIT)
    shift = float(least.facts["shift"])  # type: ignore[arg-type]
    np.testing.assert_allclose(middle.inefficiency, np.maximum(least.inefficiency - shift, 0.0), atol=SAME)
    assert 2.0 * middle.facts["objective"] == pytest.approx(least.facts["objective"], rel=1e-8)  # type: ignore[operator]
    same = (middle.status == least.status) & np.isfinite(middle.mac)
    assert same.mean() > 0.6
    np.testing.assert_allclose(middle.mac[same], least.mac[same], rtol=1e-3)


def test_room_rises_with_tau(industry: Callable[..., Industry]) -> None:
    data = industry(n=90, seed=1).data
    technology = Technology(("x0", "x1"), "output_cny", "co2_t")
    rooms = [
        ConvexExpectileModel(tau=tau, screen=False, level_shift=False)
        .solve(data, technology, UNIT)
        .facts["aggregate_room"]
        for tau in (0.5, 0.8, 0.95)
    ]
    assert (np.diff(np.array(rooms, dtype=float)) > 0.0).all()


def test_prices_of_clean_firms_of_like_size() -> None:
    """A concave technology, CO2 y = x^.6 b^.3: the MAC at the frontier is .3 y / b; 10 % inefficiency, no noise."""
    draw = np.random.default_rng(2)
    x, b = draw.uniform(1.0, 2.0, (250, 1)), draw.uniform(1.0, 2.0, 250)
    y = 10.0 * x[:, 0] ** 0.6 * b**0.3
    u = 0.05 * np.abs(draw.standard_normal(250))
    data = GroupData(x, y - u * y.mean(), b + u * b.mean(), np.arange(250), np.zeros(250, dtype=np.int64))
    technology = Technology(("x",), "y", "b", disposability="bad_as_input")
    found = ConvexExpectileModel(tau=0.95, screen=False, level_shift=False).solve(data, technology, UNIT)
    priced = np.isin(found.status, [CODE["ok"], CODE["kink"]])
    assert priced.mean() > 0.8
    assert np.median(np.abs(np.log(found.mac[priced] / (0.3 * y / b)[priced]))) < 0.12


def test_tau_out_of_range_is_said() -> None:
    technology = Technology(("x",), "y", "b", disposability="bad_as_input")
    with pytest.raises(ConfigError, match="tau"):
        ConvexExpectileModel(tau=1.0).check(technology, UNIT)
    with pytest.raises(ConfigError):
        ConvexExpectileModel().check(technology, Direction.proportional())
    assert ConvexExpectileModel().least(technology) == 3
