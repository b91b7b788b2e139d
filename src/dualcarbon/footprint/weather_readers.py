"""EPW, TMY3 and plain CSV as one table: time and the five columns of weather, nothing checked yet."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from dualcarbon.core.errors import InputError
from dualcarbon.core.text import Text, both
from dualcarbon.footprint.weather import COLUMNS, Format, Site, Stamp

TYPICAL_YEAR = 2001
"""The year, without a leap day, that stands for files made of months of several years."""

_EPW_HEAD, _TMY3_HEAD = 8, 2
_EPW = {"temperature_c": 6, "ghi_w_m2": 13, "dni_w_m2": 14, "dhi_w_m2": 15, "wind_m_s": 21}
_EPW_MISSING = {"temperature_c": 99.9, "ghi_w_m2": 9999.0, "dni_w_m2": 9999.0, "dhi_w_m2": 9999.0, "wind_m_s": 999.0}
_TMY3 = {
    "temperature_c": "dry-bulb (c)",
    "ghi_w_m2": "ghi (w/m^2)",
    "dni_w_m2": "dni (w/m^2)",
    "dhi_w_m2": "dhi (w/m^2)",
    "wind_m_s": "wspd (m/s)",
}
_TMY3_MISSING = -9900.0
_NAMES = {
    "time": ("time", "datetime", "timestamp", "date", "日期", "时间", "时刻"),
    "ghi_w_m2": ("ghi_w_m2", "ghi", "global_horizontal", "总辐射", "水平总辐射"),
    "dni_w_m2": ("dni_w_m2", "dni", "direct_normal", "直接辐射", "法向直接辐射"),
    "dhi_w_m2": ("dhi_w_m2", "dhi", "diffuse_horizontal", "散射辐射", "水平散射辐射"),
    "temperature_c": ("temperature_c", "temp_air", "temperature", "t2m", "气温", "温度"),
    "wind_m_s": ("wind_m_s", "wind_speed", "ws", "ws10m", "风速"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a file holds: the table, its place if it says so, the moment its stamps name."""

    frame: pl.DataFrame
    site: Site | None
    stamp: Stamp
    notes: tuple[Text, ...] = ()


def read(path: Path, format: Format | None) -> Found:
    """The table of a file."""
    lines = _lines(path)
    kind = format or _kind(lines[0])
    try:
        return {"epw": _epw, "tmy3": _tmy3, "csv": _csv}[kind](lines)
    except (IndexError, ValueError, KeyError) as cause:
        raise _unreadable(path, Text("按 {k} 读取时：{c}", "read as {k}: {c}").format(k=kind, c=cause)) from cause


def _lines(path: Path) -> list[list[str]]:
    try:
        data = path.read_bytes()
    except OSError as cause:
        raise _unreadable(path, both(str(cause.strerror))) from cause
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            rows = [row for row in csv.reader(data.decode(encoding).splitlines()) if row]
        except (UnicodeDecodeError, csv.Error):
            continue
        if len(rows) > _EPW_HEAD:
            return rows
    raise _unreadable(path, Text("没有数据行，或不是文本", "no rows of data, or not text"))


def _kind(first: Sequence[str]) -> Format:
    if first[0].strip().upper() == "LOCATION":
        return "epw"
    return "tmy3" if len(first) == 7 and first[0].strip().isdigit() else "csv"


def _epw(lines: list[list[str]]) -> Found:
    if lines[0][0].strip().upper() != "LOCATION":
        raise ValueError(f"first line begins with {lines[0][0]!r}, not LOCATION")
    latitude, longitude, tz, altitude = (float(v) for v in lines[0][6:10])
    rows = lines[_EPW_HEAD:]
    times = [_hour(int(row[1]), int(row[2]), int(row[3])) for row in rows]
    values = {
        name: [_number(row[place], _EPW_MISSING[name], above=True) for row in rows] for name, place in _EPW.items()
    }
    return _typical(times, values, Site(latitude, longitude, altitude, tz), {row[0] for row in rows})


def _tmy3(lines: list[list[str]]) -> Found:
    tz, latitude, longitude, altitude = (float(v) for v in lines[0][3:7])
    heads = [head.strip().lower() for head in lines[1]]
    rows = lines[_TMY3_HEAD:]
    dates = [row[0].split("/") for row in rows]
    times = [_hour(int(d[0]), int(d[1]), int(row[1].split(":")[0])) for d, row in zip(dates, rows, strict=True)]
    values = {
        name: [_number(row[heads.index(head)], _TMY3_MISSING, above=False) for row in rows]
        for name, head in _TMY3.items()
    }
    return _typical(times, values, Site(latitude, longitude, altitude, tz), {d[2] for d in dates})


def _hour(month: int, day: int, hour: int) -> datetime:
    """The end of an hour 1 to 24 of the typical year; 29 February is the caller's own year."""
    year = TYPICAL_YEAR - 1 if (month, day) == (2, 29) else TYPICAL_YEAR
    return datetime(year, month, day) + timedelta(hours=hour)


def _typical(times: list[datetime], values: dict[str, list[float | None]], site: Site, years: set[str]) -> Found:
    """Without 29 February, which months of several years cannot place."""
    leap = [time.year < TYPICAL_YEAR for time in times]
    frame = pl.DataFrame({"time": times, **values}).filter(~pl.Series(leap))
    notes = [
        Text("取自 {n} 个年份的月份，时间一律记为 {y} 年", "months of {n} years, all dated {y}").format(
            n=len(years), y=TYPICAL_YEAR
        )
    ]
    if any(leap):
        notes.append(Text("去掉 2 月 29 日 {n} 小时", "{n} hours of 29 February left out").format(n=sum(leap)))
    return Found(frame, site, "end", tuple(notes))


def _number(text: str, missing: float, *, above: bool) -> float | None:
    if not text.strip():
        return None
    value = float(text)
    return None if (value >= missing if above else value <= missing) else value


def _csv(lines: list[list[str]]) -> Found:
    heads = [head.strip().lower() for head in lines[0]]
    places = {name: next((heads.index(a) for a in also if a in heads), None) for name, also in _NAMES.items()}
    absent = [name for name in ("time", "ghi_w_m2", "temperature_c", "wind_m_s") if places[name] is None]
    if absent:
        raise ValueError(f"no column {', '.join(absent)}; columns are {', '.join(heads)}")
    texts = {name: [row[at] for row in lines[1:]] for name, at in places.items() if at is not None}
    values = {name: [float(v) if v.strip() else None for v in texts[name]] for name in COLUMNS if name in texts}
    return Found(pl.DataFrame({"time": _times(texts["time"]), **values}), None, "start")


def _times(texts: list[str]) -> pl.Series:
    moments = [datetime.fromisoformat(text.strip().replace("/", "-")) for text in texts]
    zoned = [moment.tzinfo is not None for moment in moments]
    if any(zoned) and not all(zoned):
        raise ValueError(f"{sum(zoned)} of {len(zoned)} time stamps carry a zone: all or none must")
    return pl.Series(moments, dtype=pl.Datetime("us", "UTC" if all(zoned) else None))


def _unreadable(path: Path, found: Text) -> InputError:
    return InputError(
        Text("无法读取气象文件 {f}", "the weather file {f} cannot be read").format(f=path.name),
        expected=Text(
            "EPW、TMY3，或带列名的 CSV：time, ghi_w_m2, temperature_c, wind_m_s（可另有 dni_w_m2, dhi_w_m2）",
            "EPW, TMY3, or CSV with heads: time, ghi_w_m2, temperature_c, wind_m_s (and dni_w_m2, dhi_w_m2)",
        ),
        found=found,
        remedy=Text(
            "用 format= 指明格式；CSV 的时间写作 2023-01-01 00:00",
            "name the format with format=; write times in CSV as 2023-01-01 00:00",
        ),
    )
