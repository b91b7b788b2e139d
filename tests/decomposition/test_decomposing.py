"""Published numbers and other programs' numbers first, then the cases that break them, then consistency."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from dualcarbon.decomposition import decompose
from dualcarbon.kernels.log_mean import log_mean, log_ratio

from .conftest import IDENTITY, cube, identity, world

ANCHOR = 1e-9  # the stored numbers have 15 digits
PRINTED = 2e-9  # LMDIR's fixture is printed with ten digits
EXACT = 1e-12
ROUNDED = 1e-6  # factors of the buildings example are printed with seven digits

METHODS = ("lmdi1", "lmdi2", "shapley", "polar")
FORMS = ("additive", "multiplicative")


def effects(found: Any) -> list[float]:
    return list(found.effects["effect"])


@pytest.mark.parametrize(("method", "name"), [("lmdi1", "LMDI-I"), ("lmdi2", "LMDI-II")])
def test_two_sectors(anchors: dict[str, Any], method: Any, name: str) -> None:
    given, truth = anchors["two_sectors"]["inputs"], anchors["two_sectors"][name]
    energy = np.array([given["E0"], given["ET"]]).ravel()
    output = np.array([given["Q0"], given["QT"]]).ravel()
    table = pl.DataFrame({"year": [0, 0, 1, 1], "s": ["a", "b"] * 2, "E": energy, "Q": output})
    table = table.with_columns(T=pl.col("Q").sum().over("year"))
    written = "E ~ T * (Q[s] / T) * (E[s] / Q[s])"
    added = decompose(table, written, method=method)
    assert effects(added) == pytest.approx(truth["add"], rel=ANCHOR)
    assert added.totals.row(0) == ("0-1", 50.0, 64.0, pytest.approx(truth["total"], rel=ANCHOR))
    ratios = decompose(table, written, method=method, form="multiplicative")
    assert effects(ratios) == pytest.approx(truth["mult"], rel=ANCHOR)
    assert ratios.totals["change"][0] == pytest.approx(truth["ratio"], rel=ANCHOR)
    assert max(added.residual, ratios.residual) < EXACT


def test_lmdir_fixture(anchors: dict[str, Any]) -> None:
    """Three steps of R LMDIR's own test suite, with its cumulated values."""
    x = [[[1, 10, 2], [4, 5, 3]], [[4, 5, 3], [5, 6, 4]], [[8, 2, 4], [5, 7, 5]], [[10, 1, 5], [6, 8, 6]]]
    assert x[0] == anchors["lmdir_fixture_step_1"]["X0"] and x[1] == anchors["lmdir_fixture_step_1"]["XT"]
    table = pl.concat(cube(part, part).filter(year=0).with_columns(year=pl.lit(1971 + t)) for t, part in enumerate(x))
    added = decompose(table, identity(3), chain=True)
    assert added.totals["change"].to_list() == pytest.approx([100, 59, 99])
    stored = [69.79006598, -9.455125793, 39.66505981, 42.96021467, -34.31902656, 50.3588119]
    stored += [54.01064234, -9.021284671, 54.01064234]
    assert effects(added) == pytest.approx(stored, rel=PRINTED)
    assert effects(added)[:3] == pytest.approx(anchors["lmdir_fixture_step_1"]["add"], rel=PRINTED)
    ratios = decompose(table, identity(3), chain=True, form="multiplicative")
    stored = [1.761117821, 0.926191306, 1.379410116, 1.229284572, 0.847970248, 1.273773912]
    stored += [1.208140223, 0.968911503, 1.208140223]
    assert effects(ratios) == pytest.approx(stored, rel=PRINTED)
    assert effects(ratios)[:3] == pytest.approx(anchors["lmdir_fixture_step_1"]["mult"], rel=PRINTED)
    steps = np.array(effects(added)).reshape(3, 3)
    assert added.cumulative["effect"].to_numpy() == pytest.approx(steps.cumsum(axis=0).ravel(), rel=EXACT)
    steps = np.array(effects(ratios)).reshape(3, 3)
    assert ratios.cumulative["effect"].to_numpy() == pytest.approx(steps.cumprod(axis=0).ravel(), rel=EXACT)
    assert added.cumulative["period"].unique(maintain_order=True).to_list() == ["1971-1972", "1971-1973", "1971-1974"]


def test_a_factor_that_begins_at_zero(anchors: dict[str, Any]) -> None:
    case = anchors["zero_case"]
    found = decompose(cube(case["X0"], case["XT"]), identity(3)).attribution("i")
    assert found.filter(i=0)["contribution"].to_list() == case["row_1_effects"]


def test_two_zeros_in_a_cell(anchors: dict[str, Any]) -> None:
    """LMDIR stops here."""
    case = anchors["two_zeros_in_one_cell"]
    found = decompose(cube(case["X0"], case["XT"]), identity(3))
    assert found.attribution("i").filter(i=0)["contribution"].to_list() == case["row_1_effects"]
    assert found.residual < EXACT


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("form", FORMS)
def test_equal_totals(method: Any, form: Any) -> None:
    """PyLMDI divides by zero here: L(V, V) is V, not zero."""
    table = cube([[2.0, 3.0], [4.0, 5.0]], [[3.0, 2.0], [5.0, 4.0]])
    found = decompose(table, identity(2), method=method, form=form)
    first = effects(found)[0]
    assert found.totals["start"][0] == found.totals["end"][0] == 26.0
    assert effects(found)[1] == pytest.approx(-first if form == "additive" else 1.0 / first, rel=1e-12)
    assert abs(first) > 1.0 and found.residual < EXACT


@pytest.mark.parametrize("form", FORMS)
def test_a_cell_that_does_not_change_in_total(form: Any) -> None:
    """L(a, a) = a inside the sum: the effects of the cell are a ln(x_T / x_0), not zero."""
    found = decompose(cube([[2.0, 3.0]], [[3.0, 2.0]]), identity(2), form=form)
    truth = 6.0 * np.log(1.5) if form == "additive" else 1.5
    assert effects(found)[0] == pytest.approx(truth, rel=1e-15)


def test_china_commercial_buildings(anchors: dict[str, Any]) -> None:
    """Inputs of PyLMDI's example: population, GDP per head, service share, floor area per value added, energy per area,
    emission factor."""
    case = anchors["china_commercial_buildings_2017_2018"]
    before = [[1390.08, 59.04367375, 0.51892765, 0.002876626, 3.004500526, 2.07]]
    after = [[1395.38, 64.52073987, 0.521570193, 0.002743568, 3.053397862, 2.02]]
    added = decompose(cube(before, after), identity(6))
    ratios = decompose(cube(before, after), identity(6), form="multiplicative")
    # The stated totals differ from the products of the printed factors; the stored effects are made with the former.
    stated = log_mean(np.array([case["CT"]]), np.array([case["C0"]]))
    logs = log_ratio(np.array(after), np.array(before)).ravel()
    assert stated * logs == pytest.approx(case["add"], rel=ANCHOR)
    assert effects(ratios) == pytest.approx(case["mult"], rel=ANCHOR)
    assert effects(added) == pytest.approx(case["add"], rel=ROUNDED)
    assert added.totals["start"][0] == pytest.approx(case["C0"], rel=ROUNDED)


TABLE = {
    "year": [2020, 2030, 2040, 2050, 2060],
    "fossil": [51944.0, 60930.0, 51545.0, 31730.0, 12450.0],
    "clean": [25848.0, 56878.0, 95155.0, 134630.0, 162550.0],
}


def power() -> pl.DataFrame:
    total = pl.col("fossil") + pl.col("clean")
    return pl.DataFrame(TABLE).with_columns(G=total, share=pl.col("fossil") / total, factor=pl.lit(0.08325))


@pytest.mark.parametrize("form", FORMS)
def test_report_table_3_1(anchors: dict[str, Any], form: Any) -> None:
    """Emissions of power generation (Mt): total generation (1e8 kWh), fossil share, 0.8325 t/MWh."""
    key = "add" if form == "additive" else "mult"
    found = decompose(power(), "C ~ G * share * factor", form=form, chain=True)
    for place, decade in enumerate((2020, 2030, 2040, 2050)):
        truth = anchors["report_table_3_1"][f"table3-1_{decade}_{decade + 10}"]
        assert effects(found)[3 * place : 3 * place + 3] == pytest.approx(truth[key], rel=ANCHOR, abs=1e-12)
        if form == "additive":
            assert found.totals["change"][place] == pytest.approx(truth["total"], rel=ANCHOR)
    whole = decompose(power(), "C ~ G * share * factor", form=form)
    assert effects(whole) == pytest.approx(
        anchors["report_table_3_1"]["table3-1_2020_2060"][key], rel=ANCHOR, abs=1e-12
    )
    assert whole.totals["period"].to_list() == ["2020-2060"] and whole.cells.values.shape == (2, 3, 1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", METHODS)
def test_groups_put_together_are_the_whole(method: Any, form: Any) -> None:
    table = world(1)
    written = "C ~ Y * S[ind] * I[ind] * M[ind,fuel] * F[fuel]"
    found = decompose(table, written, by="region", method=method, form=form, chain=True)
    assert found.residual < EXACT and found.groups.height == 2 * 3 * 5
    if form == "additive":
        sums = found.groups.group_by("period", "factor", maintain_order=True).agg(pl.col("effect").sum())
        assert sums["effect"].to_numpy() == pytest.approx(found.effects["effect"].to_numpy(), rel=1e-12, abs=1e-12)
    for region in ("r0", "r2"):
        alone = decompose(table.filter(region=region), written, method=method, form=form, chain=True)
        mine = found.groups.filter(region=region)["effect"].to_numpy()
        assert mine == pytest.approx(alone.effects["effect"].to_numpy(), rel=1e-12, abs=1e-14)
    if method != "lmdi2" and (method == "lmdi1" or form == "additive"):
        plain = decompose(table, IDENTITY, method=method, form=form, chain=True)
        assert effects(plain) == pytest.approx(effects(found), rel=1e-11, abs=1e-12)


def test_subscripts_of_the_left_side_are_groups() -> None:
    table = world(2)
    named = decompose(table, IDENTITY.replace("C ~", "C[region] ~"))
    asked = decompose(table, "C ~ Y * S[ind] * I[ind] * M[ind,fuel] * F[fuel]", by=["region"])
    assert named.groups.equals(asked.groups) and named.group_totals["region"].to_list() == ["r0", "r1", "r2"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("form", FORMS)
def test_row_order_and_kind_of_frame_change_nothing(method: Any, form: Any) -> None:
    table = world(3)
    plain = decompose(table, IDENTITY, method=method, form=form)
    shuffled = decompose(table.sample(fraction=1.0, shuffle=True, seed=4), IDENTITY, method=method, form=form)
    pandas = decompose(pd.DataFrame(table.to_dict(as_series=False)), IDENTITY, method=method, form=form)
    assert plain.effects.equals(shuffled.effects) and plain.effects.equals(pandas.effects)


def test_zero_fills_what_is_absent_and_keeps_what_is_known() -> None:
    table = world(4, years=2)
    gone = (pl.col("year") == 2010) & (pl.col("ind") == "i1") & (pl.col("region") == "r0")
    part = table.filter(~gone)
    found = decompose(part, IDENTITY, missing="zero")
    full = table.with_columns(
        pl.when(gone).then(0.0).otherwise(pl.col(name)).alias(name) for name in ("S", "I", "M", "C")
    )
    assert effects(found) == pytest.approx(effects(decompose(full, IDENTITY)), rel=1e-13, abs=1e-15)
    assert found.notes[0].en.startswith("2 cells") and found.residual < EXACT
    assert found.attribution(["region", "ind"]).filter(region="r0", ind="i1", factor="Y")["contribution"][0] == 0.0


def test_zero_over_zero_is_zero() -> None:
    table = pl.DataFrame({"year": [1, 1, 2, 2], "i": [1, 2, 1, 2], "E": [0.0, 2, 3, 4], "Y": [0.0, 1, 1, 5]})
    found = decompose(table, "E ~ Y[i] * (E[i]/Y[i])")
    assert found.attribution("i").filter(i=1)["contribution"].to_list() == [1.5, 1.5]


def test_the_left_side_may_be_a_cell_or_a_total() -> None:
    table = world(5)
    total = table.with_columns(C=pl.col("C").sum().over("year"))
    assert effects(decompose(total, IDENTITY)) == effects(decompose(table, IDENTITY))
    assert effects(decompose(table.drop("C"), IDENTITY)) == effects(decompose(table, IDENTITY))


def test_dates_and_words_as_time() -> None:
    table = world(6).with_columns(day=pl.col("year").map_elements(lambda y: date(y, 12, 31), return_dtype=pl.Date))
    found = decompose(table, IDENTITY, time="day", chain=True)
    assert found.totals["period"][0] == "2010-12-31/2011-12-31"
    assert effects(found) == effects(decompose(table, IDENTITY, chain=True))
    frame = pd.DataFrame({"day": pd.to_datetime(["2020-01-01", "2021-01-01"]), "x": [1, 2]})
    assert decompose(frame, "V ~ x", "day").totals["period"][0] == "2020-01-01/2021-01-01"


def test_a_million_cells_from_a_frame() -> None:
    r = np.random.default_rng(7)
    n = 1_000_000
    columns = {f"x{j}": np.where(r.random(2 * n) < 0.02, 0.0, r.lognormal(size=2 * n)) for j in range(1, 6)}
    table = pl.DataFrame({"year": np.repeat([0, 1], n), "i": np.tile(np.arange(n), 2), **columns})
    for form in FORMS:
        assert decompose(table, identity(5), form=form).residual < EXACT  # type: ignore[arg-type]
