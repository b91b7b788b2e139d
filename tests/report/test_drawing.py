"""Dot plots: ticks and limits in numbers, labels that do not touch, drawings that show anywhere."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualcarbon.core.errors import DataError
from dualcarbon.core.exhibit import DotPlot, Figure, Series
from dualcarbon.core.text import Language, Text, both
from dualcarbon.report import dotplot, drawing

NAN, INF = math.nan, math.inf
ROUNDING = 1e-9  # decimal steps in binary


def plot(x: tuple[float, ...], log: bool = False, **ends: Any) -> DotPlot:
    items = tuple(both(f"item {i}") for i in range(len(x)))
    return DotPlot(items, (Series(both("s"), x, **ends),), both("x"), log)


def figure(drawn: DotPlot, key: str = "f", simulated: bool = False) -> Figure:
    return Figure(key, both("1"), both("t"), drawn, (), both("s"), simulated)


@pytest.mark.parametrize(
    ("ends", "log", "expected"),
    [
        ((3.0, 5000.0), True, [10.0, 100.0, 1000.0]),
        ((3.0, 60.0), True, [5.0, 10.0, 20.0, 50.0]),
        ((-0.4, 1.3), False, [0.0, 0.5, 1.0]),
        ((0.0, 0.021), False, [0.0, 0.005, 0.01, 0.015, 0.02]),
    ],
)
def test_ticks(ends: tuple[float, float], log: bool, expected: list[float]) -> None:
    assert dotplot.ticks(*ends, log) == pytest.approx(expected, rel=ROUNDING)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_linear_ticks_are_few_and_inside(low: float, width: float) -> None:
    high = low + width
    if high > low + 1e-6 * abs(low):
        places = dotplot.ticks(low, high, False)
        assert 2 <= len(places) <= 7
        assert all(low - 1e-9 * abs(high - low) <= place <= high + 1e-9 * abs(high - low) for place in places)
        assert len(set(dotplot.tick_labels(places, False))) == len(places)


def test_tick_labels_are_plain_figures() -> None:
    assert dotplot.tick_labels([0.01, 0.1, 1.0, 1000.0, 1e7], True) == ["0.01", "0.1", "1", "1,000", "10⁷"]
    assert dotplot.tick_labels([-0.5, 0.0, 0.5], False) == ["−0.5", "0.0", "0.5"]
    assert dotplot.tick_labels([0.0, 2000.0], False) == ["0", "2,000"]


def test_limits_hold_all_that_can_be_shown() -> None:
    low, high = dotplot.limits(plot((1.0, 100.0), True, low=(0.0, 50.0), high=(INF, 1000.0)))
    assert 0 < low < 1.0 and 1000.0 < high < 2000.0
    assert dotplot.limits(plot((NAN,), True)) == (1.0, 10.0)
    low, high = dotplot.limits(plot((5.0,)))
    assert low < 5.0 < high


def test_lines_are_broken_between_words_and_characters() -> None:
    assert dotplot.wrap("Communication equipment, computers", 12.0) == "Communication\nequipment, computers"
    assert dotplot.wrap("造纸、及纸制品业", 3.0) == "造纸、\n及纸制\n品业"
    assert dotplot.wrap("", 3.0) == ""


@given(st.text("ab 中文，、-"), st.floats(1.0, 20.0))
def test_wrapping_loses_nothing_but_spaces(text: str, width: float) -> None:
    assert re.sub(r"\s", "", dotplot.wrap(text, width)) == text.replace(" ", "")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_labels_of_39_items_do_not_touch_and_stay_inside(sample: SimpleNamespace, language: Language) -> None:
    canvas = drawing._draw(sample.figure(), language)
    canvas.draw_without_rendering()
    renderer = canvas.canvas.get_renderer()
    (axes,) = canvas.axes
    boxes = [label.get_window_extent(renderer) for label in axes.get_yticklabels()]
    assert len(boxes) == 39
    assert all(upper.y0 > lower.y1 - 1.0 for upper, lower in pairwise(boxes))
    frame = canvas.bbox
    texts = [*axes.get_yticklabels(), *axes.get_xticklabels(), axes.xaxis.label, *canvas.texts]
    texts += canvas.legends[0].get_texts()
    for text in texts:
        box = text.get_window_extent(renderer)
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
    marks = axes.get_window_extent(renderer)
    assert all(box.x1 <= marks.x0 for box in boxes)
    stamp = canvas.texts[0].get_window_extent(renderer)
    assert not stamp.overlaps(canvas.legends[0].get_window_extent(renderer))
    assert canvas.get_size_inches()[1] <= 9.0


@pytest.mark.parametrize("count", [1, 2, 10, 20, 21, 60])
def test_size_follows_the_number_of_items(count: int) -> None:
    plan = dotplot.plan(["一二三"] * count, [], "x", stamped=False)
    assert plan.pitch * 72 >= plan.label_pt * 1.2
    assert plan.height < 9.0


def test_marks_stand_at_their_values_and_nan_is_left_out(sample: SimpleNamespace) -> None:
    given_figure = sample.figure()
    (axes,) = drawing._draw(given_figure, "zh").axes
    marks = [line for line in axes.lines if line.get_linestyle() == "None" and len(line.get_xdata()) == 39]
    assert [line.get_marker() for line in marks] == ["o", "s"]
    assert [line.get_markerfacecolor() == "white" for line in marks] == [False, True]
    for line, series in zip(marks, given_figure.drawing.series, strict=True):
        assert list(line.get_xdata()) == pytest.approx(list(series.x), nan_ok=True, rel=0, abs=0)
    assert axes.get_xscale() == "log"
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_an_interval_beyond_the_axis_ends_in_an_arrow() -> None:
    drawn = plot((1.0, 10.0, 5.0), True, low=(0.0, 5.0, NAN), high=(2.0, INF, 6.0))
    (axes,) = drawing._draw(figure(drawn), "en").axes
    arrows = [(line.get_marker(), line.get_ydata()[0]) for line in axes.lines if line.get_marker() in (4, 5)]
    assert arrows == [(4, 0.0), (5, 1.0)]
    assert len([line for line in axes.lines if line.get_linewidth() == 0.9]) == 2


def test_values_without_a_place_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        drawing.svg(figure(plot((1.0, 0.0, -2.0), True)), "zh")
    assert "2 个非正数" in caught.value.say("zh") and "2 not positive, first item 1" in caught.value.say("en")
    with pytest.raises(DataError, match="1 values"):
        drawing.svg(figure(plot((1.0, 2.0), low=(1.0,), high=(1.0, 2.0))), "zh")


def test_svg_has_outlines_for_letters_and_no_date(sample: SimpleNamespace) -> None:
    source = drawing.svg(sample.figure(), "zh").decode()
    root = ElementTree.fromstring(source)
    assert not list(root.iter("{http://www.w3.org/2000/svg}text"))
    title = next(root.iter("{http://purl.org/dc/elements/1.1/}title"))
    assert title.text == "图 4-1　各行业 CO₂ 边际减排成本"
    assert "<dc:date>" not in source and "matplotlib" not in source.lower().replace("matplotlib.axis", "")
    names = re.findall(r'\sid="([^"]+)"', source)
    assert all(name.startswith("figure_4_1-zh-") for name in names) and len(names) == len(set(names))
    used = re.findall(r'(?:href="#|url\(#)([^")]+)', source)
    assert set(used) <= set(names)


def test_png_is_an_image_without_a_date(sample: SimpleNamespace) -> None:
    from io import BytesIO

    from PIL import Image

    picture = Image.open(BytesIO(drawing.png(sample.figure(), "en")))
    assert picture.size[0] == round(220 * dotplot.WIDTH_IN)
    assert set(picture.info) <= {"Title", "dpi"}


def test_dollars_are_dollars() -> None:
    drawn = DotPlot((both("$a_1$"), both("$")), (Series(both("$s$"), (1.0, 2.0)),) * 2, Text("价 $x^2$", "price $x^2$"))
    drawing.svg(figure(drawn), "zh")


def test_an_empty_plot_is_drawn() -> None:
    assert drawing.svg(figure(plot(())), "en").startswith(b"<?xml")


def test_a_second_panel_shows_the_ratios_to_the_first_series() -> None:
    first = Series(both("a"), (100.0, NAN), (95.0, NAN), (110.0, NAN))
    second = Series(both("b"), (90.0, 5.0), hollow=True)
    drawn = DotPlot((both("u"), both("v")), (first, second), both("x"), log=True, ratio_label=both("to a"))
    ratio = dotplot.relative(drawn, both("to a"))
    assert not ratio.log and ratio.x_label == both("to a")
    assert (ratio.series[0].x[0], ratio.series[1].x[0]) == (1.0, 0.9)
    assert ratio.series[0].low is not None and ratio.series[0].high is not None
    assert (ratio.series[0].low[0], ratio.series[0].high[0]) == (0.95, 1.1)
    assert math.isnan(ratio.series[1].x[1])
    panels = drawing._draw(figure(drawn), "en").axes
    assert len(panels) == 2
    assert [label.get_text() for label in panels[1].get_yticklabels()] == ["", ""]
