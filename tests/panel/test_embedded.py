from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.panel import check, drop_invalid, load_panel, load_us_power, panel_names, read

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"
ROUND = 1e-14  # sums of some hundred converted values
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="shared real data are not beside the checkout")


def total(frame: pl.DataFrame, column: str, year: int) -> float:
    return float(frame.filter(pl.col("year") == year)[column].sum())


def test_provinces_are_whole_and_agree_with_national_totals() -> None:
    """National GDP 2003 was 13.74e12 CNY; energy use 2019 4.87e9 tce and employment 0.75e9 are of the same size."""
    panel = load_panel("china_provinces")
    assert (panel.n, panel.frame["province"].n_unique(), panel.id) == (510, 30, "province")
    assert panel.frame.null_count().sum_horizontal().item() == 0
    assert round(total(panel.frame, "output_cny", 2003) / 1e12, 2) == 13.74
    assert round(total(panel.frame, "energy_tce", 2019) / 1e9, 2) == 4.29
    assert round(total(panel.frame, "labour_person", 2019) / 1e9, 3) == 0.770
    assert round(total(panel.frame, "co2_t", 2019) / 1e9, 2) == 10.88
    assert dict(panel.frame.group_by("region").agg(pl.col("province").n_unique()).rows()) == {"E": 11, "C": 9, "W": 10}


def test_the_price_base_warning_travels_with_the_panel() -> None:
    source = load_panel("china_provinces").provenance.name
    assert "不可据以报告元/吨" in source.zh
    assert "no CNY per tonne" in source.en
    output = {y: total(load_panel("china_provinces").frame, "output_cny", y) for y in (2003, 2008, 2009, 2019)}
    assert output[2009] < output[2008]
    assert round(output[2019] / output[2003], 2) == 1.53


def test_thermal_power_agrees_with_national_totals() -> None:
    """Thermal generation 2017: 4.66e12 kWh on 1.106e9 kW; 0.34 kg of standard coal per kWh over the period."""
    panel = load_panel("china_thermal_power")
    assert (panel.n, panel.frame["plant_id"].n_unique(), panel.schema.name) == (330, 30, "plant")
    assert round(total(panel.frame, "power_kwh", 2017) / 1e12, 2) == 4.66
    assert round(total(panel.frame, "capacity_kw", 2017) / 1e9, 3) == 1.105
    per_kwh = panel.frame["energy_tce"].sum() / panel.frame["power_kwh"].sum()
    assert round(per_kwh * 1e3, 2) == 0.34


def test_the_check_finds_the_digit_that_guangdong_lacks() -> None:
    findings = check(load_panel("china_thermal_power"))
    assert [(f.rule, f.column, f.keys) for f in findings.items] == [
        ("impossible_ratio", "power_kwh / capacity_kw", (("Guangdong", 2007),))
    ]
    assert check(load_panel("china_provinces")).exit_code == 0


def test_unknown_panel() -> None:
    with pytest.raises(ConfigError, match=r"china_provinces \| china_thermal_power"):
        load_panel("mars")
    assert panel_names() == ("china_provinces", "china_thermal_power")


@needs_shared
def test_shipped_files_are_the_sources_converted() -> None:
    raw = pl.read_excel(SHARED / "deabook/china_provinces_2003_2019.xlsx").sort("省份", "year")
    frame = load_panel("china_provinces").frame
    for column, source, factor in (
        ("output_cny", "Y", 1e9),
        ("energy_tce", "E", 1e4),
        ("labour_person", "L", 1e4),
        ("capital_cny", "K", 1e6),
        ("co2_t", "CO2", 1e6),
    ):
        assert frame[column].to_list() == (raw[source] * factor).to_list()
    power = pl.read_excel(SHARED / "deabook/china_thermal_power_2007_2017.xlsx").sort("province", "year")
    shipped = load_panel("china_thermal_power").frame
    assert shipped["power_kwh"].to_list() == (power["Electricity generation/107 kWh"] * 1e8).to_list()
    assert shipped["province"].to_list() == power["省份"].to_list()


@needs_shared
def test_the_header_of_generation_is_caught_by_the_check() -> None:
    """Taken at its word (1e7 kWh) the file burns 3.4 kg of coal per kWh."""
    columns = {"plant_id": "province", "year": "year", "energy_tce": "Energy/104 tce"}
    columns["power_kwh"] = "Electricity generation/107 kWh"
    path = SHARED / "deabook/china_thermal_power_2007_2017.xlsx"
    findings = check(path, "plant", columns, {"energy_tce": "1e4_tce", "power_kwh": "1e7_kWh"})
    assert [(f.severity, f.column) for f in findings.items] == [("error", "energy_tce / power_kwh")]
    assert check(path, "plant", columns, {"energy_tce": "1e4_tce", "power_kwh": "1e8_kWh"}).exit_code == 0


@needs_shared
def test_a_label_that_says_kg_for_tonnes_is_caught_by_the_check() -> None:
    """The Stata label of CO2 says kg; China's provinces then emit 3 kg per tce."""
    columns = {"province": "id", "year": "t", "energy_tce": "E", "co2_t": "CO2"}
    path = SHARED / "deabook/provinces_2013_2015.dta"
    finding = next(f for f in check(path, "province", columns, {"energy_tce": "Mtce", "co2_t": "kg"}).items)
    assert (finding.rule, finding.severity, finding.column) == ("impossible_ratio", "error", "co2_t / energy_tce")


@needs_shared
def test_us_power_plants() -> None:
    """12,593 rows, of which 11,481 (3,134 plants) have positive generation, fuel, CO2 and capacity."""
    panel = load_us_power(SHARED / "us_power_plant_panel_2016_2019.parquet")
    raw = pl.read_parquet(SHARED / "us_power_plant_panel_2016_2019.parquet")
    assert panel.n == raw.height == 12593
    assert panel.frame["power_kwh"].sum() == pytest.approx(raw["generation_mwh"].sum() * 1e3, rel=ROUND)
    tce = raw["fuel_mmbtu"].sum() * 1.05505585262 / 29.3076
    assert panel.frame["energy_tce"].sum() == pytest.approx(tce, rel=ROUND)
    assert round(total(panel.frame, "co2_t", 2016) / 1e6) == 1928
    findings = {(f.rule, f.column): f for f in check(panel).items}
    assert findings["negative", "power_kwh"].count == 480
    assert findings["zero", "power_kwh"].count == 229
    usable = drop_invalid(panel, ["power_kwh", "energy_tce", "co2_t", "capacity_kw"])
    assert (usable.n, usable.frame["plant_id"].n_unique()) == (11481, 3134)
    assert sum(d.rows for d in usable.drops) == 1112


def test_the_shipped_copy_has_its_licence_beside_it() -> None:
    import dualcarbon.panel

    folder = Path(str(dualcarbon.panel.__file__)).parent / "data"
    text = (folder / "README.md").read_text(encoding="utf-8")
    for word in ("MIT License", "advancehs", "deabook 0.0.10", "Price base"):
        assert word in text
    for name in ("china_provinces_2003_2019.csv", "china_thermal_power_2007_2017.csv"):
        assert name in text
        assert read(folder / name, "province" if "provinces" in name else "plant").n > 0
