from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.schema import load_schema, schema_names
from dualcarbon.core.units import units_of
from dualcarbon.panel import propose, read_declared
from dualcarbon.panel.guessing import stated_unit
from dualcarbon.panel.matching import plain

Watch = Callable[[Path], Path]
DEABOOK = Path(__file__).resolve().parents[2] / "../shared/data/deabook"


def survey(path: Path, **columns: list[str]) -> Path:
    rows = {"企业代码": ["001", "002"], "年份": ["2015", "2016"], **columns}
    pl.DataFrame(rows).write_csv(path)
    return path


def test_units_in_names_and_by_magnitude(tmp_path: Path, unchanged: Watch) -> None:
    path = survey(
        tmp_path / "survey.csv",
        行业大类=["06", "13"],
        **{
            "工业总产值（千元）": ["1,234,567", "3000"],
            "固定资产净值_万元": ["900", "2000"],
            "用电量[万千瓦时]": ["12", "1"],
        },
        从业人数=["100", "300"],
        原煤消费量=["1200", "900"],
        备注=["x", "y"],
    )
    draft = propose(unchanged(path))
    assert draft.schema.name == "firm"
    assert draft.mapping == {
        "firm_id": "企业代码",
        "year": "年份",
        "industry2": "行业大类",
        "employees_person": "从业人数",
        "fixed_assets_cny": "固定资产净值_万元",
        "output_cny": "工业总产值（千元）",
        "coal_t": "原煤消费量",
        "power_kwh": "用电量[万千瓦时]",
    }
    assert draft.units == {
        "employees_person": "person",
        "fixed_assets_cny": "1e4_cny",
        "output_cny": "1e3_cny",
        "coal_t": "t",
        "power_kwh": "1e4_kWh",
    }
    assert draft.others == ("备注",)


def test_the_draft_is_a_study_file_that_reads_the_table(tmp_path: Path) -> None:
    path = survey(tmp_path / 'a "quoted" 文件.csv', 工业总产值=["60000", "80000"], 煤炭=["1", "2"])
    text = propose(path).to_toml()
    study = tomllib.loads(text)
    assert study["data"]["schema"] == "firm"
    assert study["data"]["columns"]["output_cny"] == "工业总产值"
    assert study["data"]["units"]["output_cny"] == "1e3_cny"
    assert study["co2"] == {"boundary": "coal_oil_power", "factors": "cn_2015"}
    assert study["technology"] == {"inputs": [], "good": "output_cny", "bad": "co2_t", "group_by": []}
    assert "仅按数量级推测；请确认 | thousand CNY; guessed from magnitude only; please confirm" in text
    assert read_declared(study).frame["output_cny"].to_list() == [6e7, 8e7]


@pytest.mark.parametrize("unit", ["cny", "1e4_cny", "1e8_cny"])
def test_the_magnitude_tells_the_unit_where_it_can(tmp_path: Path, unit: str) -> None:
    factor = {"cny": 1.0, "1e4_cny": 1e4, "1e8_cny": 1e8}[unit]
    path = survey(tmp_path / "s.csv", 产值=[str(6e7 / factor), str(6e7 / factor)])
    assert unit in units_of("cny")
    assert propose(path).units == {"output_cny": unit}


def test_percent_signs_are_the_unit_percent(tmp_path: Path) -> None:
    path = survey(tmp_path / "s.csv", 数字化程度=["5.1%", "12%"])
    assert propose(path).units == {"digital_share": "percent"}
    assert read_declared(tomllib.loads(propose(path).to_toml())).frame["digital_share"].to_list() == [0.051, 0.12]


def test_columns_that_are_not_there_are_left_to_the_user(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("企业代码,产值\n1,2\n", encoding="utf-8")
    draft = propose(path, "firm")
    assert draft.absent == ("year",)
    assert '# year = "?"  # 未找到；必需；年份 | not found; required; Year' in draft.to_toml()
    assert '# digital_share = "?"  # 未找到；数字技术应用 | not found; Digital use' in draft.to_toml()


def test_of_two_candidates_the_commoner_name_is_taken(tmp_path: Path) -> None:
    path = survey(tmp_path / "s.csv", 营业收入=["1", "2"], 工业总产值=["3", "4"])
    draft = propose(path)
    assert draft.mapping["output_cny"] == "工业总产值"
    assert draft.others == ("营业收入",)


@pytest.mark.parametrize(
    ("name", "base", "unit"),
    [
        ("工业总产值（单位：千元）", "工业总产值", "1e3_cny"),
        ("real GDP (in 100 million 1997 CNY)", "real GDP", "1e8_cny"),
        ("Capacity/104 kW", "Capacity", "1e4_kW"),
        ("fuel_mmbtu", "fuel", "MMBtu"),
        ("coal_1e4_t", "coal", "1e4_t"),
        ("labour", "labour", None),
        ("output (current prices)", "output", None),
    ],
)
def test_units_stated_in_names(name: str, base: str, unit: str | None) -> None:
    assert stated_unit(name) == (base, unit)


@pytest.mark.skipif(not DEABOOK.is_dir(), reason="shared real data are not beside the checkout")
def test_real_files() -> None:
    power = propose(DEABOOK / "china_thermal_power_2007_2017.xlsx")
    assert power.schema.name == "plant"
    assert set(power.mapping) == {
        "plant_id",
        "year",
        "capacity_kw",
        "labour_person",
        "energy_tce",
        "power_kwh",
        "co2_t",
    }
    assert power.units["capacity_kw"] == "1e4_kW"
    labelled = propose(DEABOOK / "provinces_2013_2015.dta")
    assert labelled.schema.name == "province"
    assert labelled.units == {
        "capital_cny": "1e8_cny",
        "labour_person": "1e4_person",
        "energy_tce": "Mtce",
        "output_cny": "1e8_cny",
        "co2_t": "kg",
    }
    assert "[co2]" not in labelled.to_toml()


def test_no_name_belongs_to_two_columns_of_a_schema() -> None:
    for name in schema_names():
        seen: dict[str, str] = {}
        for column in load_schema(name).columns:
            for spelling in {plain(s) for s in (column.name, *column.aliases)}:
                assert seen.setdefault(spelling, column.name) == column.name
