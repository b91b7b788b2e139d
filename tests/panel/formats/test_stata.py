from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dualcarbon.core.errors import InputError
from dualcarbon.panel import propose, read
from dualcarbon.panel.formats import Options, load_table

Watch = Callable[[Path], Path]


def as_bytes(word: str, encoding: str) -> str:
    """A word whose Latin-1 bytes are those of the word in another encoding: how old Stata files hold Chinese."""
    return word.encode(encoding).decode("latin-1")


def old_file(path: Path, encoding: str, version: int = 114) -> Path:
    """A file of Stata 10 to 13 written on a Chinese system."""
    frame = pd.DataFrame(
        {"qydm": ["001", "002"], "year": [2012, 2013], "prov": ["北京", "广东"], "gyzcz": [1.5, np.nan]}
    )
    frame["prov"] = [as_bytes(word, encoding) for word in frame["prov"]]
    labels = {"gyzcz": as_bytes("工业总产值(千元)", encoding)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_stata(path, write_index=False, version=version, variable_labels=labels)
    return path


@pytest.mark.parametrize("version", [114, 117])
@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_chinese_of_old_files(tmp_path: Path, unchanged: Watch, version: int, encoding: str) -> None:
    path = unchanged(old_file(tmp_path / "old.dta", encoding, version))
    mapping = {"firm_id": "qydm", "year": "year", "province": "prov", "output_cny": "gyzcz"}
    panel = read(path, mapping=mapping, units={"output_cny": "千元"})
    assert panel.frame.rows() == [("001", 2012, "北京", 1500.0), ("002", 2013, "广东", None)]
    assert load_table(path).labels == {"gyzcz": "工业总产值(千元)"}


def test_the_label_of_a_column_is_proposed_with_its_unit(tmp_path: Path) -> None:
    draft = propose(old_file(tmp_path / "old.dta", "gbk"))
    assert draft.mapping == {"firm_id": "qydm", "year": "year", "province": "prov", "output_cny": "gyzcz"}
    assert draft.units == {"output_cny": "1e3_cny"}


def test_undecodable_old_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.dta"
    frame = pd.DataFrame({"firm_id": ["1"], "year": [2012], "name": [as_bytes("台灣電力", "big5")]})
    frame.to_stata(path, write_index=False, version=114)
    with pytest.raises(InputError, match="cannot be told"):
        read(path)
    assert read(path, encoding="big5").frame["name"].to_list() == ["台灣電力"]


def test_missing_values_and_kinds(tmp_path: Path) -> None:
    path = tmp_path / "new.dta"
    frame = pd.DataFrame(
        {
            "firm_id": pd.array([3, 1, 2], dtype="int32"),
            "year": pd.array([2015, 2015, 2015], dtype="int16"),
            "employees_person": pd.array([5, None, 7], dtype="Int16"),
            "output_cny": np.array([0.1, np.nan, 2.0], dtype="float32"),
            "省份": ["北京", "", "广东"],
        }
    )
    frame.to_stata(path, write_index=False, version=118)
    rows = read(path).frame.rows()
    assert rows == [
        ("1", 2015, None, None, None),
        ("2", 2015, "广东", 7.0, 2.0),
        ("3", 2015, "北京", 5.0, float(np.float32(0.1))),
    ]


def test_chunks_agree_on_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "chunks.dta"
    count = np.arange(10, dtype="float64")
    frame = pd.DataFrame({"firm_id": count.astype("int16"), "year": np.full(10, 2015, dtype="int16")})
    frame["k"] = pd.array([1, 2, 3, None, 5, 6, 7, 8, 9, 10], dtype="Int8")
    frame["x"] = np.where(count == 4, np.nan, count / 4)
    frame.to_stata(path, write_index=False)
    whole = load_table(path).frame
    monkeypatch.setattr("dualcarbon.panel.formats.stata._CHUNK", 3)
    chunked = load_table(path).frame
    assert chunked.equals(whole.with_columns(whole["k"].cast(chunked["k"].dtype)))
    assert chunked["k"].to_list() == [1, 2, 3, None, 5, 6, 7, 8, 9, 10]
    assert load_table(path, Options(rows=4)).frame.height == 6


def test_header_only(tmp_path: Path) -> None:
    path = tmp_path / "none.dta"
    pd.DataFrame({"firm_id": pd.array([], dtype="int32"), "year": pd.array([], dtype="int16")}).to_stata(
        path, write_index=False
    )
    with pytest.raises(InputError, match=r"0 rows, 2 columns: firm_id, year"):
        read(path)
