"""What is wrong with a year of weather: every fault named with its count, first times and remedy, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import polars as pl

from dualcarbon.core.errors import DataError, SchemaError
from dualcarbon.core.text import Text, both
from dualcarbon.footprint.sun import cos_zenith, split
from dualcarbon.footprint.weather import COLUMNS, YEAR_H, Array, Site, Stamp

SHOWN = 3
STRONG_W_M2 = 50.0
"""Irradiance that needs the sun above the horizon."""
DARK_HOURS = 5
"""More strong hours in the dark than this are no accident of one instrument."""
BETTER = 0.01
"""A shifted clock must fit the sun better by this much correlation to be suspected."""

_HOUR = timedelta(hours=1)
_NEEDED = ("time", "ghi_w_m2", "temperature_c", "wind_m_s")
_BEFORE = {"start": timedelta(0), "middle": timedelta(minutes=30), "end": _HOUR}
_LIMITS = {
    "ghi_w_m2": (0.0, 1500.0),
    "dni_w_m2": (0.0, 1500.0),
    "dhi_w_m2": (0.0, 1200.0),
    "temperature_c": (-90.0, 60.0),
    "wind_m_s": (0.0, 75.0),
}


@dataclass(frozen=True, slots=True)
class _Fault:
    found: Text
    remedy: Text


@dataclass(slots=True)
class _Findings:
    faults: list[_Fault] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)

    def add(self, found: Text, remedy: Text) -> None:
        self.faults.append(_Fault(found, remedy))


def checked(frame: pl.DataFrame, site: Site, stamp: Stamp, name: Text) -> tuple[pl.DataFrame, tuple[Text, ...]]:
    """8,760 hours with all five columns, and what was done to them."""
    _require_columns(frame, name)
    hours = _local(frame, site, stamp)
    seen = _Findings()
    hours = _calendar(hours, seen)
    _values(hours, seen)
    if not seen.faults:
        _clock(hours, site, seen)
    if seen.faults:
        raise _refusal(name, seen.faults)
    if not {"dni_w_m2", "dhi_w_m2"} <= set(hours.columns):
        dni, dhi = split(hours["time"], hours["ghi_w_m2"].to_numpy(), site)
        hours = hours.with_columns(pl.Series("dni_w_m2", dni), pl.Series("dhi_w_m2", dhi))
        seen.notes.append(
            Text("直射与散射由 Erbs 等（1982）模型拆分", "direct and diffuse split by the model of Erbs et al. (1982)")
        )
    return hours.select("time", *COLUMNS), tuple(seen.notes)


def _require_columns(frame: pl.DataFrame, name: Text) -> None:
    absent = [column for column in _NEEDED if column not in frame.columns]
    text = [c for c in COLUMNS if c in frame.columns and not frame[c].dtype.is_numeric()]
    timed = "time" in frame.columns and isinstance(frame["time"].dtype, pl.Datetime)
    if absent or text or not timed or frame["time"].null_count():
        raise SchemaError(
            Text("气象表的列不合：{n}", "columns of the weather do not fit: {n}").format(n=name),
            expected=Text(
                "time（时刻，无缺失）与数值列 {c}；dni_w_m2、dhi_w_m2 可无",
                "time (datetime, none missing) and numbers {c}; dni_w_m2, dhi_w_m2 optional",
            ).format(c=", ".join(_NEEDED[1:])),
            found=Text("缺 {a}；非数值 {t}；已有 {h}", "absent {a}; not numbers {t}; there are {h}").format(
                a=", ".join(absent) or "-", t=", ".join(text) or "-", h=", ".join(frame.columns)
            ),
            remedy=Text("改列名与类型", "rename and cast the columns"),
        )


def _local(frame: pl.DataFrame, site: Site, stamp: Stamp) -> pl.DataFrame:
    """Sorted by the start of the hour in local standard time."""
    time = frame["time"].dt.cast_time_unit("us")
    if isinstance(time.dtype, pl.Datetime) and time.dtype.time_zone is not None:
        time = time.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        time = time + timedelta(hours=site.utc_offset_h)
    present = [c for c in COLUMNS if c in frame.columns]
    floats = frame.select(pl.col(c).cast(pl.Float64).fill_nan(None) for c in present)
    return floats.insert_column(0, (time - _BEFORE[stamp]).alias("time")).sort("time", maintain_order=True)


def _calendar(hours: pl.DataFrame, seen: _Findings) -> pl.DataFrame:
    """Gaps, repeated hours, length, step; 29 February is left out and noted."""
    leap = (hours["time"].dt.month() == 2) & (hours["time"].dt.day() == 29)
    if leap.any():
        hours = hours.filter(~leap)
        seen.notes.append(
            Text("去掉 2 月 29 日 {n} 小时", "{n} hours of 29 February left out").format(n=int(leap.sum()))
        )
    step = hours["time"].diff().median()
    if not isinstance(step, timedelta) or step != _HOUR:
        minutes = step.total_seconds() / 60 if isinstance(step, timedelta) else float("nan")
        seen.add(
            Text("时间步长 {m:.0f} 分钟，应为 60 分钟", "steps of {m:.0f} minutes, not 60").format(m=minutes),
            Text("先按小时取平均", "average to hours first"),
        )
        return hours
    repeated = hours.filter(hours["time"].is_duplicated())["time"].unique(maintain_order=True)
    wanted = _year_from(hours)
    missing = wanted.filter(~wanted.is_in(hours["time"].implode()))
    extra = hours["time"].n_unique() - (YEAR_H - missing.len())
    summer = 1 <= repeated.len() <= 2 and 1 <= missing.len() <= 2
    hint = Text("；很像夏令时：请改用标准时", "; this looks like summer time: use standard time") if summer else None
    if repeated.len():
        found = Text("重复的小时 {n}", "repeated hours: {n}").format(n=_first(repeated))
        seen.add(found, hinted(Text("每小时只留一行", "keep one row an hour"), hint))
    if missing.len():
        found = Text("缺失的小时 {n}", "missing hours (gaps): {n}").format(n=_first(missing))
        seen.add(found, hinted(Text("补齐整年 8760 小时", "fill the year to 8,760 hours"), hint))
    if extra > 0:
        rows = Text("{n} 小时，比一年多 {e}", "{n} hours, {e} more than a year").format(
            n=hours["time"].n_unique(), e=extra
        )
        seen.add(
            rows, Text("截取一年，或核对时刻是否在整点", "cut to one year, or check that stamps fall on one minute")
        )
    return hours


def hinted(remedy: Text, hint: Text | None) -> Text:
    """A remedy with what else it may be."""
    return remedy if hint is None else Text(remedy.zh + hint.zh, remedy.en + hint.en)


def _year_from(hours: pl.DataFrame) -> pl.Series:
    """The 8,760 hours from the first one on, without 29 February."""
    first = hours["time"][0]
    every = pl.datetime_range(first, first + timedelta(hours=YEAR_H + 47), _HOUR, eager=True).alias("time")
    return every.filter(~((every.dt.month() == 2) & (every.dt.day() == 29))).head(YEAR_H)


def _first(times: pl.Series) -> Text:
    shown = ", ".join(time.strftime("%Y-%m-%d %H:%M") for time in times.head(SHOWN))
    return Text("{n} 个，最早 {f}", "{n}, first {f}").format(n=times.len(), f=shown)


def _values(hours: pl.DataFrame, seen: _Findings) -> None:
    for column in (c for c in COLUMNS if c in hours.columns):
        values = hours[column]
        if values.null_count():
            seen.add(
                Text("{c} 缺值 {n}", "{c} without a value: {n}").format(
                    c=column, n=_first(hours.filter(values.is_null())["time"])
                ),
                Text("补齐该列", "fill the column"),
            )
            continue
        units = _units(column, values.to_numpy())
        if units is not None:
            seen.faults.append(units)
            continue
        low, high = _LIMITS[column]
        for wrong, found in ((values < low, "< {b:g}"), (values > high, "> {b:g}")):
            if wrong.any():
                bound = low if found.startswith("<") else high
                seen.add(*_outside(column, found.format(b=bound), hours.filter(wrong)["time"]))


def _outside(column: str, bound: str, times: pl.Series) -> tuple[Text, Text]:
    night = column.endswith("w_m2") and bound == "< 0"
    found = Text("{c} {b}：{n}", "{c} {b}: {n}").format(c=column, b=bound, n=_first(times))
    if night:
        return found, Text(
            "负辐照度若在夜间且很小，是仪器零点，设为 0；否则核对数据",
            "small negative irradiance at night is an instrument's zero: set it to 0; otherwise check the data",
        )
    return found, Text("核对该列的单位与数值", "check the unit and values of the column")


def _units(column: str, values: Array) -> _Fault | None:
    """A column whose size betrays another unit."""
    top, middle = float(values.max()), float(np.median(values))
    if column == "ghi_w_m2" and 0.0 < top < 2.0:
        return _unit(column, top, "kW/m2", "W/m2", "1000")
    if column == "ghi_w_m2" and 2.0 <= top < 6.0:
        return _unit(column, top, "MJ/m2/h", "W/m2", "1/0.0036")
    if column == "ghi_w_m2" and top == 0.0:
        return _Fault(
            Text("{c} 全为 0", "{c} is 0 throughout").format(c=column),
            Text("核对列是否读错", "check whether the right column was read"),
        )
    if column == "temperature_c" and middle > 150.0:
        return _Fault(
            Text("{c} 中位数 {v:.1f}，像是开尔文", "{c} has median {v:.1f}, which looks like kelvin").format(
                c=column, v=middle
            ),
            Text("{c} 减去 273.15", "subtract 273.15 from {c}").format(c=column),
        )
    if column == "wind_m_s" and middle > 14.0:
        return _unit(column, middle, "km/h", "m/s", "1/3.6")
    return None


def _unit(column: str, value: float, seems: str, wanted: str, factor: str) -> _Fault:
    return _Fault(
        Text("{c} 的量级 {v:.3g} 像是 {s}，应为 {w}", "{c} of size {v:.3g} looks like {s}, not {w}").format(
            c=column, v=value, s=seems, w=wanted
        ),
        Text("{c} 乘以 {f}", "multiply {c} by {f}").format(c=column, f=factor),
    )


def _clock(hours: pl.DataFrame, site: Site, seen: _Findings) -> None:
    """Strong irradiance while the sun is down, and the shift at which the clock would fit the sun best."""
    ghi = hours["ghi_w_m2"].to_numpy()
    edge = [cos_zenith(hours["time"], site, minutes) for minutes in (0.0, 30.0, 60.0)]
    dark = (ghi > STRONG_W_M2) & (np.maximum.reduce(edge) < 0.0)
    sun = np.maximum(edge[1], 0.0)
    shifts = np.arange(-12, 13)
    varies = np.ptp(ghi) > 0.0 and np.ptp(sun) > 0.0
    fit = np.array([np.corrcoef(np.roll(ghi, -k), sun)[0, 1] if varies else float(k == 0) for k in shifts])
    best = int(shifts[int(fit.argmax())])
    late = best != 0 and float(fit.max() - fit[12]) > BETTER
    if not late and int(dark.sum()) <= DARK_HOURS:
        return
    seen.add(_shifted(hours["time"].filter(pl.Series(dark)), best if late else 0), _how(best if late else 0, site))


def _shifted(dark: pl.Series, best: int) -> Text:
    found = Text("太阳在地平线下而总辐射 > {w:g} W/m2 的小时 {n}", "sun down and ghi > {w:g} W/m2: {n}").format(
        w=STRONG_W_M2, n=_first(dark) if dark.len() else both("0")
    )
    if best == 0:
        return found
    more = Text("；文件时刻似乎偏{d} {k} 小时", "; the file's clock seems {k} h too {d}").format(
        k=abs(best), d=Text("晚", "late") if best > 0 else Text("早", "early")
    )
    return Text(found.zh + more.zh, found.en + more.en)


def _how(best: int, site: Site) -> Text:
    if best == 0:
        return Text("核对地点与时区，或设 stamp=", "check site and time zone, or set stamp=")
    done = Text("减去", "subtract") if best > 0 else Text("加上", "add")
    how = Text(
        "核对时区（现按 UTC{o:+g}）：时刻{d} {k} 小时，或改 Site(tz=)",
        "check the time zone (now UTC{o:+g}): {d} {k} h, or change Site(tz=)",
    ).format(o=site.utc_offset_h, d=done, k=abs(best))
    end = Text('；若时刻是每小时之末，设 stamp="end"', '; if stamps name the end of the hour, set stamp="end"')
    return hinted(how, end if best == 1 else None)


def _refusal(name: Text, faults: Sequence[_Fault]) -> DataError:
    return DataError(
        Text("气象数据不能用：{n}", "the weather cannot be used: {n}").format(n=name),
        expected=Text(
            "一年 8760 个相连的小时（当地标准时），数值齐全、单位正确、与太阳相符",
            "8,760 hours on end in local standard time, complete, in the right units, in step with the sun",
        ),
        found=_joined(fault.found for fault in faults),
        remedy=_joined(fault.remedy for fault in faults),
    )


def _joined(texts: Iterator[Text]) -> Text:
    parts = list(texts)
    return Text("；".join(t.zh for t in parts), "; ".join(t.en for t in parts))
