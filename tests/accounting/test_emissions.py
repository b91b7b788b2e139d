"""CO2 accounts against hand calculation, adding up, faults and speed of meaning: null is not zero."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualcarbon import accounting
from dualcarbon.accounting import Boundary, account
from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text

EXACT = 1e-12  # sums of a few products in double precision
ENERGY = ("coal_t", "oil_t", "gas_m3", "heat_gj", "power_kwh")
SHARED = Path(__file__).resolve().parents[2] / "../shared/data"


def panel_of(**columns):
    n = len(next(iter(columns.values())))
    frame = pl.DataFrame({"firm_id": [f"f{i}" for i in range(n)], "year": [2010 + i for i in range(n)], **columns})
    return Panel.from_frame(frame, id="firm_id", time="year")


def random_panel(n=200, seed=3):
    rng = np.random.default_rng(seed)
    columns = {name: rng.lognormal(3.0, 2.0, n) for name in ENERGY}
    return panel_of(**columns, province=rng.choice(["山东省", "Beijing", "云南"], n))


def test_one_firm_by_hand():
    p = account(panel_of(coal_t=[1000.0], oil_t=[10.0], power_kwh=[2e6]), boundary="coal_oil_power", factors="cn_2015")
    coal = 1000 * 20.908 * 0.02637 * 0.94 * 44 / 12
    oil = 10 * 42.652 * 0.0202 * 0.98 * 44 / 12
    power = 2000 * 0.6101
    row = p.frame.row(0, named=True)
    assert row["co2_coal_t"] == pytest.approx(coal, rel=EXACT)
    assert row["co2_oil_t"] == pytest.approx(oil, rel=EXACT)
    assert row["co2_power_t"] == pytest.approx(power, rel=EXACT)
    assert row["co2_t"] == pytest.approx(coal + oil + power, rel=EXACT)
    assert row["grid_year"] == 2015


def test_gas_and_heat_by_hand():
    p = account(
        panel_of(coal_t=[0.0], oil_t=[0.0], gas_m3=[10_000.0], heat_gj=[50.0], power_kwh=[0.0]),
        boundary="scope1_2",
        factors="cn_2015",
    )
    row = p.frame.row(0, named=True)
    assert row["co2_scope1_t"] == pytest.approx(21.62188809, rel=EXACT)
    assert row["co2_scope2_t"] == pytest.approx(5.5, rel=EXACT)


@pytest.mark.parametrize("factors", accounting.factor_sets())
def test_carriers_and_scopes_add_up(factors):
    f = account(random_panel(), boundary="by_fuel", factors=factors).frame
    carriers = sum(f[f"co2_{c}_t"] for c in ("coal", "oil", "gas", "heat", "power"))
    np.testing.assert_allclose(carriers, f["co2_t"], rtol=EXACT)
    np.testing.assert_allclose(f["co2_scope1_t"] + f["co2_scope2_t"], f["co2_t"], rtol=EXACT)
    np.testing.assert_allclose(f["co2_heat_t"] + f["co2_power_t"], f["co2_scope2_t"], rtol=EXACT)


def test_boundaries_nest():
    p = random_panel()
    total = {b: account(p, boundary=b, factors="cn_2015").frame["co2_t"] for b in ("coal", "scope1", "scope1_2")}
    assert (total["coal"] < total["scope1"]).all() and (total["scope1"] < total["scope1_2"]).all()


def test_columns_are_those_the_boundary_asks_for():
    p = random_panel()
    written = {
        b.name: set(account(p, boundary=b, factors="cn_2015").frame.columns) - set(p.frame.columns)
        for b in accounting.boundaries()
    }
    parts = {f"co2_{c}_t" for c in ("coal", "oil", "gas", "heat", "power")}
    scopes = {"co2_scope1_t", "co2_scope2_t"}
    assert written == {
        "coal": {"co2_t"},
        "coal_oil_power": {"co2_t", "grid_year", "co2_coal_t", "co2_oil_t", "co2_power_t"},
        "scope1": {"co2_t", "co2_coal_t", "co2_oil_t", "co2_gas_t"},
        "scope1_2": {"co2_t", "grid_year", *scopes},
        "by_fuel": {"co2_t", "grid_year", *parts, *scopes},
    }


def test_a_second_account_leaves_nothing_of_the_first():
    p = random_panel()
    twice = account(account(p, boundary="by_fuel", factors="cn_ndrc"), boundary="coal", factors="cn_2015")
    once = account(p, boundary="coal", factors="cn_2015")
    assert twice.frame.equals(once.frame)
    assert "replaced" in twice.notes[-1].en and not any("replaced" in n.en for n in once.notes)


def test_units_convert_exactly():
    one = account(panel_of(power_kwh=[1e6], coal_t=[0.0], oil_t=[0.0]), boundary="coal_oil_power", factors="cn_2015")
    assert one.frame["co2_t"][0] == pytest.approx(610.1, rel=EXACT)


def test_provincial_factors_follow_row_and_year():
    frame = pl.DataFrame(
        {
            "firm_id": ["a", "a", "a", "b"],
            "year": [2009, 2022, 2023, 2023],
            "province": ["山东省", "Shandong", "37", "云南"],
            "power_kwh": [1000.0] * 4,
        }
    )
    p = Panel.from_frame(frame, id="firm_id", time="year")
    f = account(p, boundary="by_fuel", factors="cn_province_2021").frame
    np.testing.assert_allclose(f["co2_t"], [0.6838, 0.641, 0.6191, 0.1333], rtol=EXACT)
    assert f["grid_year"].to_list() == [2021, 2022, 2023, 2023]


def test_missing_energy_is_missing_co2_and_counted():
    p = panel_of(coal_t=[1.0, None, float("nan")], oil_t=[1.0, 1.0, 1.0], power_kwh=[0.0, 0.0, 0.0])
    done = account(p, boundary="coal_oil_power", factors="cn_2015")
    assert done.frame["co2_t"].is_null().to_list() == [False, True, True]
    assert done.frame["co2_oil_t"].null_count() == 0
    assert any("2 rows have missing energy" in n.en for n in done.notes)


def test_negative_and_infinite_energy_is_refused_with_keys():
    p = panel_of(coal_t=[-1.0, 2.0], oil_t=[1.0, float("inf")], power_kwh=[0.0, 0.0])
    with pytest.raises(DataError, match=r"coal_t: 1 \(\('f0', 2010\)\); oil_t: 1 \(\('f1', 2011\)\)"):
        account(p, boundary="coal_oil_power", factors="cn_2015")


def test_missing_column_names_the_boundaries_that_would_do():
    with pytest.raises(SchemaError, match=r"missing oil_t, power_kwh[\s\S]*coal, by_fuel"):
        account(panel_of(coal_t=[1.0]), boundary="coal_oil_power", factors="cn_2015")


def test_by_fuel_needs_at_least_one_carrier():
    with pytest.raises(SchemaError, match="missing coal_t"):
        account(panel_of(other=[1.0]), boundary="by_fuel", factors="cn_2015")


def test_text_in_an_energy_column_is_refused():
    with pytest.raises(SchemaError, match="coal_t is not numeric"):
        account(panel_of(coal_t=["1"]), boundary="coal", factors="cn_2015")


def test_provincial_factors_need_provinces():
    with pytest.raises(SchemaError, match="province column"):
        account(panel_of(power_kwh=[1.0]), boundary="by_fuel", factors="cn_province_2021")
    with pytest.raises(DataError, match="Mordor"):
        account(panel_of(power_kwh=[1.0], province=["Mordor"]), boundary="by_fuel", factors="cn_province_2021")


def test_grid_factors_need_integer_years():
    frame = pl.DataFrame({"firm_id": ["a"], "year": ["2010"], "power_kwh": [1.0]})
    with pytest.raises(SchemaError, match="integer years"):
        account(Panel.from_frame(frame, id="firm_id", time="year"), boundary="by_fuel", factors="cn_2015")


def test_names_have_no_default_and_errors_list_them():
    p = panel_of(coal_t=[1.0])
    with pytest.raises(TypeError):
        account(p, boundary="coal")
    with pytest.raises(ConfigError, match=r"coal \| coal_oil_power \| scope1"):
        account(p, boundary="coal+oil", factors="cn_2015")
    with pytest.raises(ConfigError, match=r"cn_2015 \| cn_2015_fuel_oil"):
        account(p, boundary="coal", factors="cn")


def test_an_own_boundary_object_works():
    own = Boundary("coal_gas", Text("煤与气", "coal and gas"), ("coal_t", "gas_m3"))
    f = account(random_panel(), boundary=own, factors="cn_2015").frame
    parts = account(random_panel(), boundary="by_fuel", factors="cn_2015").frame
    np.testing.assert_allclose(f["co2_t"], parts["co2_coal_t"] + parts["co2_gas_t"], rtol=EXACT)


def test_notes_say_boundary_factors_and_vintage_in_both_languages():
    notes = account(random_panel(), boundary="coal_oil_power", factors="cn_province_2021").notes
    english, chinese = " ".join(n.en for n in notes), " ".join(n.zh for n in notes)
    for word in ("coal, oil and power", "cn_province_2021", "raw coal", "1.9003", "nearest year", "2021", "unverified"):
        assert word in english
    for word in ("煤、油、电力", "原煤", "最近一年", "未核对原文"):
        assert word in chinese


def test_rows_keep_their_order_and_the_panel_its_record():
    p = random_panel().keep(pl.col("coal_t") > 1.0, Text("小", "small"))
    done = account(p, boundary="by_fuel", factors="cn_province_2021")
    assert done.frame.select("firm_id", "year").equals(p.frame.select("firm_id", "year"))
    assert done.drops == p.drops and p.notes == ()


@pytest.mark.skipif(not SHARED.exists(), reason="shared data are not beside the checkout")
def test_shipped_tables_repeat_the_compiled_ones():
    fuels = pl.read_csv(SHARED / "china_fuel_emission_factors.csv")
    for name, table in (("cn_2015", "M"), ("cn_ndrc", "A")):
        ours = {r["fuel_zh"]: r["tco2_per_unit"] for r in accounting.factor_table(name).to_dicts()}
        theirs = {r["fuel"]: r["ef_co2"] for r in fuels.filter(pl.col("set") == table).to_dicts()}
        for fuel in set(ours) & set(theirs) - {"天然气"}:
            assert ours[fuel] == theirs[fuel]
    grid = pl.read_csv(SHARED / "china_grid_emission_factors.csv").filter(pl.col("scope") == "province")
    ours = accounting.grid_table("cn_province_2021").select("area", "year", "tco2_per_mwh").sort("area", "year")
    assert ours.equals(grid.select("area", "year", "tco2_per_mwh").sort("area", "year"))
