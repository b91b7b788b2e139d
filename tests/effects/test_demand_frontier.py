"""The energy-demand frontier: planted rebound, normalisation, what is not identified."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, NotIdentifiedError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import DemandFrontier, demand_frontier, fit

ERRORS = 4.0  # standard errors from the planted value
SAME = 1e-6  # two climbs to one maximum


def simulated(firms: int = 1_500, seed: int = 5, delta: float = 0.4, share: float = 0.8) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, 8)) < share)
    n = len(f)
    a = r.normal(size=firms)[f]
    output = r.normal(size=n) + 0.3 * a
    d = 2.0 * r.random(n) * (r.random(n) < 0.7)
    u = np.abs(0.6 * r.normal(size=firms))[f]
    use = a + 0.8 * output - 0.2 * d + 0.03 * t + 0.2 * r.normal(size=n) + np.exp(delta * d) * u
    table = {"firm_id": f, "year": 2008 + t, "digital": d, "size": np.where(d > 1.0, "deep", "shallow")}
    more = {"output_cny": np.exp(output), "energy_tce": np.exp(use), "u": u}
    return Panel.from_frame(pl.DataFrame(table | more), id="firm_id", time="year")


def fitted(panel: Panel, **options: object) -> DemandFrontier:
    settings = {"regressors": ["log(output_cny)", "digital"], "rebound": ["digital"], **options}
    return demand_frontier(panel, energy="energy_tce", **settings)  # type: ignore[arg-type]


def test_planted_relative_rebound_is_recovered() -> None:
    panel = simulated()
    found = fitted(panel, group="size")
    assert found.estimate.names == ("log(output_cny)", "digital", "rebound:digital")
    assert np.all(np.abs(found.estimate.coef - [0.8, -0.2, 0.4]) < ERRORS * found.estimate.se)
    used = found.table.join(panel.frame, on=["firm_id", "year"], how="left", validate="1:1")
    true = used.with_columns(relative=(0.4 * pl.col("digital")).exp()).group_by("size").agg(pl.col("relative").mean())
    joined = found.groups.join(true, on="size", validate="1:1")
    assert np.all(np.abs(joined["relative"] - joined["relative_right"]).to_numpy() < ERRORS * joined["se"].to_numpy())
    excess = used.with_columns(excess=pl.col("u") * (0.4 * pl.col("digital")).exp())
    line = fit("excess ~ inefficiency", Panel.from_frame(excess, id="firm_id", time="year"), cluster="firm_id")
    assert np.all(np.abs(line.coef - [0.0, 1.0]) < ERRORS * line.se)


def test_reference_and_its_rebound_only_normalise() -> None:
    panel = simulated(600)
    plain, moved = fitted(panel), fitted(panel, reference=[1.0], reference_rebound=0.3)
    assert moved.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-10)
    delta = float(plain.estimate.coef[-1])
    assert float(moved.estimate.coef[-1]) == pytest.approx(delta, rel=SAME)
    np.testing.assert_allclose(moved.table["relative"] * np.exp(delta), plain.table["relative"], rtol=SAME)
    np.testing.assert_allclose(moved.table["rebound"], 1.0 - 0.7 * moved.table["relative"], rtol=SAME)
    assert "0.3" in moved.scope.en and "identified" in moved.scope.en and "0.3" in moved.scope.zh
    assert moved.exhibit().notes[0] == moved.scope


def test_firms_seen_once_are_counted_and_row_order_is_free() -> None:
    panel = simulated(900, share=0.4)
    found = fitted(panel)
    lone = panel.frame.group_by("firm_id").len().filter(pl.col("len") == 1).height
    assert lone > 0 and found.estimate.drops[-1].rows == lone
    again = fitted(Panel.from_frame(panel.frame.sample(fraction=1.0, shuffle=True, seed=1), id="firm_id", time="year"))
    np.testing.assert_array_equal(again.estimate.coef, found.estimate.coef)


def test_a_narrow_lead_over_another_maximum_is_said() -> None:
    found = fitted(simulated())
    assert found.lead > 2.0 and len(found.exhibit().notes) == 2
    assert "未能定论" in replace(found, lead=0.5).exhibit().notes[1].zh


def test_what_is_not_identified_is_named() -> None:
    panel = simulated(200).with_columns((pl.col("firm_id") % 2).alias("state"))
    with pytest.raises(NotIdentifiedError, match="state"):
        fitted(panel, rebound=["state"])
    with pytest.raises(NotIdentifiedError, match="state"):
        fitted(panel, regressors=["state"])
    with pytest.raises(ConfigError, match="reference"):
        fitted(panel, reference=[1.0, 2.0])


def short_panel(seed: int) -> Panel:
    r = np.random.default_rng(seed)
    f, z = np.repeat(np.arange(60), 8), r.random(480)
    u = 0.6 * np.abs(r.normal(size=60))[f] * np.exp(0.8 * z) * (seed % 2)
    energy = np.exp(r.normal(size=60)[f] + 0.4 * z + u + 0.2 * r.normal(size=480))
    table = pl.DataFrame({"f": f, "t": np.tile(np.arange(8), 60), "z": z, "energy": energy, "x": r.normal(size=480)})
    return Panel.from_frame(table, id="f", time="t")


def test_a_likelihood_that_rises_towards_no_rebound_has_no_maximum() -> None:
    """delta near 0 and sigma_u without bound: the curvature there gave delta 0.0003 with t near 4."""
    for seed in (14, 20, 32):
        try:
            found = demand_frontier(short_panel(seed), energy="energy", regressors=["x", "z"], rebound=["z"])
        except NotIdentifiedError:
            continue
        assert found.sigma_u < 100.0


def test_a_slow_climb_goes_on_to_the_maximum() -> None:
    """A ridge of 200 and more steps, on which the climb once stopped at delta 0.010 with error 0.002."""
    found = demand_frontier(short_panel(25), energy="energy", regressors=["x", "z"], rebound=["z"])
    near = found.estimate.coef[-1] - 0.8
    assert abs(near) < ERRORS * found.estimate.se[-1] and found.estimate.coef[-1] > 0.3


def test_what_cannot_be_set_up_is_said() -> None:
    panel = simulated(firms=50)
    with pytest.raises(SchemaError, match="no column zz"):
        fitted(panel, group="zz")
    with pytest.raises(ConfigError, match="cannot be set up"):
        fitted(panel, reference_rebound=1.0)
    with pytest.raises(ConfigError, match="cannot be set up"):
        fitted(panel, rebound=[])
    with pytest.raises(ConfigError, match="reference is not valid"):
        fitted(panel, reference="a")
