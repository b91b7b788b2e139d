"""The eight states, their borders, and what has no elasticity."""

from __future__ import annotations

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.exhibit import Scatter
from dualcarbon.decomposition import STATES, decompose, decoupling, state_of


@pytest.mark.parametrize(
    ("pressure", "activity", "state"),
    [
        (-0.01, 0.05, "strong_decoupling"),
        (0.0, 0.05, "weak_decoupling"),
        (0.0399, 0.05, "weak_decoupling"),
        (0.04, 0.05, "expansive_coupling"),
        (0.06, 0.05, "expansive_coupling"),
        (0.0601, 0.05, "expansive_negative_decoupling"),
        (-0.0601, -0.05, "recessive_decoupling"),
        (-0.06, -0.05, "recessive_coupling"),
        (-0.04, -0.05, "recessive_coupling"),
        (-0.0399, -0.05, "weak_negative_decoupling"),
        (0.0, -0.05, "weak_negative_decoupling"),
        (0.01, -0.05, "strong_negative_decoupling"),
        (0.01, 0.0, "no_activity_change_pressure_up"),
        (-0.01, 0.0, "no_activity_change_pressure_down"),
        (0.0, 0.0, "no_change"),
    ],
)
def test_states(pressure: float, activity: float, state: str) -> None:
    assert state_of(pressure, activity) == state


def test_eight_states_and_three_more_in_both_languages() -> None:
    assert len(STATES) == 11 and len({s.zh for s in STATES.values()}) == len({s.en for s in STATES.values()}) == 11


def table() -> pl.DataFrame:
    years = pl.DataFrame(
        {"year": [2000, 2001, 2002, 2003], "co2": [100.0, 104.0, 104.0, 90.0], "gdp": [50.0, 60.0, 60.0, 57.0]}
    )
    other = years.with_columns(region=pl.lit("b"), co2=pl.col("co2") * 2)
    return pl.concat([years.with_columns(region=pl.lit("a")), other])


def test_periods_and_groups() -> None:
    found = decoupling(table(), "co2", "gdp", by="region")
    a = found.frame.filter(region="a")
    assert a["elasticity"].to_list() == [pytest.approx(0.2), None, pytest.approx((14 / 104) / (3 / 60))]
    assert a["state"].to_list() == ["weak_decoupling", "no_change", "recessive_decoupling"]
    assert found.frame.filter(region="b")["state"].to_list() == a["state"].to_list()
    ends = decoupling(table().filter(region="a"), "co2", "gdp", chain=False).frame
    assert ends["period"].to_list() == ["2000-2003"] and ends["state"][0] == "strong_decoupling"


def test_the_elasticity_is_shared_out() -> None:
    data = table().with_columns(intensity=pl.col("co2") / pl.col("gdp"))
    one = decoupling(data, "co2", "gdp", by="region")
    effects = decompose(data, "co2 ~ gdp * intensity", by="region", chain=True)
    shares = one.attribution(effects)
    sums = shares.group_by("region", "period", maintain_order=True).agg(pl.col("elasticity").sum())
    joined = one.frame.join(sums, on=["region", "period"], suffix="_sum").drop_nulls("elasticity")
    assert joined["elasticity_sum"].to_list() == pytest.approx(joined["elasticity"].to_list(), rel=1e-12)
    assert shares.filter(period="2001-2002")["elasticity"].null_count() == 4
    alone = data.filter(region="a")
    whole = decoupling(alone, "co2", "gdp").attribution(decompose(alone, "co2 ~ gdp * intensity", chain=True))
    mine = shares.filter(region="a")["elasticity"].drop_nulls().to_list()
    assert whole["elasticity"].drop_nulls().to_list() == pytest.approx(mine, rel=1e-12)
    for wrong in (
        decompose(data, "co2 ~ gdp * intensity", by="region"),
        decompose(data, "co2 ~ gdp[region] * intensity[region]", chain=True),
        decompose(data, "co2 ~ gdp * intensity", by="region", chain=True, form="multiplicative"),
        decompose(data.drop("co2"), "x ~ gdp", by="region", chain=True),
    ):
        with pytest.raises(DataError, match="not of the same pressure"):
            one.attribution(wrong)


def test_bad_input() -> None:
    with pytest.raises(DataError, match="more than once"):
        decoupling(table(), "co2", "gdp")
    with pytest.raises(SchemaError, match="no co2_t"):
        decoupling(table(), "co2_t", "gdp")
    zero = table().with_columns(gdp=pl.when(pl.col("year") == 2001).then(0.0).otherwise(pl.col("gdp")))
    with pytest.raises(DataError, match="2, first 2001 gdp region=a"):
        decoupling(zero, "co2", "gdp", by="region")
    with pytest.raises(DataError, match="negative"):
        decoupling(table().with_columns(co2=-pl.col("co2")), "co2", "gdp", by="region")
    with pytest.raises(DataError, match="first year=2002 region=b"):
        decoupling(table().filter((pl.col("year") != 2002) | (pl.col("region") == "a")), "co2", "gdp", by="region")


def test_exhibits() -> None:
    found = decoupling(table(), "co2", "gdp", by="region")
    printed = found.table(pressure=("碳排放", "CO2"))
    assert printed.headers[2].label.en == "Change of CO2" and len(printed.rows) == 6
    assert printed.rows[2][4].value is None and printed.rows[0][5].value == STATES["weak_decoupling"]
    drawing = found.figure().drawing
    assert isinstance(drawing, Scatter) and len(drawing.points) == 3
    assert drawing.lines[1].y[0] == pytest.approx(1.2 * drawing.lines[1].x[0])


@pytest.mark.parametrize("name", ["elasticity", "state", "pressure_start"])
def test_a_group_cannot_bear_the_name_of_a_result(name: str) -> None:
    table = pl.DataFrame({name: ["a", "a"], "year": [1, 2], "c": [1.0, 2.0], "y": [1.0, 2.0]})
    with pytest.raises(ConfigError, match=name):
        decoupling(table, "c", "y", by=name)


def test_equal_sums_that_differ_by_rounding_have_not_changed() -> None:
    table = pl.DataFrame({"year": [1, 2, 3], "co2_t": [1.0, 2.0, 2.0 + 4e-16], "gdp_cny": [0.3, 0.1 + 0.2, 0.6]})
    found = decoupling(table, "co2_t", "gdp_cny").frame
    assert found["state"].to_list() == ["no_activity_change_pressure_up", "weak_decoupling"]
    assert found["elasticity"].to_list() == [None, 0.0] and found["activity_rate"][0] == 0.0
