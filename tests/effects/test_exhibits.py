"""Any estimates as a three-line table, and their coefficients as a figure, in every format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import DotPlot
from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects import Wording, coefficient_plot, fit, regression_table
from dualcarbon.effects.words import number_form
from dualcarbon.report import render


def panel() -> Panel:
    r = np.random.default_rng(0)
    f, t = np.repeat(np.arange(40), 5), np.tile(np.arange(5), 40)
    table = pl.DataFrame({"f": f, "t": t, "employees_person": np.exp(r.normal(size=200)), "d": r.random(200)})
    table = table.with_columns(y=pl.col("d") + r.normal(size=200), e=pl.col("d") * 2)
    return Panel.from_frame(table, id="f", time="t", provenance=Provenance(Text("测试", "a test"), simulated=True))


def columns() -> list[Estimate]:
    data = panel()
    formulas = ("y ~ d", "y ~ d + employees_person | t", "y ~ d + e | f + t")
    return [fit(formula, data, cluster="f") for formula in formulas]


def test_rows_hold_coefficients_errors_and_what_stands_below() -> None:
    found = columns()
    table = regression_table(found, wording=Wording(panel=panel()))
    rows = dict(zip(table.row_keys, table.rows, strict=True))
    assert [c.value for c in rows["coef.d"][1:]] == [float(e.coef[e.names.index("d")]) for e in found]
    assert [c.stars for c in rows["coef.d"][1:]] == [e.stars("d") for e in found]
    assert all(c.bracket for c in rows["se.d"][1:])
    assert rows["coef.employees_person"][1].value == "" and isinstance(rows["coef.employees_person"][2].value, float)
    assert rows["coef.employees_person"][0].value == panel().schema["employees_person"].label
    assert [c.value.en for c in rows["effects.t"][1:]] == ["no", "yes", "yes"]  # type: ignore[union-attr]
    assert [c.value for c in rows["n"][1:]] == [200] * 3 and [c.value for c in rows["clusters"][1:]] == [40] * 3
    assert rows["r2_within"][1].value is None and rows["r2_within"][2].value == found[1].r2_within
    notes = " ".join(note.en for note in table.notes)
    assert "(3) e" in notes and "10 %" in notes and "clustered by f" in notes
    assert table.simulated and table.source.en == "a test, computed by dualcarbon"


def test_scaling_and_units_of_the_treatment_are_said() -> None:
    words = Wording(labels={"d": Text("数字", "Digital")}, units={"d": Text("比例", "share")}, per={"d": 0.01})
    plain, scaled = regression_table(columns()[:1]), regression_table(columns()[:1], wording=words, show=["d"])
    assert scaled.rows[0][1].value == pytest.approx(0.01 * plain.rows[2][1].value, rel=1e-12)  # type: ignore[operator]
    assert scaled.rows[0][1].stars == plain.rows[2][1].stars
    assert any("for a change of 0.01 share" in note.en and "0.01 比例" in note.zh for note in scaled.notes)
    unit = regression_table(columns()[:1], wording=Wording(units={"d": both("1/1000")}), show=["d"])
    assert any("measured in 1/1000" in note.en for note in unit.notes)


def test_regressors_not_shown_count_as_controls() -> None:
    table = regression_table(columns()[1:], show=["d"])
    rows = dict(zip(table.row_keys, table.rows, strict=True))
    assert [c.value.en for c in rows["controls"][1:]] == ["yes", "no"]  # type: ignore[union-attr]


def test_plots_of_one_and_of_several_regressors() -> None:
    found = columns()[:2]
    one = coefficient_plot(found, ["a", "b"], ["d"]).drawing
    assert isinstance(one, DotPlot) and len(one.items) == 2 and len(one.series) == 1
    low, high = found[0].interval()[found[0].names.index("d")]
    assert one.series[0].low is not None and one.series[0].high is not None
    assert (one.series[0].low[0], one.series[0].high[0]) == (low, high)
    several = coefficient_plot(found, None, ["d", "employees_person"]).drawing
    assert isinstance(several, DotPlot) and len(several.items) == 2 and len(several.series) == 2
    assert np.isnan(several.series[0].x[1])


def test_every_format_takes_both(tmp_path: Path) -> None:
    words = Wording(labels={"d": Text("数字应用", "Digital use")})
    made = render(regression_table(columns(), wording=words), tmp_path)
    assert {path.suffix for path in made} >= {".csv", ".xlsx", ".docx", ".tex", ".html", ".pdf", ".json"}
    drawn = render(coefficient_plot(columns()[:2], None, ["d"]), tmp_path)
    assert {path.suffix for path in drawn} >= {".svg", ".png", ".pdf"}


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(ConfigError, match="differ in number"):
        regression_table(columns(), ["one"])
    with pytest.raises(ConfigError, match="differ in number"):
        regression_table([])
    with pytest.raises(ConfigError, match="in no column"):
        regression_table(columns(), show=["z"])


@pytest.mark.parametrize(("value", "form"), [(0.0, ".4f"), (0.5, ".4f"), (4e-4, ".4g"), (2.3e5, ".4g"), (-12.0, ".4f")])
def test_numbers_keep_their_digits(value: float, form: str) -> None:
    assert number_form(value) == form


def test_the_schema_knows_the_unit() -> None:
    table = regression_table(columns(), wording=Wording(panel=panel()))
    unit = panel().schema["employees_person"].unit
    assert unit and any(f"measured in {unit}" in note.en for note in table.notes)


@pytest.mark.parametrize("change", [0.0, -0.1, np.inf, np.nan])
def test_a_change_that_is_none_is_said(change: float) -> None:
    with pytest.raises(ConfigError, match="per="):
        Wording(per={"d": change})
