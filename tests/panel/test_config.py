from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.panel import DataConfig, read, read_declared
from dualcarbon.panel.config import declared


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text("code;jahr;sales;coal\n2;2015;—;7\n1;2015;3;8\n", encoding="utf-8")
    return path


def test_a_declared_table_is_the_read_one(file: Path) -> None:
    columns, units = {"firm_id": "code", "year": "jahr", "output_cny": "sales"}, {"output_cny": "万元"}
    table = {"path": "a.csv", "schema": "firm", "columns": columns, "units": units, "missing": ["—"], "separator": ";"}
    panel = read_declared({"data": table, "technology": {}}, file.parent)
    same = read(file, "firm", columns, units, missing=("—",), separator=";")
    assert panel.frame.equals(same.frame)
    assert panel.frame["output_cny"].to_list() == [30000.0, None]
    assert read_declared(declared(table), file.parent).frame.equals(same.frame)


def test_without_columns_names_and_aliases_decide(tmp_path: Path, firms: pl.DataFrame) -> None:
    firms.write_parquet(tmp_path / "a.parquet")
    config = DataConfig(path="a.parquet")
    assert config.load(tmp_path).frame.equals(firms)
    assert config.check(tmp_path).exit_code == 1


def test_an_absolute_path_ignores_the_folder(file: Path) -> None:
    config = DataConfig(path=str(file), columns={"firm_id": "code", "year": "jahr"})
    assert config.load("elsewhere").n == 2


def test_all_faults_of_the_table_in_one_error() -> None:
    with pytest.raises(ConfigError) as caught:
        read_declared({"data": {"schema": "firm", "colums": {}, "units": {"a": 1}}})
    zh, en = caught.value.say("zh"), caught.value.say("en")
    assert "[data] 部分有误" in zh
    for fault in ("path: this key is missing", "is columns meant?", "units.a = 1: should be text in quotes"):
        assert fault in en
    for fault in ("path：缺少这个键", "是否指 columns？", "units.a = 1：应为带引号的文字"):
        assert fault in zh
