"""Figure 3-2 holds what the stations' footprint holds, and says both totals of 2024."""

from __future__ import annotations

import pytest

from dualcarbon.core.exhibit import Lines
from dualcarbon.studies.cmri2024 import figure_3_2

EXACT = 1e-12  # products of a few doubles


def test_curves_by_hand() -> None:
    figure = figure_3_2.build()
    plot = figure.drawing
    assert isinstance(plot, Lines) and figure.key == "figure_3_2" and not figure.simulated
    assert plot.curves[0].x == tuple(float(y) for y in range(2019, 2026))
    average, year_end = (337.7 + 425.1) / 2, 425.1
    in_2024 = [curve.y[5] for curve in plot.curves]
    by_hand = [
        stock * 1e4 * 52 * 365 / 1e9 * f
        for stock, f in ((average, 0.5306), (year_end, 0.5306), (average, 0.5703), (year_end, 0.611))
    ]
    assert in_2024 == pytest.approx(by_hand, rel=EXACT)
    assert plot.references[0].y[5] == pytest.approx(average * 1e4 * 65 * 365 / 1e9 * 0.5306, rel=EXACT)
    assert "80.7 TWh on the year-end stock and 72.4 TWh on the average stock" in figure.notes[0].en
    assert "12.59 t" in figure.notes[1].en and "0.611" in figure.notes[1].zh
