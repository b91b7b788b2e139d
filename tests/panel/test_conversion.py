from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, StorageError
from dualcarbon.panel import convert, read

Watch = Callable[[Path], Path]


@pytest.fixture
def text(tmp_path: Path, unchanged: Watch) -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes("企业代码,年份,代码,数,混合\n001,2015,01,2.5,x\n002,2015,12,,3\n".encode("gbk"))
    return unchanged(path)


def test_names_stay_numbers_become_numbers_codes_stay_codes(text: Path, tmp_path: Path) -> None:
    out = convert(text, tmp_path / "new" / "a.parquet")
    frame = pl.read_parquet(out)
    assert frame.columns == ["企业代码", "年份", "代码", "数", "混合"]
    assert frame.dtypes == [pl.String, pl.Int64, pl.String, pl.Float64, pl.String]
    assert frame.row(0) == ("001", 2015, "01", 2.5, "x")
    assert read(out).frame.equals(read(text).frame)
    assert [p.name for p in out.parent.iterdir()] == ["a.parquet"]


def test_kinds_of_a_typed_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.dta"
    pd.DataFrame({"firm_id": ["110", "120"], "year": [2015, 2015], "x": [0.5, float("nan")]}).to_stata(
        path, write_index=False
    )
    frame = pl.read_parquet(convert(path, tmp_path / "a.parquet"))
    assert frame.dtypes == [pl.String, pl.Int64, pl.Float64]
    assert frame.rows() == [("110", 2015, 0.5), ("120", 2015, None)]


def test_the_source_is_never_the_target(text: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        convert(text, tmp_path / "b.csv")
    assert "以 .parquet 结尾" in caught.value.say("zh")
    assert "ends in .parquet" in caught.value.say("en")
    out = convert(text, tmp_path / "a.parquet")
    with pytest.raises(ConfigError, match="another file"):
        convert(out, out)


def test_nothing_is_left_when_writing_fails(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"

    def full(self: pl.DataFrame, file: Path, **options: object) -> None:
        Path(file).write_bytes(b"half")
        raise pl.exceptions.ComputeError("no space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(StorageError):
        convert(text, folder / "a.parquet")
    assert list(folder.iterdir()) == []
