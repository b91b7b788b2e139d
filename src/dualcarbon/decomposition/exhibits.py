"""Table, waterfall and stacked figure of a decomposition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import mul
from typing import TYPE_CHECKING

import polars as pl

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import Cell, Drawing, Figure, Header, Layer, Stacked, Table, Waterfall
from dualcarbon.core.text import Text, both
from dualcarbon.decomposition.result import Decomposition
from dualcarbon.decomposition.words import (
    END,
    FORMS,
    METHODS,
    PERIOD,
    SOURCE,
    START,
    TOTAL,
    Label,
    label_of,
    period_name,
    said,
    time_name,
)

if TYPE_CHECKING:
    from dualcarbon.decomposition.matrices import Structural
    from dualcarbon.decomposition.production import ProductionDecomposition


@dataclass(frozen=True, slots=True)
class Look:
    """How an exhibit is called and labelled; None for what is usual."""

    labels: Mapping[str, Label] | None = None
    unit: Label | None = None
    key: str = "decomposition"
    number: Text | None = None
    title: Text | None = None
    source: Text | None = None
    simulated: bool = False

    def label(self, name: str) -> Text:
        """What a factor or the left side is called."""
        return label_of(name, self.labels)

    def quantity(self, name: str) -> Text:
        """A name with the unit behind it."""
        if self.unit is None:
            return self.label(name)
        return Text("{n}（{u}）", "{n} ({u})").format(n=self.label(name), u=said(self.unit))

    def figure(self, drawing: Drawing, number: Text, title: Text, notes: Sequence[Text]) -> Figure:
        """The drawing as a figure."""
        return Figure(
            self.key,
            self.number or number,
            self.title or title,
            drawing,
            tuple(notes),
            self.source or SOURCE,
            self.simulated,
        )


def table(found: Decomposition, look: Look) -> Table:
    """Rows of periods, columns of factors, the change in the last."""
    ratio = found.form == "multiplicative"
    unit = None if look.unit is None or ratio else said(look.unit)
    change = Text("{t}（终/始）", "{t} (end / start)").format(t=TOTAL) if ratio else TOTAL
    headers = (
        Header("period", PERIOD),
        *(Header(f"f{j}", look.label(name), unit) for j, name in enumerate(found.factors, start=1)),
        Header("change", change, unit),
    )
    rows = _rows(found.effects, found.totals["change"].to_list(), found.factors, form_of(found))
    if len(found.pairs) > 1:
        last = found.cumulative.tail(len(found.factors))
        start, end = found.totals["start"][0], found.totals["end"][-1]
        rows += _rows(last, [end / start if ratio else end - start], found.factors, form_of(found))
    return Table(
        key=look.key,
        number=look.number or Text("分解表", "Decomposition"),
        title=look.title
        or Text("{c}变化的因素分解", "What changed {c}").format(c=look.label(found.identity.left.column)),
        headers=headers,
        rows=tuple(rows),
        notes=_notes(found),
        source=look.source or SOURCE,
        simulated=look.simulated,
        rules_after=(len(found.pairs),) if len(found.pairs) > 1 else (),
    )


def form_of(found: Decomposition) -> str:
    """The number format of effects: ratios with four decimals, changes with what their size needs."""
    if found.form == "multiplicative":
        return ",.4f"
    return number_form([*found.effects["effect"].to_list(), *found.totals["change"].to_list()])


def number_form(values: Sequence[float]) -> str:
    """A fixed number of decimals that leaves the largest value four digits."""
    largest = max((abs(value) for value in values), default=0.0)
    decimals = 0
    while decimals < 6 and largest * 10**decimals < 1000 and largest > 0.0:
        decimals += 1
    return f",.{decimals}f"


def _rows(effects: pl.DataFrame, changes: Sequence[float], factors: Sequence[str], form: str) -> list[tuple[Cell, ...]]:
    periods = effects["period"].unique(maintain_order=True).to_list()
    values = effects["effect"].to_numpy().reshape(len(periods), len(factors))
    return [
        (Cell(period), *(Cell(float(value), form) for value in row), Cell(float(change), form))
        for period, row, change in zip(periods, values, changes, strict=True)
    ]


def _notes(found: Decomposition) -> tuple[Text, ...]:
    how = Text("恒等式 {i}；{m}，{f}形式；残差 {r}。", "Identity {i}; {m}, {f}; residual {r}.").format(
        i=str(found.identity).replace("*", "×"),
        m=METHODS[found.method],
        f=FORMS[found.form],
        r=f"{found.residual:.0e}" if found.residual else "0",
    )
    return (how, *found.notes)


def waterfall(found: Decomposition, look: Look, period: str | None) -> Figure:
    """Additive effects from total to total, or ratios from 1 to the ratio of the totals."""
    effects, start, end, ends, name = _stretch(found, period)
    left = look.label(found.identity.left.column)
    label = look.quantity(found.identity.left.column)
    items = (both(time_name(ends[0])), *(look.label(factor) for factor in found.factors), both(time_name(ends[1])))
    if found.form == "multiplicative":
        drawing = _of_ratios(items, effects, end / start, Text("{c}（起点 = 1）", "{c} (start = 1)").format(c=left))
    else:
        drawing = _of_changes(items, effects, start, end, label)
    title = Text("{c}变化的因素分解，{p}", "What changed {c}, {p}").format(c=left, p=name)
    return look.figure(drawing, Text("瀑布图", "Waterfall"), title, _notes(found))


def _of_changes(items: tuple[Text, ...], effects: Sequence[float], start: float, end: float, label: Text) -> Waterfall:
    form = number_form([start, end, *effects])
    signed = (format(effect, "+" + form if effect else form) for effect in effects)
    marks = (format(start, form), *signed, format(end, form))
    return Waterfall(items, tuple(accumulate(effects, initial=start)), marks, label)


def _of_ratios(items: tuple[Text, ...], effects: Sequence[float], ratio: float, label: Text) -> Waterfall:
    marks = ("1", *(f"×{effect:,.3f}" for effect in effects), f"{ratio:,.3f}")
    return Waterfall(items, tuple(accumulate(effects, mul, initial=1.0)), marks, label)


def waterfall_of_matrices(found: Structural, labels: Mapping[str, Label] | None, quantity: Label, key: str) -> Figure:
    """Sums of the additive effects over the entries of the product."""
    if found.form != "additive":
        raise ConfigError(
            Text("瀑布图只画加法的结构分解", "the waterfall takes additive structural decompositions only"),
            expected=both("additive"),
            found=both(found.form),
            remedy=Text('用 form="additive"', 'use form="additive"'),
        )
    items = (START, *(label_of(name, labels) for name in found.names), END)
    effects = found.values.sum(axis=(1, 2)).tolist()
    drawing = _of_changes(items, effects, float(found.start.sum()), float(found.end.sum()), said(quantity))
    title = Text("{c}变化的结构分解", "Structural decomposition: {c}").format(c=said(quantity))
    note = Text("{m}；残差 {r:.0e}。", "{m}; residual {r:.0e}.").format(m=METHODS[found.method], r=found.residual)
    return Look(labels, key=key).figure(drawing, Text("瀑布图", "Waterfall"), title, (note,))


def _stretch(found: Decomposition, period: str | None) -> tuple[list[float], float, float, tuple[object, object], str]:
    """Effects, first and last total, both times and the name of one period, or of all."""
    times, k = found.cells.times, len(found.factors)
    if period is None:
        start, end = found.totals["start"][0], found.totals["end"][-1]
        name = period_name(times[0], times[-1])
        return found.cumulative["effect"].to_list()[-k:], start, end, (times[0], times[-1]), name
    names = found.totals["period"].to_list()
    if period not in names:
        raise ConfigError(
            Text("没有这个时期", "there is no such period"),
            expected=Text("{n} 之一", "one of {n}").format(n=", ".join(names)),
            found=both(str(period)),
            remedy=Text("改用列出的时期；不给 period= 则为全程", "use one listed; without period= it is all of them"),
        )
    at = names.index(period)
    first, last = (times[place] for place in found.pairs[at])
    effects = found.effects["effect"].to_list()[at * k : (at + 1) * k]
    return effects, found.totals["start"][at], found.totals["end"][at], (first, last), period


def stacked(found: Decomposition, look: Look, *, areas: bool) -> Figure:
    """Additive effects, or their logarithms where they are ratios, upon each other."""
    ratio = found.form == "multiplicative"
    source = found.cumulative if areas else found.effects
    values = pl.col("effect").log() if ratio else pl.col("effect")
    parts = [source.filter(factor=name).select(values).to_series().to_list() for name in found.factors]
    totals = [sum(row) for row in zip(*parts, strict=True)]
    names: list[str] = found.totals["period"].to_list()
    places: list[float] = [float(place) for place in range(len(names))]
    if areas:
        parts, totals = [[0.0, *part] for part in parts], [0.0, *totals]
        names = [time_name(time) for time in found.cells.times]
        numbers = [time for time in found.cells.times if isinstance(time, (int, float))]
        whole = len(numbers) == len(names) and all(a < b for a, b in pairwise(numbers))
        places = [float(number) for number in numbers] if whole else [float(place) for place in range(len(names))]
    left = found.identity.left.column
    unit = Text("{c}的对数变化", "Log change of {c}").format(c=look.label(left)) if ratio else look.quantity(left)
    label = Text("{u}：自 {t} 起累计", "{u}: cumulative from {t}").format(u=unit, t=time_name(found.cells.times[0]))
    drawing = Stacked(
        x=tuple(places),
        layers=tuple(Layer(look.label(name), tuple(part)) for name, part in zip(found.factors, parts, strict=True)),
        x_label=PERIOD,
        y_label=label if areas else Text("{u}：各期变化", "{u}: change by period").format(u=unit),
        names=tuple(both(name) for name in names),
        total=Layer(TOTAL, tuple(totals)),
        areas=areas,
    )
    title = Text("{c}变化的因素分解", "What changed {c}").format(c=look.label(left))
    return look.figure(drawing, Text("堆叠图", "Stacked effects"), title, _notes(found))


def production_table(
    found: ProductionDecomposition, labels: Mapping[str, Label] | None, unit: Label | None, key: str
) -> Table:
    """Effects of a production-theoretical decomposition: rows of periods, columns of factors."""
    from dualcarbon.decomposition.production import FACTORS, STATUSES

    factors = found.effects["factor"].unique(maintain_order=True).to_list()
    changes = found.totals["change"].to_list()
    form = number_form([*found.effects["effect"].to_list(), *changes])
    shown = None if unit is None else said(unit)
    lost = {word: int(found.counts[word].sum()) for word in STATUSES[1:] if int(found.counts[word].sum())}
    note = Text(
        "生产理论分解（Zhou & Ang 2008）；{n} 个单位·时期可分解，不可分解：{l}。",
        "Production-theoretical decomposition (Zhou & Ang 2008); {n} units and periods split, not split: {l}.",
    ).format(n=int(found.counts["ok"].sum()), l=", ".join(f"{word} {count:,}" for word, count in lost.items()) or "0")
    return Table(
        key=key,
        number=Text("生产理论分解", "Production-theoretical decomposition"),
        title=Text("排放变化的来源", "Sources of the change of emissions")
        if found.of == "bad"
        else Text("能源消费变化的来源", "Sources of the change of energy use"),
        headers=(
            Header("period", PERIOD),
            *(
                Header(name, said(labels[name]) if labels and name in labels else FACTORS[name], shown)
                for name in factors
            ),
            Header("change", TOTAL, shown),
        ),
        rows=tuple(_rows(found.effects, changes, factors, form)),
        notes=(note,),
        source=SOURCE,
        simulated=False,
    )
