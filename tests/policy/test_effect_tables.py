"""The table of one effect: every number of the result, in one form per line, and what stands behind it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.exhibit import Table
from dualcarbon.core.panel import Panel
from dualcarbon.policy import Effect, did
from dualcarbon.policy.effect_tables import effect_table


def panel(scale: float = 1.0, noise: float = 1.0) -> Panel:
    r = np.random.default_rng(0)
    unit, time = np.repeat(np.arange(60), 7), np.tile(np.arange(2010, 2017), 60)
    first = np.array([0] * 30 + [2013] * 20 + [2015] * 10)[unit]
    y = scale * (noise * r.normal(size=420) + ((first > 0) & (time >= first)))
    return Panel.from_frame(pl.DataFrame({"i": unit, "t": time, "g": first, "y": y}), id="i", time="t")


@pytest.fixture(scope="module")
def effect() -> Effect:
    return did(panel(), "y", "g")


def lines(table: Table) -> dict[str, list[object]]:
    return {row[0].value.en: [c.value for c in row[1:]] for row in table.rows}  # type: ignore[union-attr]


def test_every_number_of_the_result(effect: Effect) -> None:
    table = effect_table(effect)
    found = lines(table)
    low, high = effect.interval
    assert found["Average effect on the treated (ATT)"] == [effect.att, effect.se, low, high, effect.p, 30]
    for cohort, units, estimate, se in effect.cohorts.iter_rows():
        assert found[f"Cohort {cohort}"][:2] == [estimate, se] and found[f"Cohort {cohort}"][-1] == units
    for relative, estimate, se, low, high in effect.event.iter_rows():
        row = found[f"Relative period {relative:+d}" if relative else "Relative period 0"]
        assert row[:4] == ([estimate, se, low, high] if se is not None else [estimate, None, None, None])
    head, cohorts, path = 1 + effect.aggregates.height, effect.cohorts.height, effect.event.height
    assert len(table.rows) == head + cohorts + path and table.rules_after == (head, head + cohorts)


def test_the_reference_period_is_zero_and_nothing_else(effect: Effect) -> None:
    assert lines(effect_table(effect))["Relative period -1"] == [0.0, None, None, None, None, None]


@pytest.mark.parametrize(("p", "stars"), [(0.0099, "***"), (0.0101, "**"), (0.0499, "**"), (0.0999, "*"), (0.1001, "")])
def test_stars_as_the_note_says(effect: Effect, p: float, stars: str) -> None:
    from scipy.special import ndtri

    shown = effect_table(replace(effect, att=-float(ndtri(p / 2)) * effect.se, df=float("inf"))).rows[0]
    assert shown[1].stars == stars and shown[5].value == pytest.approx(p)


@pytest.mark.parametrize(("att", "se", "form"), [(1e-5, 0.05, ".4f"), (0.05, 1e-5, ".4f"), (2e-5, 1e-5, ".4g")])
def test_one_line_has_one_form_by_its_largest_number(effect: Effect, att: float, se: float, form: str) -> None:
    row = effect_table(replace(effect, att=att, se=se)).rows[0]
    assert {cell.form for cell in row[1:5]} == {form}


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_no_scale_loses_the_digits(scale: float) -> None:
    row = effect_table(did(panel(scale), "y", "g")).rows[0]
    assert row[1].form == ".4g" and float(format(row[1].value, ".4g")) == pytest.approx(row[1].value, rel=1e-3)


def test_an_effect_without_noise_has_no_errors_and_no_stars() -> None:
    row = effect_table(did(panel(noise=0.0), "y", "g", method="twfe")).rows[0]
    assert row[1].value == pytest.approx(1.0) and row[1].stars == ""
    assert [cell.value for cell in row[2:6]] == [None] * 4


def test_the_notes_say_what_stands_behind_it(effect: Effect) -> None:
    for language in ("zh", "en"):
        notes = [note.get(language) for note in effect_table(effect).notes]  # type: ignore[arg-type]
        assert effect.estimand.get(language) in notes[0] and effect.rule.get(language) in notes[0]  # type: ignore[arg-type]
        assert "420" in notes[0] and "60" in notes[0]
    english = " ".join(note.en for note in effect_table(effect).notes)
    assert "comparison group: never treated" in english and "joint test" in english and "Left out: nothing" in english
    assert ".." not in english
