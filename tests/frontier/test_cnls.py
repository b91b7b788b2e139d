"""Convex nonparametric least squares through the room: pyStoNED, both second steps, refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualcarbon import frontier
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models.cnls import ConvexLeastSquaresModel
from dualcarbon.kernels.stochastic import conditional_mean, moments

STORED = 1e-6
"""Residuals of pyStoNED's program as solved by Clarabel at 1e-12."""
HERE = Path(__file__).resolve().parent
UNIT = Direction.unit()
FREE = Technology(("x",), "y", "b", disposability="bad_as_input")
COLS = ConvexLeastSquaresModel("cols", screen=False, level_shift=False)
STONED = ConvexLeastSquaresModel(screen=False, level_shift=False)


@pytest.mark.parametrize("sample", ["2015", "all"])
def test_stored_residuals_of_pystoned(sample: str) -> None:
    path = HERE.parents[1] / "../shared/data/oecd_ghg_abatement_2010_2015.csv"
    if not path.exists():
        pytest.skip("the folder of anchors and real data is not beside the checkout")
    table = pl.read_csv(path)
    table = table.rename({name: name.strip() for name in table.columns})
    table = table.with_columns(pl.col("HRSN", "CPNK", "VALK", "GHG").str.strip_chars().cast(pl.Float64))
    panel = Panel.from_frame(
        table.filter(pl.col("Year") == 2015) if sample == "2015" else table, id="Country", time="Year"
    )
    technology = Technology(("HRSN", "CPNK"), "VALK", "GHG", disposability="bad_as_input", reference="global")
    found = frontier.fit(panel, technology, UNIT, COLS)
    stored = pl.read_csv(HERE / "data/pystoned_convex.csv", schema_overrides={"sample": pl.String})
    chosen = stored.filter((pl.col("model") == "cnls") & (pl.col("sample") == sample))
    both = found.table.join(chosen, left_on=["Country", "Year"], right_on=["country", "year"], validate="1:1")
    assert both.height == found.table.height
    residual = both["inefficiency_right"].to_numpy()
    np.testing.assert_allclose(both["inefficiency"], residual - residual.min(), atol=STORED)
    assert found.diagnostics["objective"][0] == pytest.approx(float(residual @ residual), rel=1e-9)


def simulated(n: int, seed: int, sign: float = 1.0) -> tuple[GroupData, np.ndarray]:
    """y = 10 x^.6 b^.3, moved inside by u (half-normal, .3 in means) + v (normal, .1)."""
    draw = np.random.default_rng(seed)
    x, b = draw.uniform(1.0, 2.0, (n, 1)), draw.uniform(1.0, 2.0, n)
    y = 10.0 * x[:, 0] ** 0.6 * b**0.3
    u = 0.15 * np.abs(draw.standard_normal(n))
    e = sign * u + 0.03 * draw.standard_normal(n)
    data = GroupData(x, y - e * y.mean(), b + e * b.mean(), np.arange(n), np.zeros(n, dtype=np.int64))
    return data, u


def residuals(found: GroupFit) -> np.ndarray:
    return found.inefficiency - float(found.facts["shift"])  # type: ignore[arg-type]


def test_the_second_step_is_moments_and_the_conditional_mean() -> None:
    data, u = simulated(150, 0)
    f = residuals(COLS.solve(data, FREE, UNIT))
    found = STONED.solve(data, FREE, UNIT)
    assert abs(f.mean()) < 1e-7
    sigma_u, sigma_v = moments(float(f.var()), float(np.mean((f - f.mean()) ** 3)))
    assert (found.facts["sigma_u"], found.facts["sigma_v"]) == pytest.approx((sigma_u, sigma_v), rel=1e-4)
    mean = sigma_u * np.sqrt(2.0 / np.pi)
    np.testing.assert_allclose(found.inefficiency, conditional_mean(f + mean, sigma_u, sigma_v), atol=1e-5)
    np.testing.assert_allclose(found.abatement_room, found.inefficiency * data.b.mean() / data.b, rtol=1e-12)
    assert np.corrcoef(found.inefficiency, u)[0, 1] > 0.9
    assert found.inefficiency.mean() == pytest.approx(u.mean(), rel=0.25)


def test_both_second_steps_have_the_same_prices() -> None:
    data, _ = simulated(80, 1)
    cols, stoned = COLS.solve(data, FREE, UNIT), STONED.solve(data, FREE, UNIT)
    np.testing.assert_array_equal(cols.mac_low, stoned.mac_low)
    np.testing.assert_array_equal(cols.status, stoned.status)
    assert cols.inefficiency.min() == 0.0


def test_skewness_of_the_wrong_sign_is_no_inefficiency_and_is_said() -> None:
    data, _ = simulated(80, 2, sign=-1.0)
    found = STONED.solve(data, FREE, UNIT)
    assert found.facts["skewness"] < 0.0  # type: ignore[operator]
    assert found.facts["sigma_u"] == 0.0 and (found.inefficiency == 0.0).all()
    assert found.verdict == "weakly_identified" and "skewness" in found.why.en


def test_firms_that_are_all_alike_are_answered() -> None:
    n = 20
    alike = GroupData(np.ones((n, 1)), np.full(n, 5.0), np.full(n, 2.0), np.arange(n), np.zeros(n, dtype=np.int64))
    found = STONED.solve(alike, FREE, UNIT)
    assert found.verdict == "weakly_identified"
    assert np.nanmax(found.inefficiency) < 1e-6


def test_what_is_not_supported_is_said() -> None:
    with pytest.raises(ConfigError, match="stoned"):
        ConvexLeastSquaresModel("other").check(FREE, UNIT)  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        STONED.check(FREE, Direction.bad_only())
    with pytest.raises(ConfigError, match="80"):
        ConvexLeastSquaresModel(largest=50).solve(simulated(80, 3)[0], FREE, UNIT)
    assert STONED.least(FREE) == 3
