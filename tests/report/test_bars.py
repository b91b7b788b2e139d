"""Waterfalls and stacks: numbers in the drawing, labels that do not touch, both languages, every writer."""

from __future__ import annotations

import csv
import io
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dualcarbon.core.exhibit import Drawing, Figure, Layer, Stacked, Waterfall
from dualcarbon.core.text import LANGUAGES, Language, Text, both
from dualcarbon.report import drawing, render

UNIT = Text("电力碳排放（百万吨）", "CO2 of power generation (Mt)")
NAMES = (
    ("发电总量", "Total generation"),
    ("化石能源占比", "Share of fossil generation"),
    ("排放因子", "Emission factor"),
)
ITEMS = (both("2020"), *(Text(zh, f"{en}, a rather long name for one factor") for zh, en in NAMES), both("2060"))
MARGIN_PX = 1.0  # half a pixel of rounding on either side


def waterfall(levels: tuple[float, ...] = (4324.0, 7809.0, 1036.0, 1036.5), base: float = 0.0) -> Waterfall:
    marks = (f"{levels[0]:,.0f}", *(f"{b - a:+,.0f}" for a, b in pairwise(levels)), "1,036")
    return Waterfall(ITEMS, levels, marks, UNIT, base)


def stacked(areas: bool, places: int = 9, layers: int = 7) -> Stacked:
    r = np.random.default_rng(places)
    values = r.normal(size=(layers, places))
    parts = tuple(
        Layer(Text(f"第{i}个因素", f"factor number {i}"), tuple(row)) for i, row in enumerate(values.tolist())
    )
    x = tuple(float(2000 + i) for i in range(places))
    names = () if areas else tuple(both(f"{2000 + i}-{2001 + i}") for i in range(places))
    total = Layer(Text("总变化", "Total change"), tuple(values.sum(axis=0).tolist()))
    return Stacked(x, parts, Text("时期", "Period"), UNIT, names, total, areas)


DRAWINGS: dict[str, Drawing] = {
    "waterfall": waterfall(),
    "waterfall_below": waterfall((120.0, -340.0, -80.0, -10.0)),
    "waterfall_small": waterfall((1.0, 1.0, 1.0, 1.0)),
    "stacked_bars": stacked(False),
    "stacked_many": stacked(False, 40, 14),
    "stacked_areas": stacked(True),
    "stacked_one": stacked(True, 1, 1),
    "stacked_nothing": Stacked((), (), both("x"), UNIT),
}


def figure(drawn: Drawing, key: str = "figure_x") -> Figure:
    return Figure(key, Text("图 1", "Figure 1"), Text("题", "Title"), drawn, (), both("s"), True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", DRAWINGS)
def test_all_words_stay_inside_and_apart(name: str, language: Language) -> None:
    canvas = drawing._draw(figure(DRAWINGS[name]), language)
    canvas.draw_without_rendering()
    renderer = canvas.canvas.get_renderer()
    texts = [*canvas.texts]
    for axes in canvas.axes:
        texts += [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label, *axes.texts]
    for legend in canvas.legends:
        texts += legend.get_texts()
    boxes = {t: t.get_window_extent(renderer) for t in texts if t.get_text() and t.get_visible()}
    for text, box in boxes.items():
        assert box.x0 >= -MARGIN_PX and box.x1 <= canvas.bbox.x1 + MARGIN_PX, text
        assert box.y0 >= -MARGIN_PX and box.y1 <= canvas.bbox.y1 + MARGIN_PX, text
    shown = list(boxes.items())
    touching = [
        (a.get_text(), b.get_text())
        for i, (a, one) in enumerate(shown)
        for b, two in shown[:i]
        if one.padded(-MARGIN_PX).overlaps(two.padded(-MARGIN_PX))
    ]
    assert touching == []
    assert canvas.get_size_inches()[1] <= 9.0


@pytest.mark.parametrize("name", ["waterfall", "stacked_bars", "stacked_areas"])
def test_every_writer_takes_them(name: str, tmp_path: Path) -> None:
    files = {path.name for path in render(figure(DRAWINGS[name], name), tmp_path)}
    spoken = {f"{name}.{lang}.{kind}" for lang in LANGUAGES for kind in ("pdf", "html", "docx", "svg", "png")}
    assert files == spoken | {f"{name}.csv", f"{name}.json"}


def read(drawn: Drawing, folder: Path, kind: str) -> str:
    (path,) = render(figure(drawn), folder, formats=(kind,))
    return path.read_text(encoding="utf-8")


def test_numbers_of_a_waterfall(tmp_path: Path) -> None:
    given = waterfall()
    rows = list(csv.DictReader(io.StringIO(read(given, tmp_path, "csv"))))
    assert [row["kind"] for row in rows[:5]] == ["start", "step", "step", "step", "end"]
    assert [float(row["value"]) for row in rows[:5]] == [4324.0, 3485.0, -6773.0, 0.5, 1036.5]
    found = json.loads(read(given, tmp_path, "json"))
    assert found["levels"] == list(given.levels) and found["items"][1]["zh"] == "发电总量"


def test_bars_of_a_waterfall_hang_where_they_should() -> None:
    (axes,) = drawing._draw(figure(waterfall((120.0, -340.0, -80.0, -10.0))), "en").axes
    spans = [tuple(sorted((bar.get_x(), bar.get_x() + bar.get_width()))) for bar in axes.patches]
    assert spans == [(0.0, 120.0), (-340.0, 120.0), (-340.0, -80.0), (-80.0, -10.0), (-10.0, 0.0)]


def test_numbers_of_a_stack(tmp_path: Path) -> None:
    given = stacked(False)
    rows = list(csv.DictReader(io.StringIO(read(given, tmp_path, "csv"))))
    shown = [float(row["value"]) for row in rows if row["kind"] == "layer"]
    assert shown == [value for layer in given.layers for value in layer.values]
    found = json.loads(read(given, tmp_path, "json"))
    assert found["total"]["values"] == list(given.total.values) and found["areas"] is False  # type: ignore[union-attr]


def test_negative_parts_are_stacked_below_zero() -> None:
    plot = Stacked(
        (0.0, 1.0),
        tuple(
            Layer(both(name), values) for name, values in (("a", (2.0, -1.0)), ("b", (-3.0, -2.0)), ("c", (1.0, 4.0)))
        ),
        both("x"),
        both("y"),
    )
    (axes,) = drawing._draw(figure(plot), "en").axes
    spans = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in axes.patches if bar.get_height()]
    assert sorted(spans) == sorted([(0.0, 2.0), (0.0, -1.0), (0.0, -3.0), (-1.0, -3.0), (2.0, 3.0), (0.0, 4.0)])


def test_an_area_that_crosses_zero_meets_it_there() -> None:
    plot = Stacked((0.0, 4.0), (Layer(both("a"), (1.0, -3.0)),), both("x"), both("y"), areas=True)
    (axes,) = drawing._draw(figure(plot), "en").axes
    corners = np.vstack([path.vertices for area in axes.collections for path in area.get_paths()])
    assert [1.0, 0.0] in corners.tolist() and corners[:, 1].min() == -3.0


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="marks"):
        Waterfall((both("a"),), (1.0,), ("1",), UNIT)
    with pytest.raises(ValueError, match="at 2 places"):
        Stacked((0.0, 1.0), (Layer(both("a"), (1.0,)),), UNIT, UNIT)
    with pytest.raises(ValueError, match="increase"):
        Stacked((1.0, 0.0), (), UNIT, UNIT)
