"""Curves over calendar years: ticks are whole years without thousands separators; other axes keep theirs."""

from __future__ import annotations

import pytest

from dualcarbon.core.exhibit import Figure, Lines, Points
from dualcarbon.core.text import both
from dualcarbon.report.drawings import lines


@pytest.mark.parametrize(
    ("ends", "years", "expected"),
    [
        ((1985.0, 2023.0), True, ["1990", "2000", "2010", "2020"]),
        ((2021.0, 2023.0), True, ["2021", "2022", "2023"]),
        ((1985.0, 2023.0), False, ["1,990", "2,000", "2,010", "2,020"]),
    ],
)
def test_ticks(ends: tuple[float, float], years: bool, expected: list[str]) -> None:
    curve = Points(both("a"), ends, (0.0, 1.0))
    figure = Figure("f", both("F"), both("t"), Lines(both("x"), both("y"), (curve,), years=years), (), both("s"), False)
    canvas = lines.DRAWN.draw(figure, "en")
    assert [label.get_text() for label in canvas.axes[0].get_xticklabels()] == expected
