"""Boxes and arrows: words inside the drawing and apart, numbers and words for machines, bad input refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from dualcarbon.core.exhibit import Arrow, Box, Figure, Flow
from dualcarbon.core.text import LANGUAGES, Language, Text, both
from dualcarbon.report import drawing, render

MARGIN_PX = 1.0  # half a pixel of rounding on either side
LONG = Text("一个名称相当长的概念，需要折成两行", "An idea with a rather long name that needs several lines")


def figure(flow: Flow, simulated: bool = True) -> Figure:
    return Figure("flow", both("F 1"), both("T"), flow, (), both("s"), simulated)


def sample() -> Flow:
    boxes = (
        Box("top", 0, 1, LONG, strong=True),
        Box("left", 1, 0, LONG),
        Box("right", 1, 2, both("$b$")),
        Box("low", 2, 1, both("c")),
    )
    word = Text("统筹", "balanced")
    arrows = (
        Arrow("left", "top", Text("首要任务", "first task")),
        Arrow("left", "right", word, both=True),
        Arrow("low", "right", Text("抓手", "lever")),
        Arrow("right", "top"),
    )
    return Flow(boxes, arrows)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("simulated", [True, False])
def test_words_stay_inside_and_apart(language: Language, simulated: bool) -> None:
    canvas = drawing._draw(figure(sample(), simulated), language)
    canvas.draw_without_rendering()
    renderer = canvas.canvas.get_renderer()
    texts = [*canvas.texts, *(text for axes in canvas.axes for text in axes.texts)]
    shown = [(t.get_text(), t.get_window_extent(renderer)) for t in texts if t.get_text()]
    assert len(shown) == 7 + simulated
    for _, box in shown:
        assert box.x0 >= -MARGIN_PX and box.x1 <= canvas.bbox.x1 + MARGIN_PX
        assert box.y0 >= -MARGIN_PX and box.y1 <= canvas.bbox.y1 + MARGIN_PX
    touching = [(a, b) for i, (a, one) in enumerate(shown) for b, two in shown[:i] if one.overlaps(two)]
    assert touching == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_stay_in_their_boxes(language: Language) -> None:
    canvas = drawing._draw(figure(sample()), language)
    canvas.draw_without_rendering()
    renderer = canvas.canvas.get_renderer()
    (axes,) = canvas.axes
    boxes = [patch.get_window_extent(renderer) for patch in axes.patches]
    labels = [text.get_window_extent(renderer) for text in axes.texts if text.get_fontsize() == 9.0]
    assert len(boxes) == len(labels) == 4
    for box, label in zip(boxes, labels, strict=True):
        assert box.x0 <= label.x0 and label.x1 <= box.x1 and box.y0 <= label.y0 and label.y1 <= box.y1


def test_what_machines_read(tmp_path: Path) -> None:
    render(figure(sample()), tmp_path, formats=("csv", "json"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "flow.csv").read_text(encoding="utf-8"))))
    assert [row["kind"] for row in rows] == ["box"] * 4 + ["arrow"] * 4
    assert rows[0]["label_en"] == LONG.en and (rows[2]["row"], rows[2]["column"]) == ("1", "2")
    assert (rows[6]["label_en"], rows[6]["to_en"]) == ("c", "$b$")
    body = json.loads((tmp_path / "flow.json").read_text(encoding="utf-8"))
    assert body["boxes"][0]["strong"] and body["boxes"][0]["label"] == {"zh": LONG.zh, "en": LONG.en}
    assert body["arrows"][1] == {
        "from": "left",
        "to": "right",
        "label": {"zh": "统筹", "en": "balanced"},
        "both": True,
    }
    assert body["arrows"][3]["label"] is None


def test_one_box_is_drawn_too() -> None:
    for language in LANGUAGES:
        assert drawing.svg(figure(Flow((Box("a", 0, 0, both("a")),))), language).startswith(b"<?xml")


@pytest.mark.parametrize(
    ("boxes", "arrows", "word"),
    [
        ((), (), "0 boxes"),
        ((Box("a", 0, 0, both("a")), Box("a", 1, 0, both("b"))), (), "more than once"),
        ((Box("a", 0, 0, both("a")), Box("b", 0, 0, both("b"))), (), "more than once"),
        ((Box("a", -1, 0, both("a")),), (), "boxes at"),
        ((Box("a", 0, 0, both("a")),), (Arrow("a", "a"),), "without two boxes"),
        ((Box("a", 0, 0, both("a")),), (Arrow("a", "b"),), "without two boxes"),
    ],
)
def test_what_cannot_be_drawn_is_refused(boxes: tuple[Box, ...], arrows: tuple[Arrow, ...], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Flow(boxes, arrows)
