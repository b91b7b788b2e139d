"""Weather files read and refused, synthetic years, and what panels and turbines make of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, InputError, SchemaError
from dualcarbon.core.text import LANGUAGES
from dualcarbon.footprint.costs import facts
from dualcarbon.footprint.sun import cos_zenith, pvlib_calls
from dualcarbon.footprint.synthetic_weather import Climate, synthetic_weather
from dualcarbon.footprint.weather import COLUMNS, Site, Weather, read_weather
from dualcarbon.footprint.yields import Panels, Turbine, pv_kwh_per_kw, wind_kwh_per_kw

WRITTEN = 0.051
"""Files hold irradiance to 0.1 W/m2, temperature and wind to 0.1."""
SAME = 1e-9
"""The same pvlib functions on the same numbers."""
SPREAD = 4.0
"""Standard errors a seeded mean may lie from the truth."""

SHANGHAI = Site(31.2, 121.5, 5.0, 8.0)
SYDNEY = Site(-33.9, 151.2, 20.0, 10.0)


@cache
def year(site: Site = SHANGHAI) -> Weather:
    return synthetic_weather(site, seed=7)[0]


def epw(weather: Weather, leap: bool = False) -> str:
    """The file as EnergyPlus writes it: hours 1 to 24, missing fields as 9s."""
    s = weather.site
    head = f"LOCATION,Town,-,CHN,test,0,{s.latitude},{s.longitude},{s.utc_offset_h},{s.altitude_m}\n"
    lines = [head] + [f"HEAD {i}\n" for i in range(7)]
    for row in weather.hours.iter_rows(named=True):
        t = row["time"]
        values = ["9999"] * 29
        for at, name in {0: "temperature_c", 7: "ghi_w_m2", 8: "dni_w_m2", 9: "dhi_w_m2", 15: "wind_m_s"}.items():
            values[at] = f"{row[name]:.1f}"
        year_ = 2012 if t.month < 7 else 2007
        lines.append(",".join([str(year_), str(t.month), str(t.day), str(t.hour + 1), "60", "?", *values]) + "\n")
        if leap and (t.month, t.day, t.hour) == (2, 28, 23):
            lines += [",".join(["2012", "2", "29", str(h + 1), "60", "?", *values]) + "\n" for h in range(24)]
    return "".join(lines)


def tmy3(weather: Weather) -> str:
    s = weather.site
    lines = [f'700001,"TOWN",XX,{s.utc_offset_h},{s.latitude},{s.longitude},{s.altitude_m}\n']
    lines.append(
        "Date (MM/DD/YYYY),Time (HH:MM),GHI (W/m^2),DNI (W/m^2),DHI (W/m^2),Dry-bulb (C),Wspd (m/s),Pressure (mbar)\n"
    )
    for row in weather.hours.iter_rows(named=True):
        t = row["time"]
        values = ",".join(f"{row[n]:.1f}" for n in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2", "temperature_c", "wind_m_s"))
        lines.append(f"{t:%m/%d}/1999,{t.hour + 1:02d}:00,{values},1013\n")
    return "".join(lines)


def plain(weather: Weather, zone: str = "", shift_h: float = 0.0) -> str:
    lines = ["时间,总辐射,DNI,dhi,气温,wind_speed\n"]
    for row in weather.hours.iter_rows(named=True):
        t = row["time"] + timedelta(hours=shift_h)
        values = ",".join(f"{row[name]:.1f}" for name in COLUMNS)
        lines.append(f"{t:%Y-%m-%d %H:%M}{zone},{values}\n")
    return "".join(lines)


def assert_same(found: Weather, expected: Weather) -> None:
    assert found.hours.columns == ["time", *COLUMNS]
    for name in COLUMNS:
        np.testing.assert_allclose(found.hours[name].to_numpy(), expected.hours[name].to_numpy(), atol=WRITTEN)


@pytest.mark.parametrize("write", [epw, tmy3])
@pytest.mark.parametrize("site", [SHANGHAI, SYDNEY])
def test_files_with_a_site_come_back_as_written(tmp_path, write, site):
    path = tmp_path / "town.txt"
    path.write_text(write(year(site)), encoding="utf-8")
    found = read_weather(path)
    assert_same(found, year(site))
    assert found.hours["time"].equals(year(site).hours["time"])
    assert (found.site.latitude, found.site.utc_offset_h) == (site.latitude, site.utc_offset_h)


@pytest.mark.filterwarnings("ignore")
def test_epw_is_what_pvlib_reads(tmp_path):
    from pvlib.iotools import read_epw

    path = tmp_path / "town.epw"
    path.write_text(epw(year()), encoding="utf-8")
    data, meta = read_epw(path)
    found = read_weather(path)
    for ours, theirs in {
        "ghi_w_m2": "ghi",
        "dni_w_m2": "dni",
        "temperature_c": "temp_air",
        "wind_m_s": "wind_speed",
    }.items():
        assert found.hours[ours].to_list() == data[theirs].tolist()
    assert meta["latitude"] == found.site.latitude
    assert data.index[0].hour == found.hours["time"][0].hour


def test_29_february_is_left_out_and_said(tmp_path):
    path = tmp_path / "leap.epw"
    path.write_text(epw(year(), leap=True), encoding="utf-8")
    found = read_weather(path)
    assert_same(found, year())
    assert any("24 hours of 29 February" in note.en for note in found.notes)
    assert any("months of 2 years" in note.en for note in found.notes)


@pytest.mark.parametrize(("zone", "shift"), [("", 0.0), ("+08:00", 0.0), ("Z", -8.0), ("-05:00", -13.0)])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_plain_csv_with_and_without_a_zone(tmp_path, zone, shift, encoding):
    path = tmp_path / "own.csv"
    path.write_text(plain(year(), zone, shift), encoding=encoding)
    found = read_weather(path, SHANGHAI)
    assert_same(found, year())
    assert found.hours["time"][0] == datetime(2001, 1, 1)


def test_csv_needs_a_site_and_columns(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(plain(year()), encoding="utf-8")
    with pytest.raises(InputError, match="site=Site"):
        read_weather(path)
    path.write_text("time,rain\n" + "2001-01-01,1\n" * 20, encoding="utf-8")
    with pytest.raises(InputError, match="no column ghi_w_m2, temperature_c, wind_m_s"):
        read_weather(path, SHANGHAI)
    with pytest.raises(InputError, match="No such file"):
        read_weather(tmp_path / "absent.csv", SHANGHAI)
    path.write_bytes(b"\xff\xfe\x00\x81" * 50)
    with pytest.raises(InputError):
        read_weather(path, SHANGHAI)


def test_radiation_without_its_parts_is_split_and_said():
    found = Weather.from_frame(year().hours.drop("dni_w_m2", "dhi_w_m2"), SHANGHAI)
    assert any("Erbs" in note.en for note in found.notes)
    sun = cos_zenith(found.hours["time"], SHANGHAI)
    up = sun > 0.1
    total = found.hours["dhi_w_m2"].to_numpy() + found.hours["dni_w_m2"].to_numpy() * sun
    np.testing.assert_allclose(total[up], found.hours["ghi_w_m2"].to_numpy()[up], atol=1e-6)


def hours() -> pl.DataFrame:
    return year().hours


def replaced(column: str, at: list[int], value: float | None) -> pl.DataFrame:
    chosen = pl.int_range(pl.len()).is_in(at)
    return hours().with_columns(pl.when(chosen).then(pl.lit(value)).otherwise(pl.col(column)).alias(column))


FAULTS = {
    "gap": (lambda: hours()[:500].vstack(hours()[503:]), "missing hours (gaps): 3, first 2001-01-21 20:00", "fill"),
    "repeated": (lambda: hours().vstack(hours()[100:102]), "repeated hours: 2, first 2001-01-05 04:00", "one row"),
    "summer": (
        lambda: hours().with_columns(
            pl.when((pl.col("time") >= datetime(2001, 4, 1, 2)) & (pl.col("time") < datetime(2001, 10, 1, 2)))
            .then(pl.col("time") + timedelta(hours=1))
            .otherwise(pl.col("time"))
        ),
        "repeated hours: 1, first 2001-10-01 02:00",
        "summer time",
    ),
    "short": (lambda: hours()[:8000], "missing hours (gaps): 760", "8,760"),
    "long": (
        lambda: hours().vstack(hours()[:48].with_columns(pl.col("time") + timedelta(days=365))),
        "8808 hours, 48 more than a year",
        "cut",
    ),
    "half_hours": (
        lambda: hours().with_columns(
            pl.datetime_range(datetime(2001, 1, 1), datetime(2001, 7, 2, 11, 30), "30m").alias("time")
        ),
        "steps of 30 minutes",
        "average",
    ),
    "missing": (
        lambda: replaced("wind_m_s", [5, 9], None),
        "wind_m_s without a value: 2, first 2001-01-01 05:00",
        "fill",
    ),
    "nan": (lambda: replaced("ghi_w_m2", [30], float("nan")), "ghi_w_m2 without a value: 1", "fill"),
    "negative": (lambda: replaced("dhi_w_m2", [0, 1], -3.0), "dhi_w_m2 < 0: 2, first 2001-01-01 00:00", "set it to 0"),
    "impossible": (lambda: replaced("ghi_w_m2", [12], 9000.0), "ghi_w_m2 > 1500: 1", "check the unit"),
    "kilowatts": (lambda: hours().with_columns(pl.col("ghi_w_m2") / 1000), "looks like kW/m2", "by 1000"),
    "megajoules": (lambda: hours().with_columns(pl.col("ghi_w_m2") * 0.0036), "looks like MJ/m2/h", "1/0.0036"),
    "kelvin": (lambda: hours().with_columns(pl.col("temperature_c") + 273.15), "looks like kelvin", "273.15"),
    "kmh": (lambda: hours().with_columns(pl.col("wind_m_s") * 3.6), "looks like km/h", "1/3.6"),
    "zero": (lambda: hours().with_columns(pl.col("ghi_w_m2") * 0), "0 throughout", "right column"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named_with_count_time_and_remedy(name):
    make, found, remedy = FAULTS[name]
    with pytest.raises(DataError) as caught:
        Weather.from_frame(make(), SHANGHAI)
    assert found in caught.value.found.en and remedy in caught.value.remedy.en
    assert all(caught.value.say(language) for language in LANGUAGES)


def test_several_faults_are_told_at_once():
    bad = hours()[:500].vstack(hours()[503:]).with_columns(pl.col("temperature_c") + 273.15)
    with pytest.raises(DataError) as caught:
        Weather.from_frame(bad, SHANGHAI)
    assert "missing hours" in caught.value.found.en and "kelvin" in caught.value.found.en


@pytest.mark.parametrize("shift", [-8, -3, -1, 1, 2, 8, 12])
@pytest.mark.parametrize("site", [SHANGHAI, SYDNEY])
def test_a_wrong_clock_is_told_with_its_shift(shift, site):
    moved = year(site).hours.with_columns(pl.col("time") + timedelta(hours=shift))
    with pytest.raises(DataError) as caught:
        Weather.from_frame(moved, site)
    said = caught.value
    direction, verb = ("late", "subtract") if shift > 0 else ("early", "add")
    if abs(shift) < 12:
        assert f"seems {abs(shift)} h too {direction}" in said.found.en
        assert f"{verb} {abs(shift)} h" in said.remedy.en
    assert "sun down and ghi > 50 W/m2: " in said.found.en
    assert ('stamp="end"' in said.remedy.en) == (shift == 1)


def test_the_moment_a_stamp_names_can_be_told():
    ends = hours().with_columns(pl.col("time") + timedelta(hours=1))
    assert_same(Weather.from_frame(ends, SHANGHAI, stamp="end"), year())
    middles = hours().with_columns(pl.col("time") + timedelta(minutes=30))
    assert_same(Weather.from_frame(middles, SHANGHAI, stamp="middle"), year())


def test_a_table_without_its_columns_is_refused():
    with pytest.raises(SchemaError, match="absent wind_m_s"):
        Weather.from_frame(hours().drop("wind_m_s"), SHANGHAI)
    with pytest.raises(SchemaError, match="not numbers ghi_w_m2"):
        Weather.from_frame(hours().with_columns(pl.col("ghi_w_m2").cast(pl.String)), SHANGHAI)


def test_standard_time_is_used_where_clocks_change():
    assert Site(52.5, 13.4, tz="Europe/Berlin").utc_offset_h == 1.0
    assert Site(-33.9, 151.2, tz="Australia/Sydney").utc_offset_h == 10.0


def test_the_sun_stands_where_it_should():
    noon = pl.Series("time", [datetime(2001, 6, 21, 11), datetime(2001, 12, 21, 11), datetime(2001, 6, 21, 23)])
    greenwich = Site(50.0, 0.0, 0.0, 0.0)
    heights = np.degrees(np.arcsin(cos_zenith(noon, greenwich, 60.0)))
    np.testing.assert_allclose(heights, [90 - 50 + 23.44, 90 - 50 - 23.44, -(90 - 50 - 23.44)], atol=0.1)


@pytest.mark.parametrize("model", ["ineichen", "haurwitz"])
def test_synthetic_years_are_seeded_and_marked(model):
    one, two = (synthetic_weather(SHANGHAI, years=n, seed=3, clear_sky=model) for n in (1, 2))
    assert one[0].hours.equals(two[0].hours) and not two[0].hours.equals(two[1].hours)
    assert not one[0].hours.equals(synthetic_weather(SHANGHAI, seed=4, clear_sky=model)[0].hours)
    assert one[0].simulated and one[0].hours.height == 8760
    assert Weather.from_frame(one[0].hours, SHANGHAI).hours.equals(one[0].hours)


def test_synthetic_weather_has_the_climate_it_was_asked_for():
    like = Climate(daily_mean=0.55, daily_sd=0.2, wind_mean_m_s=5.0, wind_daily=0.0)
    years = synthetic_weather(SHANGHAI, like, years=6, seed=5)
    sky = synthetic_weather(SHANGHAI, Climate(daily_mean=0.949, daily_sd=1e-6, hourly_sd=0.0), seed=1)[0]
    clear = sky.hours["ghi_w_m2"].to_numpy() / 0.949
    day = np.concatenate([y.hours["ghi_w_m2"].to_numpy().reshape(365, 24).sum(1) for y in years])
    index = day / np.tile(clear.reshape(365, 24).sum(1), 6)
    days = index.size / (1.29 / 0.71)
    assert abs(index.mean() - 0.55) < SPREAD * 0.22 / np.sqrt(days)
    wind = np.concatenate([y.hours["wind_m_s"].to_numpy() for y in years])
    hours_ = wind.size / (1.85 / 0.15)
    assert abs(wind.mean() - 5.0) < SPREAD * 2.6 / np.sqrt(hours_)
    assert np.corrcoef(wind[1:], wind[:-1])[0, 1] == pytest.approx(0.85, abs=0.02)
    assert wind.std() / wind.mean() == pytest.approx(0.5227, abs=0.03)


def test_parameters_of_the_weather_have_sources():
    assert all(fact.source.zh and fact.source.en for fact in facts("sizing_weather").values())
    assert list(facts("sizing_weather")) == list(Climate.__slots__)


def test_pv_is_pvlibs_chain():
    import pandas as pd
    from pvlib import irradiance, location, pvsystem, temperature

    panels = Panels(tilt_deg=25.0, losses=0.1)
    found = pv_kwh_per_kw(year(), panels)
    with pvlib_calls():
        place = location.Location(31.2, 121.5, "Etc/GMT-8", 5.0)
        h = year().hours
        middle = pd.DatetimeIndex((h["time"] + timedelta(minutes=30)).to_numpy()).tz_localize("Etc/GMT-8")
        sun = place.get_solarposition(middle)
        plane = irradiance.get_total_irradiance(
            25.0,
            180.0,
            sun["apparent_zenith"].to_numpy(),
            sun["azimuth"].to_numpy(),
            h["dni_w_m2"].to_numpy(),
            h["ghi_w_m2"].to_numpy(),
            h["dhi_w_m2"].to_numpy(),
            dni_extra=irradiance.get_extra_radiation(middle).to_numpy(),
            model="haydavies",
        )["poa_global"]
        law = temperature.TEMPERATURE_MODEL_PARAMETERS["sapm"]["open_rack_glass_polymer"]
        cell = temperature.sapm_cell(plane, h["temperature_c"].to_numpy(), h["wind_m_s"].to_numpy(), **law)
        direct = pvsystem.pvwatts_dc(plane, cell, 1.0, -0.0047) * 0.9 * 0.96
    np.testing.assert_allclose(found, np.clip(np.nan_to_num(direct), 0, 1), atol=1e-4)
    assert 800 < found.sum() < 1500


def test_panels_face_the_equator_and_heat_costs():
    for site in (SHANGHAI, SYDNEY):
        right = pv_kwh_per_kw(year(site)).sum()
        away = 0.0 if site.latitude > 0 else 180.0
        assert right > pv_kwh_per_kw(year(site), Panels(azimuth_deg=away)).sum()
        assert right < pv_kwh_per_kw(year(site), Panels(heat_per_c=0.0)).sum()


def test_the_turbine_at_sea_level_by_hand():
    calm = year().hours.with_columns(
        pl.Series("wind_m_s", np.resize([0.0, 2.9, 7.0, 11.0, 24.9, 25.1], 8760)), pl.lit(15.0).alias("temperature_c")
    )
    weather = Weather(Site(0.0, 0.0, 0.0, 0.0), calm, year().label, year().source)
    plain_turbine = Turbine(hub_m=10.0, losses=0.0)
    found = wind_kwh_per_kw(weather, plain_turbine)[:6]
    density = 101325 / (287.05 * 288.15) / 1.225
    np.testing.assert_allclose(
        found,
        [0.0, 0.0, (343 * density - 27) / (1331 - 27), min(1.0, (1331 * density - 27) / 1304), 1.0, 0.0],
        atol=1e-9,
    )


def test_wind_rises_with_the_hub_and_thins_with_altitude():
    low, high = (wind_kwh_per_kw(year(), Turbine(hub_m=m)).sum() for m in (10.0, 40.0))
    plateau = year().at_site(Site(31.2, 91.0, 4000.0, 8.0))
    assert low < high
    assert wind_kwh_per_kw(plateau).sum() < wind_kwh_per_kw(year()).sum()


@pytest.mark.parametrize(
    "call",
    [
        lambda: Panels(losses=1.0),
        lambda: Turbine(rated_m_s=2.0),
        lambda: Climate(daily_mean=1.0),
        lambda: Climate(daily_sd=0.9),
        lambda: Climate(wind_memory=1.0),
    ],
)
def test_impossible_equipment_and_climates_are_refused(call):
    with pytest.raises(ConfigError):
        call()


def test_a_sun_that_never_changes_is_refused_without_a_warning() -> None:
    sun = synthetic_weather(SHANGHAI)[0].hours.select("time", "temperature_c", "wind_m_s", ghi_w_m2=pl.lit(500.0))
    with pytest.raises(DataError, match="sun down"):
        Weather.from_frame(sun, SHANGHAI)
