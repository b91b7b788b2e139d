"""The readers: the publishers' files where they are, made-up files for every way they can be broken."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import DataError, InputError, SchemaError
from dualcarbon.studies.broadband_china.source import (
    CEADS_FILE,
    COUNTY_FILE,
    ceads_cities,
    counties,
    county_cities,
    source_folder,
)

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"
# CEADs prints Mt; sums of thousands of doubles in another order.
SUM = 1e-9


def write_ceads(folder: Path, rows: list[tuple[str, int, float | None]]) -> None:
    schema = {"city": pl.String, "year": pl.Int64, "co2_mt_ceads": pl.Float64}
    text = pl.DataFrame(rows, schema=schema, orient="row").write_csv()
    (folder / "plain.csv").write_text(text, encoding="utf-8")
    (folder / "plain.csv").rename(folder / CEADS_FILE)


def write_counties(folder: Path, rows: list[tuple[object, ...]]) -> None:
    schema = {
        **dict.fromkeys(("county_code", "county", "city", "province"), pl.String),
        "year": pl.Int64,
        "co2_mt": pl.Float64,
    }
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(folder / COUNTY_FILE)


def test_ceads_gaps_and_drops_are_counted(tmp_path: Path) -> None:
    rows: list[tuple[str, int, float | None]] = [
        *(("甲", year, 1.0) for year in range(2006, 2010)),
        *(("乙", year, 2.0) for year in (2006, 2009)),
        ("乙", 1995, 1.0),
        ("乙", 2000, 1.0),
        ("丙", 2007, None),
        ("丙", 2008, 0.0),
        ("丙", 2009, 3.0),
    ]
    write_ceads(tmp_path, rows)
    found = ceads_cities(tmp_path, (2006, 2009))
    assert [(d.reason.en, d.rows) for d in found.panel.drops] == [
        ("year outside 1997-2019", 1),
        ("year outside 2006-2009", 1),
        ("CO2 missing or not positive", 2),
    ]
    assert found.gaps.rows() == [("丙", 1, 3, 0), ("乙", 2, 2, 2)]
    assert (found.missing, found.complete) == (5, 1)
    assert found.panel.frame.filter(pl.col("city") == "甲")["co2_t"].to_list() == [1e6] * 4


def test_footnotes_leave_and_a_city_needs_all_its_counties(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        ("1", "a", "甲市", "X省", 2006, 1.0),
        ("2", "b", "甲市", "X省", 2006, 2.0),
        ("1", "a", "甲市", "X省", 2007, 3.0),
        (None, None, None, None, 2007, None),
        ("Note: names of counties", None, None, None, 2007, None),
    ]
    write_counties(tmp_path, rows)
    found = county_cities(tmp_path, (2006, 2007))
    assert found.panel.frame.select("city", "year", "province", "co2_t", "counties").rows() == [
        ("甲市", 2006, "X省", 3e6, 2)
    ]
    assert [(d.reason.en, d.rows) for d in found.panel.drops] == [
        ("empty rows and footnotes", 2),
        ("city with counties missing", 1),
    ]
    assert counties(tmp_path, (2006, 2007)).gaps.rows() == [("2", 1, 1, 0)]


def test_one_city_name_in_two_provinces_is_refused(tmp_path: Path) -> None:
    write_counties(tmp_path, [("1", "a", "甲市", "X省", 2006, 1.0), ("2", "b", "甲市", "Y省", 2006, 2.0)])
    with pytest.raises(DataError, match="甲市"):
        county_cities(tmp_path, (2006, 2007))


def test_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert source_folder(None) is None
    with pytest.raises(InputError) as caught:
        source_folder(tmp_path)
    assert CEADS_FILE in caught.value.say("zh")
    (tmp_path / "data").mkdir()
    write_ceads(tmp_path / "data", [("甲", 2006, 1.0)])
    assert source_folder(None) == Path("data")
    assert source_folder(tmp_path / "data") == tmp_path / "data"


def test_broken_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not found"):
        ceads_cities(tmp_path)
    (tmp_path / COUNTY_FILE).write_bytes(b"no parquet")
    with pytest.raises(InputError, match="cannot be read"):
        counties(tmp_path)
    (tmp_path / CEADS_FILE).write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="co2_mt_ceads"):
        ceads_cities(tmp_path)
    write_counties(tmp_path, [("1", "a", "甲市", "X省", 2006, 1.0)])
    with pytest.raises(DataError, match="no row can be used"):
        counties(tmp_path, (2030, 2031))
    write_counties(tmp_path, [("1", "a", "甲市", "X省", 2006, 1.0)] * 2)
    with pytest.raises(SchemaError, match="duplicate keys"):
        counties(tmp_path)


def test_the_publishers_files() -> None:
    if source_folder(SHARED if SHARED.is_dir() else None) is None:
        pytest.skip("city emissions are not beside the checkout")
    ceads = ceads_cities(SHARED)
    assert (ceads.panel.n, ceads.complete, ceads.missing) == (3149, 84, 883)
    assert ceads.panel.drops[0].rows == 1
    whole, parts = county_cities(SHARED), counties(SHARED)
    assert (whole.panel.frame["city"].n_unique(), whole.complete, whole.missing) == (353, 353, 0)
    assert parts.panel.drops[0].rows == 42
    assert parts.panel.frame["county_code"].n_unique() == 2735
    total, summed = parts.panel.frame["co2_t"].sum(), whole.panel.frame["co2_t"].sum()
    assert abs(summed / total - 1) < SUM
