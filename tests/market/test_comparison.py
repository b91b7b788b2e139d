"""Five policies: equal emissions, who wins, and the sums by group."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, InfeasibleError
from dualcarbon.kernels.inequality import gini
from dualcarbon.market import clear, compare, size_classes

SAME = 1e-10  # sums of the same numbers, and emissions at the cap


def test_five_policies_on_three_firms(three: pl.DataFrame, anchor: dict[str, Any]) -> None:
    found = compare(three, cap=27.0, by=("industry",))
    table = {row["policy"]: row for row in found.table.rows(named=True)}
    assert list(table) == ["no_policy", "uniform", "performance_standard", "cap_and_trade", "tax"]
    assert table["no_policy"]["emissions"] == 30.0 and table["no_policy"]["output"] == 65.0
    for name in ("uniform", "performance_standard", "cap_and_trade", "tax"):
        assert table[name]["emissions"] == pytest.approx(27.0, rel=SAME)
    assert table["cap_and_trade"]["output_change"] == pytest.approx(anchor["dy_trade"], abs=1e-9)
    assert table["uniform"]["output_change"] == pytest.approx(anchor["dy_uniform_cut"], abs=1e-9)
    assert table["cap_and_trade"]["saving"] == pytest.approx(anchor["saving_share"], abs=5e-7)
    assert table["cap_and_trade"]["cost_per_tonne"] == pytest.approx(-anchor["dy_trade"] / 3.0, abs=1e-9)
    assert table["cap_and_trade"]["winners_uniform"] == 1.0
    assert table["tax"]["losers"] == 1.0 and table["tax"]["revenue"] == pytest.approx(27.0 * table["tax"]["price"])


def test_trade_is_the_cheapest_at_equal_emissions(draw_market: Any) -> None:
    rng = np.random.default_rng(21)
    for _ in range(10):
        firms, _, ceiling = draw_market(rng, 30)
        found = compare(
            firms, cap=0.97 * float(firms["co2"].sum()), by=("industry",), ceiling=ceiling, benchmark_by="industry"
        )
        lost = {row["policy"]: -row["output_change"] for row in found.table.rows(named=True)}
        least = lost["cap_and_trade"]
        assert lost["tax"] == pytest.approx(least, rel=SAME)
        assert lost["performance_standard"] >= least - 1e-9 * abs(least)
        if found.table["share_infeasible"].max() == 0.0:
            assert lost["uniform"] >= least - 1e-9 * abs(least)
        sums = found.groups.group_by("policy").agg(pl.col("output_change", "cost", "co2").sum())
        for policy, change, cost, co2 in sums.iter_rows():
            assert -change == pytest.approx(lost[policy], rel=SAME)
            assert cost == pytest.approx(float(found.markets[policy].table["cost"].sum()), rel=1e-9, abs=1e-9)
            assert co2 == pytest.approx(float(firms["co2"].sum()), rel=SAME)


def test_cut_that_some_cannot_make(three: pl.DataFrame) -> None:
    stiff = three.with_columns(mu=pl.Series([-0.1, -0.1, -1.0]))
    found = compare(stiff, cap=28.0, floor=0.0)
    cut = found.table.filter(pl.col("policy") == "uniform").row(0, named=True)
    assert cut["share_infeasible"] == pytest.approx(1.0 / 3.0)
    assert cut["shortfall"] == pytest.approx(cut["emissions"] - 28.0, abs=1e-12) and cut["shortfall"] > 0.3
    assert cut["cost_per_tonne"] == pytest.approx(-cut["output_change"] / (30.0 - cut["emissions"]), rel=1e-12)
    assert math.isnan(cut["saving"])


def test_gini_by_definition() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        values = rng.normal(rng.uniform(-1.0, 2.0), 1.0, int(rng.integers(2, 40)))
        slow = float(np.abs(values[:, None] - values[None, :]).sum())
        slow /= 2.0 * (values.size - 1) * float(np.abs(values).sum())
        assert gini(values) == pytest.approx(slow, rel=1e-12)
        assert 0.0 <= gini(values) <= 1.0
        assert gini(3.0 * values) == pytest.approx(gini(values), rel=1e-12)
    assert gini(np.full(5, 2.0)) == pytest.approx(0.0, abs=1e-15)
    assert gini(np.array([0.0, 7.0, -2.0, 0.0])) == 1.0
    assert math.isnan(gini(np.zeros(4))) and math.isnan(gini(np.array([1.0, np.nan])))


def test_classes_of_size() -> None:
    firms = pl.DataFrame({"output": [5.0, 1.0, 9.0, 2.0, 7.0, 3.0]})
    assert size_classes(firms).to_list() == ["medium", "small", "large", "small", "large", "medium"]
    assert size_classes(firms, cuts=(0.5,), names=("a", "b")).to_list() == ["b", "a", "b", "a", "b", "a"]


def test_a_size_that_is_missing_has_no_class() -> None:
    firms = pl.DataFrame({"output": [1.0, None, 3.0, float("nan")]})
    assert size_classes(firms, cuts=(0.5,), names=("a", "b")).to_list() == ["a", None, "b", None]
    for options in ({"cuts": (0.9, 0.1)}, {"cuts": (0.5,)}, {"cuts": (0.0, 0.5)}):
        with pytest.raises(ConfigError):
            size_classes(firms, **options)  # type: ignore[arg-type]


def test_policies_that_are_asked_for(three: pl.DataFrame) -> None:
    found = compare(three, cap=27.0, policies=("cap_and_trade",))
    assert found.table["policy"].to_list() == ["no_policy", "cap_and_trade"]
    assert math.isnan(found.table["winners_uniform"][1])
    assert found.markets["cap_and_trade"].price == clear(three, cap=27.0).price
    with pytest.raises(ConfigError):
        compare(three, cap=27.0, policies=("ban",))  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        compare(three, cap=27.0, by=("county",))
    with pytest.raises(ConfigError):
        compare(three, cap=27.0, policies=())


def test_a_note_of_some_policies_names_them() -> None:
    firms = pl.DataFrame(
        {"co2": [10.0, 10.0, 1.0], "output": [5.0, 300.0, 1.0], "mac": [1.0, 5.0, None], "mu": -0.001, "scale": 1.0}
    )
    found = compare(firms, cap=16.0)
    excluded = [note.en for note in found.notes if " no price (" in note.en]
    too_much = [note for note in found.notes if "more output than" in note.en]
    assert len(excluded) == 1 and excluded[0].startswith("1 firm has no price")
    assert too_much and all(note.en.split(":")[0] != "Uniform cut" for note in too_much)
    assert {"Cap and trade", "Carbon tax"} <= {who for note in too_much for who in note.en.split(": 1")[0].split(", ")}
    assert "总量控制与交易" in "".join(note.zh for note in too_much)


def test_groups_are_those_of_the_users_own_column(three: pl.DataFrame) -> None:
    found = compare(three.with_columns(state=pl.Series(["CA", "NY", "CA"])), cap=27.0, by=("state",))
    assert found.groups.filter(pl.col("policy") == "tax").select("by", "group", "firms").rows() == [
        ("state", "CA", 2),
        ("state", "NY", 1),
    ]


def test_a_standard_that_does_not_reach_the_cap_is_left_out_and_said(three: pl.DataFrame) -> None:
    cap = 24.0  # the others reach 23.33
    with pytest.raises(InfeasibleError):
        compare(three, cap=cap, policies=("performance_standard",), floor=0.0)
    found = compare(three, cap=cap, floor=0.0)
    assert "performance_standard" not in found.table["policy"].to_list() and found.table.height == 4
    assert any("does not reach this cap" in note.en for note in found.notes)
    with pytest.raises(InfeasibleError):
        compare(three, cap=10.0)
