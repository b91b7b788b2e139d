"""Merit order against a slow twin, hand cases, balance, and its refusals."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.power import merit_order

EXACT = 1e-12  # sums of a few products
FLEET = pl.DataFrame(
    {
        "source": ["gas", "wind", "coal"],
        "capacity_mw": [40.0, 50.0, 60.0],
        "cost_per_mwh": [60.0, 0.0, 30.0],
        "t_per_mwh": [0.4, 0.0, 0.9],
    }
)


def slow(fleet: pl.DataFrame, demand: float, wind: float) -> tuple[float, float]:
    """Marginal and average factor of one hour, plant by plant."""
    left, emitted, marginal = demand, 0.0, 0.0
    for plant in sorted(fleet.to_dicts(), key=lambda p: p["cost_per_mwh"]):
        room = plant["capacity_mw"] * (wind if plant["source"] == "wind" else 1.0)
        used = min(left, room)
        if used > 0.0:
            marginal = plant["t_per_mwh"]
        emitted, left = emitted + used * plant["t_per_mwh"], left - used
    return marginal, emitted / demand


def test_against_the_slow_twin() -> None:
    rng = np.random.default_rng(3)
    demand, wind = rng.uniform(1.0, 100.0, 500), rng.uniform(0.0, 1.0, 500)
    served = merit_order(FLEET, demand, {"wind": wind})
    twin = np.array([slow(FLEET, d, w) for d, w in zip(demand, wind, strict=True)])
    np.testing.assert_allclose(served.marginal_t_per_mwh, twin[:, 0], rtol=EXACT)
    np.testing.assert_allclose(served.average_t_per_mwh, twin[:, 1], rtol=EXACT, atol=EXACT)
    assert served.marginal == pytest.approx(float(np.average(twin[:, 0], weights=demand)), rel=EXACT)
    assert served.average == pytest.approx(float(np.average(twin[:, 1], weights=demand)), rel=EXACT)


def test_energy_balances_and_hours_add_up() -> None:
    demand = np.linspace(5.0, 150.0, 300)
    plants = merit_order(FLEET, demand).plants
    assert plants["generation_mwh"].sum() == pytest.approx(demand.sum(), rel=EXACT)
    assert plants["hours_at_margin"].sum() == pytest.approx(1.0, rel=EXACT)
    assert plants["source"].to_list() == ["wind", "coal", "gas"]


def test_at_an_edge_the_cheaper_plant_is_at_the_margin() -> None:
    assert merit_order(FLEET, [50.0, 50.0 + 1e-6, 110.0]).marginal_t_per_mwh.tolist() == [0.0, 0.9, 0.9]


def test_one_fossil_plant_at_the_margin_is_the_fossil_margin() -> None:
    fleet = FLEET.filter(pl.col("source") != "gas")
    assert set(merit_order(fleet, [60.0, 80.0, 110.0]).marginal_t_per_mwh) == {0.9}


def test_an_idle_plant_is_never_at_the_margin() -> None:
    served = merit_order(FLEET, [40.0, 0.0], {"wind": 0.0})
    assert served.marginal_t_per_mwh[0] == 0.9 and served.plants["hours_at_margin"].to_list() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("fleet", "demand", "available", "said"),
    [
        (FLEET, [200.0], {}, r"1 hours, first positions \[0\]"),
        (FLEET, [10.0, -1.0, float("nan")], {}, r"2 hours, first positions \[1, 2\]"),
        (FLEET, [0.0], {}, "none at all"),
        (FLEET, [10.0], {"sun": 0.5}, r"1: \['sun'\]"),
        (FLEET, [10.0], {"wind": [0.5, 0.5]}, r"1: \['wind'\]"),
        (FLEET, [10.0], {"wind": 1.5}, r"1: \['wind'\]"),
        (FLEET.with_columns(capacity_mw=-pl.col("capacity_mw")), [10.0], {}, "3 rows"),
        (pl.concat([FLEET, FLEET.head(1)]), [10.0], {}, "2 rows"),
    ],
)
def test_refusals(fleet: pl.DataFrame, demand: list[float], available: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        merit_order(fleet, demand, available)


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(SchemaError, match="add t_per_mwh"):
        merit_order(FLEET.drop("t_per_mwh"), [1.0])


def test_capacity_that_sums_to_the_demand_but_for_rounding() -> None:
    fleet = {"source": ["wind", "coal", "gas"], "capacity_mw": [0.3, 0.6, 1.0], "cost_per_mwh": [0.0, 1.0, 2.0]}
    plants = pl.DataFrame(fleet).with_columns(t_per_mwh=pl.Series([0.0, 0.9, 0.4]))
    assert 0.3 + 0.6 < 0.9
    for some in (plants, plants[:2]):
        assert merit_order(some, [0.9]).marginal_t_per_mwh.tolist() == [0.9]
