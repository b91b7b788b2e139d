"""Pictures of a frontier: MAC by group, MAC against carbon intensity, and the abatement cost curve.

Rows with status ok or kink and a MAC above zero are shown; all others are counted in the note of each picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError, NotIdentifiedError
from dualcarbon.core.exhibit import Cells, Distributions, Figure, Points, Scatter, Steps
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.text import Text, both
from dualcarbon.core.units import load_units
from dualcarbon.frontier._binning import class_medians, honeycomb, merged_steps
from dualcarbon.frontier.grouping import ALL, Groups, groups, member_rows, weighted_mean

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
FEW = 6
"""Most groups that are told apart by colour and mark, and that have ridges."""
POINTS = 2_000
"""Most rows that are drawn one by one."""
STEPS = 240
"""Most steps of the abatement cost curve."""
_ACROSS, _UP = 56, 51
_BINS = 48
_TAIL = 0.0005
_ROUNDING = 1e-9
_ROWS_PER_CORNER, _CORNERS = 40, 12
_WORDS = {
    "zero": Text("价格为零", "price zero"),
    "infinite": Text("价格无穷大", "price infinite"),
    "negative": Text("价格为负", "price negative"),
    "edge": Text("在允许范围的边界", "at the edge of the allowed range"),
    "infeasible": Text("规划无可行解", "programme infeasible"),
    "no_price": Text("没有价格", "no price"),
    "no_bad": Text("没有排放", "no emissions"),
    "outlier": Text("异常值", "outlier"),
    "missing": Text("数据缺失", "data missing"),
    "refused": Text("所在前沿被拒绝", "frontier refused"),
}
_LARGER = {"cny": (1e4, Text("万元", "10⁴ CNY")), "kWh": (1e3, Text("兆瓦时", "MWh"))}
_MASSES = (("Gt", 1e9), ("Mt", 1e6), ("kt", 1e3), ("t", 1.0))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The panel and its frontier row by row: good y, bad b, price, abatement room in units of the bad; `used` rows
    have a positive price."""

    y: Array
    b: Array
    mac: Array
    tonnes: Array
    used: Mask
    groups: Groups
    left_out: Text


def pictures(panel: Panel, result: FrontierResult) -> tuple[Figure, ...]:
    """The three pictures, without those for which no row carries the numbers.

    Parameters
    ----------
    panel : Panel
        The one the frontier was fitted to.
    result : FrontierResult

    Raises
    ------
    DataError
        If the result is not of this panel.
    """
    found = []
    makers: tuple[Callable[[Panel, FrontierResult], Figure], ...] = (
        mac_by_group,
        mac_against_intensity,
        abatement_cost_curve,
    )
    for make in makers:
        try:
            found.append(make(panel, result))
        except NotIdentifiedError:
            continue
    return tuple(found)


def mac_by_group(panel: Panel, result: FrontierResult) -> Figure:
    """Quantiles of the MAC by group on a log scale, highest median on top, with the mean weighted by emissions.

    Groups are those of the technology; beyond 40 those with fewest rows are pooled. Up to six groups are drawn with
    ridges as well.

    Raises
    ------
    NotIdentifiedError
        If no row has a positive price.
    DataError
        If the result is not of this panel.
    """
    rows = _rows(panel, result)
    parts = member_rows(rows.groups, rows.used)
    shown = sorted(
        (i for i, part in enumerate(parts) if part.size),
        key=lambda i: (rows.groups.is_pool(i), -np.median(rows.mac[parts[i]])),
    )
    edges = _edges(rows.mac[rows.used]) if len(shown) <= FEW else np.empty(0)
    drawing = Distributions(
        items=tuple(rows.groups.labels[i] for i in shown),
        rows=tuple(parts[i].size for i in shown),
        levels=LEVELS,
        quantiles=tuple(_floats(np.quantile(rows.mac[parts[i]], LEVELS)) for i in shown),
        x_label=_mac_label(panel, result),
        quantile_label=Text("中位数、四分位间距、5%–95%", "Median, quartiles, 5 % to 95 %"),
        log=True,
        means=tuple(weighted_mean(rows.mac[parts[i]], rows.b[parts[i]]) for i in shown),
        mean_label=Text("按排放加权的均值", "Mean weighted by emissions"),
        edges=_floats(edges),
        bins=tuple(_counts(rows.mac[parts[i]], edges) for i in shown) if edges.size else (),
    )
    notes = [rows.left_out]
    silent = len(rows.groups.labels) - len(shown)
    if silent:
        notes.append(Text("{k} 组没有可用的价格。", "Groups without a usable price: {k}.").format(k=silent))
    if edges.size:
        notes.append(
            Text(
                "浅色面积为频数（各组最高处等高），两端各 0.05% 的行不在其中。",
                "Shaded areas are frequencies, all peaks equally tall; 0.05 % of rows at either end lie outside.",
            )
        )
    return _figure(panel, result, 1, Text("各组边际减排成本的分布", "Marginal abatement cost by group"), drawing, notes)


def mac_against_intensity(panel: Panel, result: FrontierResult) -> Figure:
    """MAC against emissions per unit of the good, both in logs.

    Up to 2,000 rows are points, by group where there are at most six groups; more rows are counted in the cells of a
    honeycomb over the central 99.9 % of either axis. Lines join medians of equally large classes of intensity.

    Raises
    ------
    NotIdentifiedError
        If no row has a positive price.
    DataError
        If the result is not of this panel.
    """
    rows = _rows(panel, result)
    factor, unit = _intensity_unit(panel, result)
    x, y = factor * rows.b[rows.used] / rows.y[rows.used], rows.mac[rows.used]
    few = len(rows.groups.labels) <= FEW
    code, labels = (rows.groups.code[rows.used], rows.groups.labels) if few else (np.zeros(x.size, np.int64), (ALL,))
    parts = [np.flatnonzero(code == g) for g in range(len(labels))]
    single = x.size <= POINTS
    cells, beyond = (None, 0) if single else _honeycomb(x, y)
    points = [Points(labels[g], _floats(x[p]), _floats(y[p])) for g, p in enumerate(parts) if p.size] if single else []
    label = partial(_line_label, alone=len(labels) == 1)
    lines = [_medians(label(labels[g]), x[p], y[p]) for g, p in enumerate(parts)] if not single or not few else []
    notes = [rows.left_out]
    if beyond:
        notes.append(
            Text(
                "{n} 行在两轴中间 99.9% 之外，未画出。", "{n} rows outside the central 99.9 % of an axis are not drawn."
            ).format(n=f"{beyond:,}")
        )
    if any(line is not None for line in lines):
        notes.append(
            Text("折线连接按强度等分的各段的中位数。", "Lines join the medians of equally large classes of intensity.")
        )
    drawing = Scatter(
        x_label=Text("排放强度（{u}，对数刻度）", "Emission intensity ({u}, log scale)").format(u=unit),
        y_label=_mac_label(panel, result),
        points=tuple(points),
        cells=cells,
        lines=tuple(line for line in lines if line is not None),
        log=True,
    )
    title = Text("边际减排成本与排放强度", "Marginal abatement cost and emission intensity")
    return _figure(panel, result, 2, title, drawing, notes)


def abatement_cost_curve(panel: Panel, result: FrontierResult) -> Figure:
    """Abatement room in tonnes, cumulated from the cheapest row on, against the MAC.

    Room in tonnes is `abatement_room` times the row's own emissions. Rows are sorted by MAC and merged into at most
    240 steps: each as long as the room of its rows together and as high as their mean MAC weighted by room, so that
    total room and total cost are those of the rows. Room with a price of zero or below lies before the first step.

    Raises
    ------
    NotIdentifiedError
        If no row with a positive price has room.
    DataError
        If the result is not of this panel.
    """
    rows = _rows(panel, result)
    some = rows.tonnes > 0.0
    used = rows.used & some
    if not used.any():
        raise _nothing(result, Text("有价格的行都没有减排空间", "no row with a price has abatement room"))
    free = some & (rows.mac <= 0.0)
    start = float(rows.tonnes[free].sum())
    heights, widths, merged = merged_steps(rows.mac[used], rows.tonnes[used], STEPS)
    total = start + float(rows.tonnes[used].sum())
    label, unit = _mass(panel, result.technology.bad, total)
    drawing = Steps(
        widths=_floats(widths),
        heights=_floats(heights),
        rows=tuple(int(n) for n in merged),
        x_label=Text("累计减排空间（{u}，各期合计）", "Cumulative abatement room ({u}, all periods)").format(u=label),
        y_label=_mac_label(panel, result),
        start=start,
        start_label=Text("价格为零或为负的减排空间", "Room with a price of zero or below") if start > 0.0 else None,
        x_unit=unit,
        log=True,
    )
    notes = [rows.left_out, *_curve_notes(rows, used, free, label, unit)]
    return _figure(panel, result, 3, Text("减排成本曲线", "Abatement cost curve"), drawing, notes)


def _curve_notes(rows: _Rows, used: Mask, free: Mask, label: Text, unit: float) -> list[Text]:
    room = rows.tonnes[used]
    emitted = float(np.nansum(rows.b))
    rest = np.isfinite(rows.tonnes) & (rows.tonnes > 0.0) & ~used & ~free
    notes = [
        Text(
            "{n} 行的减排空间合计 {t}（{u}），占全部排放的 {s}%；每行以自身价格计，不是减排这么多时的总成本预测。",
            "{n} rows with {t} ({u}) of room, {s} % of all emissions; each row at its own price, which is no forecast "
            "of what abating so much would cost.",
        ).format(n=f"{room.size:,}", t=f"{room.sum() / unit:,.4g}", u=label, s=f"{100 * room.sum() / emitted:.3g}")
    ]
    for mask, words in (
        (free, Text("价格为零或为负的减排空间 {t}（{n} 行）。", "Room with a price of zero or below: {t} ({n} rows).")),
        (rest, Text("没有价格的减排空间 {t}（{n} 行）。", "Room without a price: {t} ({n} rows).")),
    ):
        if rows.tonnes[mask].sum() > _ROUNDING * emitted:
            notes.append(words.format(t=f"{rows.tonnes[mask].sum() / unit:,.4g}", n=f"{mask.sum():,}"))
    return notes


def _rows(panel: Panel, result: FrontierResult) -> _Rows:
    table, technology = result.table, result.technology
    if not table.select(panel.id, panel.time).equals(panel.frame.select(panel.id, panel.time)):
        raise DataError(
            Text("结果与表不是同一批行", "the result is not of this panel"),
            expected=Text("{n} 行，关键字与表相同", "{n} rows with the keys of the panel").format(n=panel.n),
            found=Text("{n} 行", "{n} rows").format(n=table.height),
            remedy=Text("传入估计前沿时所用的表", "pass the panel the frontier was fitted to"),
        )
    y, b = panel.arrays(technology.good, technology.bad)
    mac, room = (table[name].to_numpy().astype(np.float64) for name in ("mac", "abatement_room"))
    priced = table["status"].is_in(["ok", "kink"]).to_numpy()
    used = priced & np.isfinite(mac) & (mac > 0.0)
    if not used.any():
        raise _nothing(result, Text("没有一行有正的价格", "no row has a positive price"))
    found = groups(panel, technology.group_by)
    return _Rows(y, b, mac, room * b, used, found, _left_out(table["status"], priced, used))


def _nothing(result: FrontierResult, what: Text) -> NotIdentifiedError:
    shares = ", ".join(f"{status} {rows:,}" for status, rows, _ in result.shares().rows())
    return NotIdentifiedError(
        what,
        expected=Text("至少一行", "at least one row"),
        found=both(shares),
        remedy=Text("见 diagnostics 中各前沿的理由", "see the reasons of each frontier in diagnostics"),
    )


def _left_out(status: pl.Series, priced: Mask, used: Mask) -> Text:
    """How many rows are shown, and the others by reason."""
    counts = status.filter(pl.Series(~priced)).value_counts().sort("count", "status", descending=[True, False]).rows()
    parts = [(_WORDS.get(name, both(name)), n) for name, n in counts]
    odd = int(np.count_nonzero(priced & ~used))
    if odd:
        parts.append((Text("价格不为正", "price not above zero"), odd))
    shown = Text(
        "所用 {k} 行（状态 ok 或 kink，价格为正），共 {n} 行。", "{k} of {n} rows (status ok or kink, MAC above 0)."
    )
    said = shown.format(k=f"{used.sum():,}", n=f"{used.size:,}")
    if not parts:
        return said
    zh = "，".join(f"{word.zh} {n:,}" for word, n in parts)
    en = ", ".join(f"{word.en} {n:,}" for word, n in parts)
    return Text(f"{said.zh}未用：{zh}。", f"{said.en} Left out: {en}.")


def _figure(
    panel: Panel,
    result: FrontierResult,
    number: int,
    title: Text,
    drawing: Distributions | Scatter | Steps,
    notes: Sequence[Text],
) -> Figure:
    key = {1: "figure_mac_by_group", 2: "figure_mac_against_intensity", 3: "figure_abatement_cost_curve"}[number]
    source = Text("{n}，dualcarbon 计算，模型 {m}", "{n}, computed by dualcarbon, model {m}").format(
        n=panel.provenance.name, m=result.model
    )
    label = Text("图 {n}", "Figure {n}").format(n=number)
    return Figure(key, label, title, drawing, tuple(notes), source, panel.provenance.simulated)


def unit_of(panel: Panel, name: str) -> Text:
    """The unit of a column of the schema; of any other column its name stands for one unit of it."""
    if name not in panel.schema:
        return both(name)
    unit = panel.schema[name].unit
    return load_units()[unit].label if unit in load_units() else both(unit)


def mac_unit(panel: Panel, result: FrontierResult) -> Text:
    """Unit of the MAC: unit of the good per unit of the bad."""
    parts = {"g": unit_of(panel, result.technology.good), "b": unit_of(panel, result.technology.bad)}
    return both("{g}/{b}").format(**parts)


def _mac_label(panel: Panel, result: FrontierResult) -> Text:
    label = Text("边际减排成本（{u}，对数刻度）", "Marginal abatement cost ({u}, log scale)")
    return label.format(u=mac_unit(panel, result))


def _intensity_unit(panel: Panel, result: FrontierResult) -> tuple[float, Text]:
    """The good's unit made large enough to read, and the words for bad per good."""
    good = result.technology.good
    unit = panel.schema[good].unit if good in panel.schema else ""
    factor, label = _LARGER.get(unit, (1.0, unit_of(panel, good)))
    return factor, both("{b}/{g}").format(b=unit_of(panel, result.technology.bad), g=label)


def _mass(panel: Panel, bad: str, total: float) -> tuple[Text, float]:
    """The largest unit of which the total is at least two; the column's own where it is not in tonnes."""
    if bad not in panel.schema or panel.schema[bad].unit != "t":
        return unit_of(panel, bad), 1.0
    name, size = next(((n, s) for n, s in _MASSES if total >= 2.0 * s), ("t", 1.0))
    return load_units()[name].label, size


def _honeycomb(x: Array, y: Array) -> tuple[Cells, int]:
    """The cells of all rows within the central 99.9 % of both logs, and how many rows lie outside."""
    log_x, log_y = np.log10(x), np.log10(y)
    ends = [np.quantile(v, (_TAIL, 1.0 - _TAIL)) for v in (log_x, log_y)]
    inside = np.logical_and.reduce([(v >= e[0]) & (v <= e[1]) for v, e in zip((log_x, log_y), ends, strict=True)])
    at_x, at_y, count, size = honeycomb(log_x[inside], log_y[inside], _ACROSS, _UP)
    counts = tuple(int(n) for n in count)
    cells = Cells(_floats(10.0**at_x), _floats(10.0**at_y), counts, size, Text("每格行数", "Rows per cell"))
    return cells, int(np.count_nonzero(~inside))


def _line_label(group: Text, *, alone: bool) -> Text:
    return Text("中位数", "Median") if alone else Text("{g}（中位数）", "{g} (median)").format(g=group)


def _medians(label: Text, x: Array, y: Array) -> Points | None:
    """Medians by class of x; None with too few rows for three classes."""
    classes = min(x.size // _ROWS_PER_CORNER, _CORNERS)
    if classes < 3:
        return None
    at_x, at_y = class_medians(x, y, classes)
    return Points(label, _floats(at_x), _floats(at_y))


def _edges(mac: Array) -> Array:
    """Edges of bins equally wide in logs over the central 99.9 %."""
    low, high = np.quantile(np.log10(mac), (_TAIL, 1.0 - _TAIL))
    return np.logspace(low, high, _BINS + 1) if high > low else np.empty(0)


def _counts(values: Array, edges: Array) -> tuple[int, ...]:
    return tuple(int(n) for n in np.histogram(values, edges)[0])


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
