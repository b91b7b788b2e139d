"""Distributions, scatters, steps: numbers in the drawing, labels that do not touch, every writer, both languages."""

from __future__ import annotations

import csv
import io
import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dualcarbon.core.exhibit import (
    Cells,
    Distributions,
    DotPlot,
    Drawing,
    Estimates,
    Figure,
    Intervals,
    Lines,
    Points,
    Scatter,
    Series,
    Steps,
)
from dualcarbon.core.text import LANGUAGES, Language, Text, both
from dualcarbon.report import dotplot, drawing, render

MAC = Text("边际减排成本（元/吨，对数刻度）", "Marginal abatement cost (CNY/t, log scale)")
INTENSITY = Text("排放强度（吨/万元，对数刻度）", "Emission intensity (t/10⁴ CNY, log scale)")
ROOM = Text("累计减排空间（百万吨，各期合计）", "Cumulative abatement room (Mt, all periods)")
MARGIN_PX = 1.0  # half a pixel of rounding on either side


def figure(drawn: Drawing, simulated: bool = True, key: str = "figure_x") -> Figure:
    note = Text("注意 CO2。", "Mind the CO2.")
    return Figure(key, Text("图 1", "Figure 1"), Text("题", "Title"), drawn, (note,), both("s"), simulated)


def distributions(groups: int, ridges: bool = False) -> Distributions:
    rng = np.random.default_rng(groups)
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    cuts = [np.quantile(np.exp(rng.normal(6 - 0.1 * g, 1, 500)), levels) for g in range(groups)]
    edges = tuple(np.logspace(0, 6, 31).tolist()) if ridges else ()
    return Distributions(
        items=tuple(
            Text(f"第 {g} 个行业，名称较长的一个", f"Industry {g} with a rather long name") for g in range(groups)
        ),
        rows=(500,) * groups,
        levels=levels,
        quantiles=tuple(tuple(c.tolist()) for c in cuts),
        x_label=MAC,
        quantile_label=Text("中位数、四分位间距、5%–95%", "Median, quartiles, 5 % to 95 %"),
        log=True,
        means=tuple(1.3 * float(c[2]) for c in cuts),
        mean_label=Text("按排放加权的均值", "Mean weighted by emissions"),
        edges=edges,
        bins=tuple(tuple(rng.integers(0, 50, 30).tolist()) for _ in range(groups)) if ridges else (),
    )


def cloud(label: str, seed: int) -> Points:
    rng = np.random.default_rng(seed)
    x = np.exp(rng.normal(0, 2, 60))
    return Points(Text(f"{label}组", f"group {label}"), tuple(x.tolist()), tuple((1e3 / x).tolist()))


def honeycomb() -> Cells:
    x, y = np.meshgrid(np.logspace(-2, 2, 9), np.logspace(1, 5, 9))
    count = tuple(range(1, 82))
    return Cells(tuple(x.ravel()), tuple(y.ravel()), count, (0.5, 0.5), Text("每格行数", "Rows per cell"))


def scatter(many: bool) -> Scatter:
    named = tuple(cloud(name, i) for i, name in enumerate("ABCDEF"))
    if many:
        return Scatter(INTENSITY, MAC, cells=honeycomb(), lines=named, log=True)
    return Scatter(INTENSITY, MAC, points=named, log=True)


def steps(start: float = 2e6) -> Steps:
    heights = tuple(np.logspace(0, 5, 40).tolist())
    free = Text("价格为零或为负的减排空间", "Room with a price of zero or below")
    return Steps((1e6,) * 40, heights, (3,) * 40, ROOM, MAC, start, free if start else None, 1e6, log=True)


def lines() -> Lines:
    x = tuple(np.linspace(0.1, 0.9, 500).tolist())
    y = tuple(math.nan if 0.5 < v < 0.55 else 80 * abs(v - 0.4) for v in x)
    curves = tuple(Points(Text(f"门槛 {k}：0.4", f"Threshold {k}: 0.4"), x, tuple(k * v for v in y)) for k in (1, 2, 3))
    level = Points(Text("95% 临界值 7.35", "95 % critical value 7.35"), (0.1, 0.9), (7.35, 7.35))
    return Lines(INTENSITY, Text("似然比", "Likelihood ratio"), curves, (level,))


def event_study(sets: int, periods: int) -> Intervals:
    """Estimates by relative period, the one before treatment hollow."""
    rng = np.random.default_rng(sets)
    x = tuple(float(e) for e in range(-periods, periods + 1))
    series = []
    for k in range(sets):
        y = [0.0 if e == -1 else v for e, v in zip(x, rng.normal(size=len(x)).tolist(), strict=True)]
        ends = [[math.nan if e == -1 else v + s for e, v in zip(x, y, strict=True)] for s in (-1.0, 1.0)]
        name = Text(f"第 {k} 种估计方法", f"estimator number {k} of several")
        series.append(Estimates(name, x, tuple(y), *(tuple(e) for e in ends), tuple(e == -1 for e in x)))
    bins = tuple((e, both(f"{'≤' if e < 0 else '≥'}{abs(e):.0f}")) for e in (x[0], x[-1]))
    return Intervals(ROOM, MAC, tuple(series), breaks=(-0.5,), names=bins)


DRAWINGS = {
    "intervals_1": event_study(1, 5),
    "intervals_6": event_study(6, 16),
    "distributions_39": distributions(39),
    "distributions_3": distributions(3, ridges=True),
    "scatter_points": scatter(False),
    "scatter_cells": scatter(True),
    "steps": steps(),
    "lines": lines(),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", DRAWINGS)
def test_all_words_stay_inside_and_apart(name: str, language: Language) -> None:
    canvas = drawing._draw(figure(DRAWINGS[name]), language)
    canvas.draw_without_rendering()
    renderer = canvas.canvas.get_renderer()
    texts = [*canvas.texts]
    for axes in canvas.axes:
        texts += [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label]
    for legend in canvas.legends:
        texts += legend.get_texts()
    boxes = {t: t.get_window_extent(renderer) for t in texts if t.get_text() and t.get_visible()}
    for box in boxes.values():
        assert box.x0 >= -MARGIN_PX and box.x1 <= canvas.bbox.x1 + MARGIN_PX
        assert box.y0 >= -MARGIN_PX and box.y1 <= canvas.bbox.y1 + MARGIN_PX
    shown = list(boxes.items())
    touching = [
        (a.get_text(), b.get_text())
        for i, (a, one) in enumerate(shown)
        for b, two in shown[:i]
        if one.padded(-MARGIN_PX).overlaps(two.padded(-MARGIN_PX))
    ]
    assert touching == []
    assert canvas.get_size_inches()[1] <= 9.0


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_writer_that_takes_a_dot_plot_takes_it(name: str, tmp_path: Path) -> None:
    files = {path.name for path in render(figure(DRAWINGS[name], key=name), tmp_path)}
    spoken = {f"{name}.{lang}.{kind}" for lang in LANGUAGES for kind in ("pdf", "html", "docx", "svg", "png")}
    assert files == spoken | {f"{name}.csv", f"{name}.json"}
    assert "Simulated data" in (tmp_path / f"{name}.csv").read_text(encoding="utf-8")


def read(drawn: Drawing, folder: Path, kind: str) -> str:
    (path,) = render(figure(drawn), folder, formats=(kind,))
    return path.read_text(encoding="utf-8")


def test_numbers_of_distributions(tmp_path: Path) -> None:
    given = DRAWINGS["distributions_3"]
    assert isinstance(given, Distributions)
    lines = list(csv.DictReader(io.StringIO(read(given, tmp_path, "csv"))))
    assert list(lines[0])[:9] == ["item_zh", "item_en", "rows", "p5", "p25", "p50", "p75", "p95", "mean"]
    assert [float(line["p50"]) for line in lines] == [q[2] for q in given.quantiles]
    found = json.loads(read(given, tmp_path, "json"))
    assert found["bins"] == [list(b) for b in given.bins] and found["edges"] == list(given.edges)
    assert found["x_label"] == {"zh": MAC.zh, "en": MAC.en}


def test_numbers_of_a_scatter(tmp_path: Path) -> None:
    given = DRAWINGS["scatter_cells"]
    assert isinstance(given, Scatter) and given.cells is not None
    lines = list(csv.DictReader(io.StringIO(read(given, tmp_path, "csv"))))
    cells = [line for line in lines if line["kind"] == "cell"]
    assert [int(line["count"]) for line in cells] == list(given.cells.count)
    assert sum(line["kind"] == "line" for line in lines) == 360
    found = json.loads(read(given, tmp_path, "json"))
    assert found["cells"]["x"] == list(given.cells.x) and found["points"] == []
    assert found["lines"][2]["label"] == {"zh": "C组", "en": "group C"}


def test_numbers_of_steps(tmp_path: Path) -> None:
    given = steps()
    lines = list(csv.DictReader(io.StringIO(read(given, tmp_path, "csv"))))
    assert [float(line["height"]) for line in lines] == list(given.heights)
    assert float(lines[0]["from"]) == given.start and float(lines[-1]["to"]) == given.start + sum(given.widths)
    assert all(float(a["to"]) == float(b["from"]) for a, b in pairwise(lines))
    found = json.loads(read(given, tmp_path, "json"))
    assert found["rows"] == list(given.rows) and found["x_unit"] == 1e6
    assert json.loads(read(steps(0.0), tmp_path, "json"))["start_label"] is None


def test_numbers_of_lines(tmp_path: Path) -> None:
    given = lines()
    rows = list(csv.DictReader(io.StringIO(read(given, tmp_path, "csv"))))
    assert [row["kind"] for row in rows] == ["curve"] * 1500 + ["reference"] * 2
    shown = [float(row["y"]) for row in rows[:500] if row["y"]]
    assert shown == [y for y in given.curves[0].y if not math.isnan(y)] and len(shown) < 500
    found = json.loads(read(given, tmp_path, "json"))
    assert found["references"][0]["y"] == [7.35, 7.35] and None in found["curves"][2]["y"]
    (axes,) = drawing._draw(figure(given), "en").axes
    assert [line.get_linestyle() for line in axes.get_lines()][:3] == ["-"] * 3 and len(axes.get_lines()) == 4


def test_numbers_of_intervals(tmp_path: Path) -> None:
    given = event_study(2, 3)
    rows = list(csv.DictReader(io.StringIO(read(given, tmp_path, "csv"))))
    keys = ["label_zh", "label_en", "x", "estimate", "low", "high", "reference", "data_status"]
    assert list(rows[0]) == keys and len(rows) == 14
    assert [float(row["estimate"]) for row in rows[7:]] == list(given.series[1].y)
    assert [row["x"] for row in rows if row["reference"] == "1"] == ["-1.0", "-1.0"]
    assert [row["low"] for row in rows if row["reference"] == "1"] == ["", ""]
    found = json.loads(read(given, tmp_path, "json"))
    assert found["breaks"] == [-0.5] and found["levels"] == [0.0] and found["series"][0]["high"][2] is None
    assert found["names"][0] == {"x": -3.0, "label": {"zh": "≤3", "en": "≤3"}}


def test_sets_of_intervals_stand_side_by_side() -> None:
    given = event_study(3, 4)
    (axes,) = drawing._draw(figure(given), "en").axes
    bars = [line for line in axes.get_lines() if len(line.get_xdata()) == 2 and len(set(line.get_xdata())) == 1]
    places = [float(line.get_xdata()[0]) for line in bars if list(line.get_ydata()) != [0, 1]]
    assert len(places) == 3 * 8 and len(set(places)) == len(places)
    expected = sorted(x + s for x in range(-4, 5) if x != -1 for s in (-0.7 / 3, 0.0, 0.7 / 3))
    assert np.allclose(sorted(places), expected)
    hollow = [line for line in axes.get_lines() if line.get_markerfacecolor() == "white"]
    assert [len(line.get_xdata()) for line in hollow] == [1, 1, 1]


def test_references_of_a_dot_plot_are_in_sight() -> None:
    plot = DotPlot((both("a"),), (Series(both("s"), (5.0,), (4.0,), (6.0,)),), MAC, references=(0.0, 3.0))
    (axes,) = drawing._draw(figure(plot), "en").axes
    low, high = axes.get_xlim()
    assert low < 0.0 and high > 6.0
    dashed = [line for line in axes.get_lines() if line.get_linestyle() == "--"]
    assert [float(line.get_xdata()[0]) for line in dashed] == [3.0]


def test_the_curve_is_drawn_where_it_lies() -> None:
    (axes,) = drawing._draw(figure(steps()), "en").axes
    curve = axes.patches[1].get_data()
    assert curve.edges[0] == 2.0 and curve.edges[-1] == 42.0
    assert list(curve.values) == list(steps().heights)


@pytest.mark.parametrize(
    "drawn",
    [
        Steps((), (), (), ROOM, MAC, log=True),
        Scatter(INTENSITY, MAC, log=True),
        Lines(INTENSITY, MAC, ()),
        Intervals(INTENSITY, MAC, ()),
        Intervals(INTENSITY, MAC, (Estimates(both("a"), (2.0,), (1.0,), (math.nan,), (math.inf,)),), ()),
        Distributions((), (), (0.5,), (), MAC, MAC, log=True),
        Steps((1.0,), (-2.0,), (1,), ROOM, MAC),
        Scatter(INTENSITY, MAC, (Points(both("$x$"), (1.0,), (1.0,)),), log=True),
    ],
)
def test_nothing_or_little_is_drawn_too(drawn: Drawing) -> None:
    for language in LANGUAGES:
        assert drawing.svg(figure(drawn), language).startswith(b"<?xml")


def test_numbers_that_have_no_place_are_refused() -> None:
    with pytest.raises(ValueError, match="above zero"):
        Scatter(INTENSITY, MAC, (Points(both("a"), (0.0,), (1.0,)),), log=True)
    with pytest.raises(ValueError, match="do not fall"):
        Steps((1.0, 1.0), (2.0, 1.0), (1, 1), ROOM, MAC)
    with pytest.raises(ValueError, match="steps"):
        Steps((1.0,), (2.0, 3.0), (1, 1), ROOM, MAC)
    with pytest.raises(ValueError, match="points"):
        Points(both("a"), (1.0,), ())
    with pytest.raises(ValueError, match="estimates"):
        Estimates(both("a"), (0.0,), (1.0,), (1.0,), ())
    with pytest.raises(ValueError, match="hollow"):
        Estimates(both("a"), (0.0,), (1.0,), (1.0,), (1.0,), (True, False))
    with pytest.raises(ValueError, match="quantiles"):
        Distributions((both("a"),), (1,), (0.5,), (), MAC, MAC)


def test_a_narrow_logarithmic_axis_has_ticks() -> None:
    places = dotplot.ticks(3.1, 4.6, True)
    assert len(places) >= 2 and all(3.1 <= place <= 4.6 for place in places)
    assert len(set(dotplot.tick_labels(places, True))) == len(places)
