"""Scenarios: the report's printed mix, interpolation against its slow twin, the user's own, every fault of a frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.interpolate import pchip_interpolate

from dualcarbon.core.errors import ConfigError, DataError, InputError, SchemaError
from dualcarbon.core.text import LANGUAGES
from dualcarbon.power import load_scenario, own_scenario

EXACT = 1e-12  # logs and exponentials of printed numbers
PERCENT = 0.05  # shares are quoted with one decimal
FOSSIL = [51944, 60930, 51545, 31730, 12450]  # 1e8 kWh, the report's Table 3-1
CLEAN = [25848, 56878, 95155, 134630, 162550]
SHARES = [33.2, 48.3, 64.9, 80.9, 92.9]
NODES = [2020, 2030, 2040, 2050, 2060]


def frame(**changes: object) -> pl.DataFrame:
    rows = {"year": [2020] * 3 + [2040] * 3, "source": ["coal", "gas", "wind"] * 2}
    return pl.DataFrame(rows | {"generation_twh": [60.0, 10.0, 30.0, 20.0, 20.0, 160.0]} | changes)


def test_the_printed_mix_comes_back() -> None:
    scenario = load_scenario("report")
    table = scenario.generation(NODES)
    for clean, printed in ((False, FOSSIL), (True, CLEAN)):
        own = 10.0 * table.filter(pl.col("clean") == clean)["generation_twh"].to_numpy()
        np.testing.assert_allclose(own, printed, rtol=EXACT)
    np.testing.assert_allclose(100.0 * scenario.clean_share(NODES), SHARES, atol=PERCENT)
    assert table["given"].all()


def test_between_the_nodes_against_the_definition() -> None:
    years = np.arange(2020, 2061)
    share = np.array(CLEAN) / (np.array(CLEAN) + np.array(FOSSIL))
    logit = pchip_interpolate(NODES, np.log(share / (1.0 - share)), years)
    total = np.exp(pchip_interpolate(NODES, np.log((np.array(CLEAN) + np.array(FOSSIL)) / 10.0), years))
    scenario = load_scenario("report")
    np.testing.assert_allclose(scenario.clean_share(years), 1.0 / (1.0 + np.exp(-logit)), rtol=EXACT)
    np.testing.assert_allclose(scenario.total_twh(years), total, rtol=EXACT)
    assert np.all(np.diff(scenario.clean_share(years)) > 0.0) and np.all(np.diff(scenario.total_twh(years)) > 0.0)


def test_sources_add_up_in_every_year() -> None:
    scenario = own_scenario(frame())
    table = scenario.generation(range(2020, 2041))
    sums = table.group_by("year").agg(pl.col("generation_twh").sum(), pl.col("share").sum()).sort("year")
    np.testing.assert_allclose(sums["generation_twh"], scenario.total_twh(sums["year"]), rtol=EXACT)
    np.testing.assert_allclose(sums["share"], 1.0, rtol=EXACT)
    clean = table.filter(pl.col("clean")).group_by("year").agg(pl.col("share").sum()).sort("year")["share"]
    np.testing.assert_allclose(clean, scenario.clean_share(sums["year"]), rtol=EXACT)
    assert not table.filter(pl.col("generation_twh") < 0.0).height


def test_two_nodes_follow_a_straight_logit() -> None:
    scenario = own_scenario(frame())
    ends = [0.3, 0.8]
    logit = np.mean([np.log(s / (1.0 - s)) for s in ends])
    assert scenario.clean_share([2030])[0] == pytest.approx(1.0 / (1.0 + np.exp(-logit)), rel=EXACT)
    assert scenario.total_twh([2030])[0] == pytest.approx(np.sqrt(100.0 * 200.0), rel=EXACT)


def test_a_share_of_one_is_reached_and_said() -> None:
    done = own_scenario(frame(generation_twh=[60.0, 10.0, 30.0, 0.0, 0.0, 160.0]))
    assert done.clean_share([2040]).tolist() == [1.0] and "itself" in done.rule.en
    assert done.clean_share([2030])[0] == pytest.approx(0.65, rel=EXACT)
    amounts = dict(done.generation([2040]).select("source", "generation_twh").iter_rows())
    assert amounts["coal"] == amounts["gas"] == 0.0 and amounts["wind"] == pytest.approx(160.0, rel=EXACT)


def test_a_file_and_shares_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    frame().write_csv(path)
    totals = pl.col("generation_twh").sum().over("year")
    shares = frame().with_columns(share=pl.col("generation_twh") / totals, total_twh=totals).drop("generation_twh")
    years = range(2020, 2041)
    expected = own_scenario(frame()).generation(years)
    assert own_scenario(path).generation(years).equals(expected)
    np.testing.assert_allclose(
        own_scenario(shares).generation(years)["generation_twh"], expected["generation_twh"], rtol=EXACT
    )


def test_row_order_changes_nothing() -> None:
    assert own_scenario(frame().reverse()).nodes.equals(own_scenario(frame()).nodes)


def test_an_unknown_source_needs_a_word() -> None:
    strange = frame(source=["coal", "gas", "tidal"] * 2)
    with pytest.raises(DataError, match=r"2 rows, first \[\(2020, 'tidal'\)"):
        own_scenario(strange)
    flagged = strange.with_columns(clean=pl.col("source") == "tidal")
    assert own_scenario(flagged).clean_share([2040])[0] == pytest.approx(0.8, rel=EXACT)


SHARED = {"share": [0.5, 0.1, 0.3, 0.1, 0.1, 0.8], "total_twh": [100.0] * 6}


@pytest.mark.parametrize(
    ("table", "kind", "said"),
    [
        (frame(generation_twh=[-1.0, 1.0, 1.0, 1.0, 1.0, 1.0]), DataError, r"1 rows, first \[\(2020, 'coal', -1.0\)"),
        (frame(generation_twh=[None, 1.0, 1.0, 1.0, 1.0, 1.0]), DataError, "missing"),
        (frame(year=[2020.5] * 3 + [2040.0] * 3), DataError, "3 rows"),
        (frame().head(5), DataError, r"1 rows, first \[\(2040, 'wind'\)"),
        (frame().head(3), DataError, "two years or more"),
        (pl.concat([frame(), frame().head(1)]), DataError, r"more than once in a year"),
        (frame(generation_twh=[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), DataError, "totals above zero"),
        (frame().drop("source"), SchemaError, "add source"),
        (
            frame().drop("generation_twh").with_columns(**{k: pl.Series(v) for k, v in SHARED.items()}),
            DataError,
            "add up",
        ),
        (
            frame().with_columns(clean=pl.Series([True, False, True, False, False, True])),
            DataError,
            "clean in some rows",
        ),
    ],
)
def test_faults_are_named_counted_and_remedied(table: pl.DataFrame, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said) as caught:
        own_scenario(table)
    assert all(caught.value.say(language) for language in LANGUAGES)  # type: ignore[attr-defined]


def test_years_outside_and_unknown_names() -> None:
    with pytest.raises(DataError, match=r"2: \[2019, 2061\]"):
        load_scenario("report").clean_share([2019, 2020, 2061])
    with pytest.raises(ConfigError, match="frozen fixes the factor"):
        load_scenario("frozen")
    with pytest.raises(DataError, match="1 years"):
        own_scenario(frame(), fossil_t_per_mwh={2030: -0.1})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        own_scenario(tmp_path / "none.csv")


def test_clean_written_in_words() -> None:
    mix = {"year": [2020, 2020, 2040, 2040], "source": ["a", "b"] * 2, "generation_twh": [6.0, 4.0, 4.0, 8.0]}
    table = pl.DataFrame(mix)
    for words in (["FALSE", "TRUE"], ["no", "Yes"], ["0", "1"], [0, 1]):
        assert own_scenario(table.with_columns(clean=pl.Series(words * 2))).clean_share([2020])[0] == pytest.approx(0.4)
    with pytest.raises(DataError, match="clean"):
        own_scenario(table.with_columns(clean=pl.Series(["no", "perhaps"] * 2)))


@pytest.mark.parametrize("factors", [{2030: "x"}, {"soon": 0.8}, {2030.5: 0.8}, {2030: None}, 0.8])
def test_fossil_factors_that_are_none(factors: object) -> None:
    with pytest.raises(DataError, match="fossil factors"):
        own_scenario(frame(), fossil_t_per_mwh=factors)  # type: ignore[arg-type]


def test_years_of_fossil_factors_as_text() -> None:
    assert own_scenario(frame(), fossil_t_per_mwh={"2030": 0.8}).fossil_t_per_mwh == {2030: 0.8}  # type: ignore[dict-item]


def test_a_scenario_without_columns() -> None:
    with pytest.raises(SchemaError, match="no column"):
        own_scenario(pl.DataFrame())
