"""The effect of the factor's choice: nothing is left out, and the exhibits show all of it."""

from __future__ import annotations

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.exhibit import Lines, Stacked, Table
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import LANGUAGES
from dualcarbon.power import (
    KINDS,
    area_table,
    choice_table,
    effect_of_choice,
    generation_figure,
    generation_table,
    grid_factor,
    grid_path,
    load_scenario,
    official_years,
    own_scenario,
    path_figure,
    path_table,
    share_figure,
)
from dualcarbon.report.printed import print_table

EXACT = 1e-12  # one product


@pytest.mark.parametrize("year", [2021, 2023, 2030])
def test_every_published_factor_is_listed(year: int) -> None:
    seen = effect_of_choice(1000.0, year)
    published = {(r["area"], int(r["year"]), float(r["tco2_per_mwh"])) for r in reference_rows("grid_factors")}
    listed = set(seen.frame.drop_nulls("vintage").select("area_zh", "vintage", "t_per_mwh").iter_rows())
    assert published <= listed
    for kind in ("average", "excluding_traded", "fossil", "marginal"):
        own = seen.frame.filter(kind=kind).drop_nulls("vintage")
        assert set(official_years(kind).values()) <= set(own["t_per_mwh"])


def test_emissions_are_energy_times_factor() -> None:
    seen = effect_of_choice(250.0, 2030)
    frame = seen.frame
    assert (frame["co2_t"] - 250.0 * frame["t_per_mwh"]).abs().max() == 0.0
    assert float(seen.reference) == float(grid_factor(2030))
    first = frame.row(0, named=True)
    assert (first["kind"], first["scenario"], first["ratio"]) == ("average", "report", 1.0)
    assert seen.spread == (frame["co2_t"].min(), frame["co2_t"].max())


def test_what_has_no_factor_is_said() -> None:
    seen = effect_of_choice(1.0, 2021)
    assert seen.absent == (("excluding_traded", "report"), ("excluding_traded", "frozen"))
    assert any("in 2021 (scenario frozen)" in note.en for note in choice_table(seen).notes)


def test_the_province_alone_moves_the_answer_fivefold() -> None:
    seen = effect_of_choice(1000.0, 2023).frame.filter(kind="provincial", vintage=2023)
    low, high = seen.sort("co2_t")["area_en"][0], seen.sort("co2_t")["area_en"][-1]
    assert (low, high) == ("Yunnan", "Tianjin")
    assert seen["co2_t"].max() / seen["co2_t"].min() == pytest.approx(0.6796 / 0.1333, rel=EXACT)  # type: ignore[operator]


def test_zero_energy_is_zero_and_negative_energy_is_refused() -> None:
    assert effect_of_choice(0.0, 2023).spread == (0.0, 0.0)
    areas = area_table(effect_of_choice(0.0, 2023)).rows
    assert {row[1].value for row in areas} <= {0.0, None} and all(float(row[-1].value) > 0.0 for row in areas)  # type: ignore[arg-type]
    for bad in (-1.0, float("nan")):
        with pytest.raises(DataError, match="1 value"):
            effect_of_choice(bad, 2023)
    with pytest.raises(DataError, match="2020-2060"):
        effect_of_choice(1.0, 2070)


def tables() -> list[Table]:
    scenario, seen = load_scenario("report"), effect_of_choice(1000.0, 2030)
    kinds = ("average", "excluding_traded", "fossil")
    return [
        choice_table(seen),
        area_table(seen),
        area_table(seen, "regional"),
        path_table([*(grid_path(kind=k) for k in kinds), grid_path("frozen")], [2021, 2023, 2030, 2060]),
        generation_table(scenario, [2020, 2025, 2060]),
    ]


def test_tables_stand_upright_in_both_languages() -> None:
    for table in tables():
        assert table.rows and table.notes
        assert not any(print_table(table, language).layout.landscape for language in LANGUAGES), table.key


def test_published_values_bear_a_star() -> None:
    path = tables()[3]
    assert [[cell.stars for cell in row[1:]] for row in path.rows] == [
        ["*", "", "*", "*"],
        ["*"] * 4,
        [""] * 4,
        [""] * 4,
    ]
    assert path.rows[0][2].value is None


def test_areas_stand_once_each() -> None:
    table = tables()[1]
    assert len(table.rows) == 30 and [h.key for h in table.headers][1:4] == ["co2_t_2021", "co2_t_2022", "co2_t_2023"]


def test_figures_hold_every_year() -> None:
    scenario = load_scenario("report")
    for figure in (path_figure([grid_path(), grid_path("frozen")]), share_figure([scenario])):
        assert isinstance(figure.drawing, Lines) and figure.drawing.years
        assert figure.drawing.curves[0].x == tuple(float(y) for y in range(2020, 2061))
    stack = generation_figure(scenario).drawing
    assert isinstance(stack, Stacked)
    printed = scenario.nodes.filter(pl.col("year") == 2060)["generation_twh"].sum()
    assert sum(layer.values[-1] for layer in stack.layers) == pytest.approx(printed, rel=EXACT)


def test_a_reference_of_zero_has_no_ratio() -> None:
    mix = {"year": [2020, 2020, 2040, 2040], "source": ["coal", "wind"] * 2, "generation_twh": [10.0, 2.0, 0.0, 8.0]}
    seen = effect_of_choice(1.0, 2040, scenarios=(own_scenario(pl.DataFrame(mix)),))
    assert float(seen.reference) == 0.0 and seen.frame["ratio"].null_count() == seen.frame.height
    assert all(row[-1].value is None for row in (*choice_table(seen).rows, *area_table(seen).rows))


def test_bad_energy_and_no_scenario() -> None:
    with pytest.raises(DataError, match="MWh"):
        effect_of_choice("x", 2023)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="scenario"):
        effect_of_choice(1.0, 2023, scenarios=())


def test_one_scenario_alone() -> None:
    assert effect_of_choice(1.0, 2030, scenarios="report").frame.equals(
        effect_of_choice(1.0, 2030, scenarios=("report",)).frame
    )


@pytest.mark.parametrize("year", [2023, 2030])
def test_no_row_says_that_a_marginal_factor_was_published(year: int) -> None:
    seen = effect_of_choice(1.0, year)
    marginal = seen.frame.filter(kind="marginal")
    assert "official" not in marginal["scenario"] and not marginal["official"].any()
    assert marginal.select("scenario", "vintage").is_unique().all()
    table = choice_table(seen)
    said = [row[1].value for row in table.rows if row[0].value == KINDS["marginal"].label]
    for_year = [basis for basis in said if str(basis.en).startswith("published")]
    assert said and not for_year
    assert grid_factor(2023, kind="marginal", vintage=2023).scenario == "fossil"
