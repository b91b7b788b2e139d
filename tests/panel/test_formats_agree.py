"""The same content in every kind of file is the same panel."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualcarbon.panel import read

Writer = Callable[[pl.DataFrame, Path], object]


def to_pandas_dict(frame: pl.DataFrame) -> dict[str, object]:
    import numpy as np

    return {c.name: np.array(c.to_list(), dtype=object) if c.dtype == pl.String else c.to_numpy() for c in frame}


def write_stata(frame: pl.DataFrame, path: Path) -> None:
    import pandas as pd

    pd.DataFrame(to_pandas_dict(frame)).to_stata(path, write_index=False, version=118)


def write_excel(frame: pl.DataFrame, path: Path) -> None:
    import pandas as pd

    pd.DataFrame(to_pandas_dict(frame)).to_excel(path, index=False)


WRITERS: dict[str, Writer] = {
    "a.parquet": lambda f, p: f.write_parquet(p),
    "a.csv": lambda f, p: f.write_csv(p),
    "a.tsv": lambda f, p: f.write_csv(p, separator="\t"),
    "a.csv.gz": lambda f, p: p.write_bytes(gzip.compress(f.write_csv().encode())),
    "a.txt": lambda f, p: p.write_bytes(f.write_csv(separator=";").encode("gb18030")),
    "a.dta": write_stata,
    "a.xlsx": write_excel,
}


@pytest.mark.parametrize("name", WRITERS)
def test_same_content_same_panel(tmp_path: Path, firms: pl.DataFrame, name: str) -> None:
    mixed = firms.with_columns(pl.Series("企业名称", ["甲", "甲", "乙", "乙", "丙", "丙"])).sample(
        fraction=1, shuffle=True, seed=1
    )
    path = tmp_path / name
    WRITERS[name](mixed, path)
    panel = read(path)
    assert panel.frame.equals(mixed.sort("firm_id", "year"))
    assert panel.provenance.name.en == name


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_a_number_in_text_is_the_same_number(tmp_path_factory: pytest.TempPathFactory, values: list[float]) -> None:
    path = tmp_path_factory.mktemp("numbers") / "a.csv"
    pl.DataFrame({"firm_id": [str(k) for k in range(len(values))], "year": 2015, "output_cny": values}).write_csv(path)
    found = read(path).frame.sort(pl.col("firm_id").cast(pl.Int64))["output_cny"].to_list()
    assert found == values


def test_row_order_of_the_file_does_not_matter(tmp_path: Path, firms: pl.DataFrame) -> None:
    firms.write_csv(tmp_path / "a.csv")
    firms.reverse().write_csv(tmp_path / "b.csv")
    assert read(tmp_path / "a.csv").frame.equals(read(tmp_path / "b.csv").frame)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_the_quick_way_and_the_way_by_text_agree(tmp_path_factory: pytest.TempPathFactory, values: list[float]) -> None:
    folder = tmp_path_factory.mktemp("ways")
    frame = pl.DataFrame({"firm_id": [str(k) for k in range(len(values))], "year": "2015", "output_cny": values})
    frame.write_csv(folder / "quick.csv", quote_style="always")
    frame.with_columns(pl.lit(" 2015.0").alias("year")).write_csv(folder / "text.csv")
    assert read(folder / "quick.csv").frame.equals(read(folder / "text.csv").frame)
