"""Formulas, minus signs and characters that no file may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualcarbon.report.typography import Run, clean, glyphs, number_text, runs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CO2", "CO₂"),
        ("ln CO2 与 tCO2e、kgCO2/kWh", "ln CO₂ 与 tCO₂e、kgCO₂/kWh"),
        ("CH4, N2O, SO2", "CH₄, N₂O, SO₂"),
        ("co2_t CO2_t ECO2 CO20 _CO2", "co2_t CO2_t ECO2 CO20 _CO2"),
        ("CO₂", "CO₂"),
    ],
)
def test_formulas_get_their_subscripts_and_names_do_not(text: str, expected: str) -> None:
    assert glyphs(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("of 95 % and 5.2 % at", "of 95\u00a0% and 5.2\u00a0% at"),
        ("处于下限 5.2 %，处于上限 93%", "处于下限 5.2%，处于上限 93%"),
        ("share of %", "share of %"),
    ],
)
def test_a_percent_sign_stands_at_its_number(text: str, expected: str) -> None:
    assert glyphs(text) == expected


def test_runs_write_scripts_in_ordinary_characters() -> None:
    assert runs("R² of CO2, 10⁻³") == (
        Run("R"), Run("2", "sup"), Run(" of CO"), Run("2", "sub"), Run(", 10"), Run("−3", "sup"),
    )  # fmt: skip


@given(st.text())
def test_runs_lose_nothing(text: str) -> None:
    again = "".join(run.text for run in runs(text))
    assert len(again) == len(glyphs(text))
    assert all(run.text for run in runs(text))


@given(st.text())
def test_clean_text_can_be_written_as_xml(text: str) -> None:
    from xml.etree.ElementTree import fromstring
    from xml.sax.saxutils import escape

    kept = clean(text)
    assert (fromstring(f"<a>{escape(kept)}</a>").text or "") == kept
    kept.encode()


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        (-1.4096, ".4f", "−1.4096"),
        (25007.92, ",.2f", "25,007.92"),
        (1009114, ",d", "1,009,114"),
        (-0.25, ".1%", "−25.0%"),
        (-0.0004, ",.2f", "0.00"),
        (-0.0, ".1%", "0.0%"),
        (-0.005, ".2f", "−0.01"),
        (-0.0004, ".1e", "−4.0×10⁻⁴"),
        (2.5e-7, ".1e", "2.5×10⁻⁷"),
        (2.5e12, ".1e", "2.5×10¹²"),
        (float("inf"), ",.2f", "∞"),
        (float("-inf"), "", "−∞"),
        (3, "", "3"),
    ],
)
def test_numbers_in_print(value: float, form: str, expected: str) -> None:
    assert number_text(value, form) == expected
