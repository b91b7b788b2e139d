"""A file as it stands: names kept, keys found or named."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import InputError, SchemaError
from dualcarbon.panel.plain import read_plain


def test_names_stay_and_numbers_become_numbers(tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text("firm_id,year,code,my size,gap\n2,2001,0012,1.5,\n1,2001,0013,2,7\n", encoding="utf-8")
    found = read_plain(file)
    assert (found.id, found.time) == ("firm_id", "year")
    assert found.frame.columns == ["firm_id", "year", "code", "my size", "gap"]
    assert found.arrays("my size")[0].tolist() == [2.0, 1.5]
    assert found.frame["code"].to_list() == ["0013", "0012"] and found.frame["gap"].to_list() == [7, None]
    assert found.provenance.name.en == "d.csv" and len(found.provenance.sha256) == 64


def test_keys_may_be_named_and_types_of_parquet_stay(tmp_path: Path) -> None:
    file = tmp_path / "d.parquet"
    pl.DataFrame({"county": ["b", "a"], "when": [1, 1], "x": [1.0, float("nan")]}).write_parquet(file)
    found = read_plain(file, id="county", time="when")
    assert found.frame.rows() == [("a", 1, None), ("b", 1, 1.0)]


def test_a_key_that_is_not_found_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text("county,year\n1,2001\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="--id COLUMN"):
        read_plain(file)
    with pytest.raises(InputError):
        read_plain(tmp_path / "absent.csv")
