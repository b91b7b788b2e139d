"""Grid factors: published values exactly, the calibrated path by hand, what a factor says of itself, the refusals."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.factors import load_factor_set
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import LANGUAGES
from dualcarbon.power import (
    KINDS,
    calibration,
    calibration_check,
    grid_factor,
    grid_path,
    load_scenario,
    official_years,
    own_scenario,
)
from dualcarbon.power.exhibits import path_figure, path_table

EXACT = 1e-12  # a handful of products
OFFICIAL = {2021: 0.5568, 2022: 0.5366, 2023: 0.5306}


def coal_and_wind(years: list[int], coal: list[float], wind: list[float]) -> pl.DataFrame:
    rows = [(y, s, v) for y, c, w in zip(years, coal, wind, strict=True) for s, v in (("coal", c), ("wind", w))]
    return pl.DataFrame(rows, schema=["year", "source", "generation_twh"], orient="row")


@pytest.mark.parametrize("scenario", ["report", "frozen"])
@pytest.mark.parametrize("year", OFFICIAL)
def test_published_years_are_matched_exactly(year: int, scenario: str) -> None:
    factor = grid_factor(year, scenario)
    assert factor == OFFICIAL[year] and factor.official and factor.vintage == year
    assert grid_path(scenario).at([year]).tolist() == [OFFICIAL[year]]


def test_the_three_published_kinds() -> None:
    assert official_years("average") == OFFICIAL
    assert official_years("excluding_traded") == {2022: 0.5856, 2023: 0.6096}
    assert official_years("fossil") == official_years("marginal") == {2021: 0.8426, 2022: 0.8325, 2023: 0.8273}


def test_the_average_shares_its_rows_with_the_accounts() -> None:
    series = load_factor_set("cn_national_average").grid.values
    assert {year: value for (_, year), value in series.items()} == OFFICIAL


def test_calibration_gives_the_last_published_average() -> None:
    tied, scenario = calibration(), load_scenario("report")
    share = scenario.clean_share([2023])[0]
    assert tied.year == 2023 and tied.clean_share == pytest.approx(share, rel=EXACT)
    assert (1.0 - share) * 0.8273 * tied.factor == pytest.approx(0.5306, rel=EXACT)
    off = calibration_check()
    assert off["difference"][2] == pytest.approx(0.0, abs=EXACT)
    by_hand = (1.0 - scenario.clean_share([2021])[0]) * 0.8426 * tied.factor - 0.5568
    assert off["difference"][0] == pytest.approx(by_hand, rel=1e-9)  # a difference of numbers fifty times larger


def test_more_traded_than_clean_is_refused() -> None:
    dirty = own_scenario(coal_and_wind([2020, 2040], [95.0, 50.0], [5.0, 50.0]))
    assert calibration(dirty).traded_share > 1.0
    with pytest.raises(DataError, match="less clean power than was traded"):
        grid_factor(2030, dirty, "excluding_traded")


@pytest.mark.parametrize("year", [2020, 2024, 2030, 2047, 2060])
def test_computed_years_by_hand(year: int) -> None:
    tied, share = calibration(), load_scenario("report").clean_share([year])[0]
    fossil = 0.8426 if year < 2021 else 0.8273
    average = (1.0 - share) * fossil * 0.5306 / ((1.0 - tied.clean_share) * 0.8273)
    assert float(grid_factor(year)) == pytest.approx(average, rel=EXACT)
    if year > 2021:
        traded = (1.0 - 0.5306 / 0.6096) / tied.clean_share
        assert float(grid_factor(year, kind="excluding_traded")) == pytest.approx(
            average / (1.0 - traded * share), rel=EXACT
        )


def test_the_printed_path() -> None:
    """The factors of Table 3-1's years and of 2035, to four digits."""
    at = grid_path(years=[2030, 2035, 2040, 2050, 2060])
    assert at.t_per_mwh.round(4).tolist() == [0.4384, 0.369, 0.2979, 0.1617, 0.0603]
    assert not at.official.any()


def test_after_the_last_published_year_the_average_falls() -> None:
    path = grid_path()
    assert np.all(np.diff(path.t_per_mwh) < 0.0) and (path.years[0], path.years[-1]) == (2020, 2060)


def test_the_swap_of_two_years_is_said() -> None:
    for year in (2021, 2022):
        status = grid_factor(year).status
        assert "swap 2021 and 2022" in status.en and "互换" in status.zh
    assert "swap" not in grid_factor(2023).status.en


def test_a_computed_factor_says_so() -> None:
    factor = grid_factor(2030)
    assert (factor.official, factor.vintage, factor.scenario, factor.kind) == (False, None, "report", "average")
    assert "PCHIP" in factor.rule.en and "1.0247" in factor.rule.zh
    assert repr(factor) == "GridFactor(0.4384 t/MWh, 2030, average, report, not official)"


def test_a_frozen_factor_names_its_year() -> None:
    factor = grid_factor(2050, "frozen")
    assert (float(factor), factor.official, factor.vintage) == (0.5306, False, 2023)


def test_a_factor_is_a_number_that_keeps_its_words() -> None:
    factor = grid_factor(2023)
    assert type(2.0 * factor) is float and 1000.0 * factor == pytest.approx(530.6, rel=EXACT)
    for twin in (pickle.loads(pickle.dumps(factor)), copy.deepcopy(factor)):
        assert twin == factor and twin.source == factor.source and twin.official
    with pytest.raises(AttributeError, match="does not change"):
        factor.year = 2024


@pytest.mark.parametrize(
    ("year", "vintage", "used"),
    [
        (2023, None, 2023),
        (2026, "nearest", 2023),
        (2019, "nearest", 2021),
        (2026, "in_force", 2023),
        (2026, 2022, 2022),
    ],
)
def test_provincial_vintages(year: int, vintage: int | str | None, used: int) -> None:
    factor = grid_factor(year, kind="provincial", area="云南省", vintage=vintage)
    expected = {2021: 0.1235, 2022: 0.1073, 2023: 0.1333}
    assert (float(factor), factor.vintage, factor.official) == (expected[used], used, used == year)
    assert factor.area.en == "Yunnan" and factor.scenario == "official"


def test_every_published_provincial_factor_is_reached() -> None:
    rows = [r for r in reference_rows("grid_factors") if r["series"] in ("province", "region")]
    assert len(rows) == 104
    for row in rows:
        kind = "provincial" if row["series"] == "province" else "regional"
        assert grid_factor(int(row["year"]), kind=kind, area=row["area"]) == float(row["tco2_per_mwh"])


def test_reporting_factors_in_force() -> None:
    assert [float(grid_factor(y, kind="reporting", vintage="in_force")) for y in (2018, 2021, 2030)] == [
        0.6101,
        0.581,
        0.5703,
    ]


def test_an_own_scenario_and_its_own_fossil_factor() -> None:
    frame = coal_and_wind([2020, 2040], [6000.0, 3000.0], [3000.0, 9000.0])
    plain = own_scenario(frame)
    better = own_scenario(frame, fossil_t_per_mwh={2040: 0.7})
    assert float(grid_factor(2040, plain, "fossil")) == 0.8273
    assert float(grid_factor(2040, better, "fossil")) == 0.7
    ratio = float(grid_factor(2040, better)) / float(grid_factor(2040, plain))
    assert ratio == pytest.approx(0.7 / 0.8273, rel=EXACT)
    middle = 2023 + (2040 - 2023) * 10 // 17
    assert float(grid_factor(middle, better, "fossil")) == pytest.approx(
        0.8273 + (0.7 - 0.8273) * (middle - 2023) / 17, rel=EXACT
    )


def test_without_fossil_power_the_margin_is_clean() -> None:
    done = own_scenario(coal_and_wind([2020, 2030, 2040], [60.0, 30.0, 0.0], [40.0, 70.0, 100.0]))
    assert [float(grid_factor(2040, done, kind)) for kind in ("average", "marginal", "fossil")] == [0.0, 0.0, 0.8273]


def test_a_scenario_that_begins_too_late_cannot_be_tied() -> None:
    late = own_scenario(coal_and_wind([2030, 2040], [60.0, 30.0], [40.0, 70.0]))
    with pytest.raises(DataError, match=r"1: \[2023\]"):
        grid_factor(2035, late)


def test_the_marginal_factor_lies_above_the_average() -> None:
    average, marginal = grid_path(), grid_path(kind="marginal")
    assert np.all(marginal.at(average.years) > average.t_per_mwh)


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        ({"year": 2061}, DataError, r"whole years in 2020-2060\n  Found: 1: \[2061\]"),
        ({"year": 2015}, DataError, "nothing is extrapolated"),
        ({"year": 2030.5}, DataError, "whole years"),
        ({"year": 2030, "scenario": "hope"}, ConfigError, r"report \| frozen"),
        ({"year": 2030, "kind": "mean"}, ConfigError, "average | excluding_traded"),
        ({"year": 2021, "kind": "excluding_traded"}, DataError, "2022-2060"),
        ({"year": 2030, "kind": "reporting"}, DataError, "2015, 2021, 2022"),
        ({"year": 2030, "vintage": 2019}, ConfigError, r"\[2021, 2022, 2023\]"),
        ({"year": 2030, "vintage": "latest"}, ConfigError, "in_force"),
        ({"year": 2030.5, "kind": "reporting", "vintage": "nearest"}, DataError, "whole years"),
        ({"year": 2030, "kind": "provincial"}, ConfigError, "name of a province"),
        ({"year": 2030, "kind": "provincial", "area": "Atlantis"}, DataError, "Atlantis"),
        ({"year": 2023, "kind": "provincial", "area": "西藏"}, DataError, "has no published factor"),
        ({"year": 2030, "kind": "provincial", "area": "北京"}, DataError, "was published for 2030"),
        ({"year": 2023, "area": "北京"}, ConfigError, "no area"),
        ({"year": 2023, "kind": "regional", "area": "华北"}, DataError, "2021, 2022"),
    ],
)
def test_refusals_name_what_there_is(arguments: dict[str, object], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said) as caught:
        grid_factor(**arguments)  # type: ignore[arg-type]
    assert all(caught.value.say(language) for language in LANGUAGES)  # type: ignore[attr-defined]


def test_a_kind_without_a_path_is_refused() -> None:
    with pytest.raises(ConfigError, match="no path under scenarios"):
        grid_path(kind="provincial")


def test_years_off_a_path_with_a_hole() -> None:
    late = own_scenario(coal_and_wind([2030, 2040], [60.0, 30.0], [40.0, 70.0]))
    assert grid_path(late, "fossil").years.tolist() == [2021, 2022, 2023, *range(2030, 2041)]
    with pytest.raises(DataError, match=r"1: \[2025\]"):
        grid_path(late, "fossil", [2025])


def test_every_kind_is_explained_in_both_languages() -> None:
    for kind in KINDS.values():
        assert kind.label.zh != kind.label.en and kind.meaning.zh != kind.meaning.en
    assert all(math.isfinite(v) for kind in KINDS for v in official_years(kind).values())


@pytest.mark.parametrize("year", ["abc", [2030], [2030, 2031], None])
@pytest.mark.parametrize("kind", ["average", "reporting"])
def test_what_is_no_year(year: object, kind: str) -> None:
    with pytest.raises(DataError, match="such years"):
        grid_factor(year, kind=kind)  # type: ignore[arg-type]


def test_a_broken_vintage_is_not_rounded() -> None:
    with pytest.raises(ConfigError, match="vintage"):
        grid_factor(2023, vintage=2022.7)  # type: ignore[arg-type]
    assert grid_factor(2023, vintage=2022.0) == 0.5366  # type: ignore[arg-type]


def test_a_marginal_factor_says_that_the_published_one_is_of_fossil_power() -> None:
    for found in (grid_factor(2023, kind="marginal"), grid_factor(2023, kind="marginal", vintage=2022)):
        assert "fossil" in found.rule.en and "化石" in found.rule.zh
        assert not found.official and found.vintage in (2022, 2023)
    assert "fossil" in grid_path("frozen", "marginal").rule.en
    assert not grid_path(kind="marginal").official.any() and grid_path(kind="fossil").official.any()


def test_no_path_no_exhibit() -> None:
    with pytest.raises(ConfigError, match="no path to show"):
        path_table([], [2030])
    with pytest.raises(ConfigError, match="没有可画的路径"):
        path_figure([])
    assert "fossil" not in grid_factor(2023, kind="reporting", vintage=2022).rule.en


def test_a_vintage_that_is_no_year() -> None:
    with pytest.raises(ConfigError, match="no such vintage"):
        grid_factor(2023, vintage=[2022])  # type: ignore[arg-type]


def test_areas_there_are_in_the_language_of_the_message() -> None:
    with pytest.raises(DataError) as caught:
        grid_factor(2022, kind="provincial", area="西藏")
    assert "Yunnan" in caught.value.say("en") and "云南" in caught.value.say("zh")
    assert "云南" not in caught.value.say("en")
