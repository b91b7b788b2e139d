"""City emissions the user has beside the checkout: CEADs' cities, and counties added up to cities; never shipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from dualcarbon.core.errors import DataError, InputError, SchemaError
from dualcarbon.core.files import require_readable
from dualcarbon.core.grouped import group_sums
from dualcarbon.core.panel import Drop, Panel, Provenance
from dualcarbon.core.text import Text, both

if TYPE_CHECKING:
    from collections.abc import Callable

CEADS_FILE = "ceads_city_co2_1997_2019.csv.gz"
COUNTY_FILE = "china_county_co2_1997_2017.parquet"
PLACES = (Path(), Path("data"), Path("../shared/data"))
"""Where the files are looked for when no folder is named, in this order."""

CEADS = Text("CEADs 城市二氧化碳排放 1997–2019", "CEADs city CO2 1997-2019")
COUNTIES = Text("县级二氧化碳排放 1997–2017，加总到城市", "County CO2 1997-2017, added up to cities")
_COUNTY = Text("县级二氧化碳排放 1997–2017", "County CO2 1997-2017")
_SHOWN = 5
_TONNES = 1e6


@dataclass(frozen=True, slots=True)
class CitySource:
    """Emissions of cities (or counties) over years, and where years are missing.

    Attributes
    ----------
    panel : Panel
        city, year, province (where the file says), co2_t, ln_co2; ``id="city"``. Counties: ``id="county_code"``, with
        county, city, province.
    gaps : polars.DataFrame
        One row per unit that lacks years: its id, present, missing, inner (years missing between its first and last).
    missing : int
        Unit-years missing of all units times all years.
    complete : int
        Units seen in every year.
    """

    panel: Panel
    gaps: pl.DataFrame
    missing: int
    complete: int

    def __repr__(self) -> str:
        return f"CitySource({self.panel!r}, {self.complete} complete, {self.missing} unit-years missing)"


def source_folder(folder: Path | None, files: Sequence[str] = (CEADS_FILE, COUNTY_FILE)) -> Path | None:
    """The folder that holds any of the files: the one named, or the first of `PLACES` that does; None if none does.

    Raises
    ------
    InputError
        If a folder was named and holds none of them.
    """
    for place in (folder,) if folder is not None else PLACES:
        if any((place / name).is_file() for name in files):
            return place
    if folder is None:
        return None
    raise InputError(
        Text("{f} 中没有城市排放数据", "no city emissions in {f}").format(f=folder),
        expected=both(" | ".join(files)),
        found=_listing(folder),
        remedy=Text(
            "指明装有这些文件的文件夹，或不给文件夹而用模拟城市", "name the folder that holds them, or none to simulate"
        ),
    )


def ceads_cities(folder: Path, years: tuple[int, int] = (2006, 2019)) -> CitySource:
    """CEADs' cities by their published names (province before city), tonnes of CO2.

    Rows outside 1997-2019, the years of the publication, and outside `years` are dropped and counted; so are rows
    without a positive number. Many city-years are missing: see `gaps`.

    Raises
    ------
    InputError
        If the file is absent or cannot be read.
    SchemaError
        If its columns are not city, year and co2_mt_ceads, or a city-year occurs twice.
    """
    table = _read(folder / CEADS_FILE, pl.read_csv, ("city", "year", "co2_mt_ceads"), ("year", "co2_mt_ceads"))
    table = table.select("city", pl.col("year").cast(pl.Int64), co2_t=pl.col("co2_mt_ceads") * _TONNES)
    panel = Panel.from_frame(table, id="city", time="year", schema="city", provenance=Provenance(CEADS))
    panel = panel.keep(pl.col("year").is_between(1997, 2019), Text("年份在 1997–2019 之外", "year outside 1997-2019"))
    return _measured(panel, years)


def counties(folder: Path, years: tuple[int, int] = (2006, 2017)) -> CitySource:
    """Counties with the city and province they lie in, tonnes of CO2; footnotes and empty rows are dropped and counted.

    Raises
    ------
    InputError
        If the file is absent or cannot be read.
    SchemaError
        If it lacks a column, or a county-year occurs twice.
    """
    names = ("county_code", "county", "city", "province", "year", "co2_mt")
    table = _read(folder / COUNTY_FILE, pl.read_parquet, names, ("year", "co2_mt")).select(names)
    real = table.filter(pl.all_horizontal(pl.col("county", "city", "province").is_not_null()))
    empty = Drop(Text("空行与脚注行", "empty rows and footnotes"), table.height - real.height)
    columns = ("county_code", "county", "city", "province", pl.col("year").cast(pl.Int64))
    panel = Panel.from_frame(
        real.select(*columns, co2_t=pl.col("co2_mt") * _TONNES),
        id="county_code",
        time="year",
        schema="city",
        provenance=Provenance(_COUNTY),
    )
    return _measured(replace(panel, drops=(empty,) if empty.rows else ()), years)


def county_cities(folder: Path, years: tuple[int, int] = (2006, 2017)) -> CitySource:
    """Counties added up to the cities they lie in.

    A city-year counts only where every county of the city ever seen is there; the others are dropped and counted.

    Raises
    ------
    InputError, SchemaError
        As for `counties`.
    """
    found = counties(folder, years).panel
    sizes = found.frame.group_by("province", "city").agg(pl.col("county_code").n_unique().alias("_all"))
    counted = pl.len().cast(pl.Int64).alias("counties")
    summed = group_sums(found.frame, ["province", "city", "year"], ["co2_t"], [counted])
    summed = summed.join(sizes, on=["province", "city"], how="left", validate="m:1")
    twice = summed.group_by("city").agg(pl.col("province").n_unique()).filter(pl.col("province") > 1)["city"].to_list()
    if twice:
        raise DataError(
            Text("不同省份有同名城市", "cities of several provinces share a name"),
            expected=Text("每个城市名只在一个省", "each name in one province"),
            found=both(", ".join(twice[:_SHOWN])),
            remedy=Text("在城市名前加省名", "put the province before these names"),
        )
    panel = Panel.from_frame(
        summed.select("city", "year", "province", "co2_t", "counties", "_all"),
        id="city",
        time="year",
        schema="city",
        provenance=Provenance(COUNTIES),
    )
    panel = replace(panel, drops=found.drops)
    panel = panel.keep(pl.col("counties") == pl.col("_all"), Text("城市缺县", "city with counties missing"))
    return _measured(replace(panel, frame=panel.frame.drop("_all")), years)


def _measured(panel: Panel, years: tuple[int, int]) -> CitySource:
    """The years asked for, rows with positive emissions, and the gaps that remain."""
    first, last = years
    panel = panel.keep(
        pl.col("year").is_between(first, last),
        Text("年份在 {a}–{b} 之外", "year outside {a}-{b}").format(a=first, b=last),
    )
    panel = panel.keep(
        pl.col("co2_t").is_finite() & (pl.col("co2_t") > 0), Text("排放缺失或不为正", "CO2 missing or not positive")
    )
    if not panel.n:
        raise DataError(
            Text("{p}：没有可用的行", "{p}: no row can be used").format(p=panel.provenance.name),
            expected=Text("{a}–{b} 年有正的排放", "positive emissions in {a}-{b}").format(a=first, b=last),
            found=both("; ".join(f"{d.reason.en}: {d.rows}" for d in panel.drops) or "0"),
            remedy=Text("改用有数据的年份", "ask for years the file covers"),
        )
    panel = panel.with_columns(pl.col("co2_t").log().alias("ln_co2"))
    whole = int(panel.frame["year"].n_unique())
    present = pl.len().cast(pl.Int64).alias("present")
    span = (pl.col("year").max() - pl.col("year").min() + 1 - pl.len().cast(pl.Int64)).alias("inner")
    units = panel.frame.group_by(panel.id).agg(present, span).sort(panel.id)
    units = units.with_columns((whole - pl.col("present")).alias("missing"))
    gaps = units.filter(pl.col("missing") > 0).select(panel.id, "present", "missing", "inner")
    missing, complete = int(units["missing"].sum()), units.height - gaps.height
    note = Text(
        "{p}：{u} 个单位 × {t} 年中缺 {m} 个单位年，{c} 个单位年年齐全。",
        "{p}: {m} unit-years of {u} units times {t} years are missing; {c} units are complete.",
    ).format(p=panel.provenance.name, u=units.height, t=whole, m=missing, c=complete)
    return CitySource(replace(panel, notes=(*panel.notes, note)), gaps, missing, complete)


def _read(
    path: Path, reader: Callable[[Path], pl.DataFrame], columns: Sequence[str], numbers: Sequence[str]
) -> pl.DataFrame:
    require_readable(path)
    if not path.is_file():
        raise InputError(
            Text("没有找到 {p}", "{p} was not found").format(p=path.name),
            expected=both(path.name),
            found=_listing(path.parent),
            remedy=Text("把文件放入该文件夹，或指明另一个", "put the file there, or name another folder"),
        )
    try:
        table = reader(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(
            Text("{p} 读不出来", "{p} cannot be read").format(p=path.name),
            expected=Text("发布者的原文件", "the publisher's file"),
            found=both(f"{type(error).__name__}: {str(error).splitlines()[0]}"),
            remedy=Text("重新下载该文件", "download the file again"),
        ) from error
    absent = [name for name in columns if name not in table.columns]
    if absent:
        raise SchemaError(
            Text("{p} 缺少列", "{p} lacks columns").format(p=path.name),
            expected=both(", ".join(columns)),
            found=both(", ".join(table.columns)),
            remedy=Text("用发布者的原文件", "use the publisher's file"),
        )
    wrong = [name for name in numbers if not table.schema[name].is_numeric()]
    if wrong:
        raise SchemaError(
            Text("{p} 的列不是数值", "{p}: columns are not numeric").format(p=path.name),
            expected=Text("数值列 {c}", "numeric {c}").format(c=", ".join(numbers)),
            found=Text("{c}；{n} 行", "{c}; {n} rows").format(
                c="; ".join(f"{name} {table[name].head(_SHOWN).to_list()}" for name in wrong), n=table.height
            ),
            remedy=Text("用发布者的原文件", "use the publisher's file"),
        )
    return table


def _listing(folder: Path) -> Text:
    if not folder.is_dir():
        return Text("没有这个文件夹", "no such folder")
    names = sorted(path.name for path in folder.iterdir())
    return both(", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "") or "-")
