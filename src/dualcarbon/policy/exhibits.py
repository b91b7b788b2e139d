"""The printed design, the event-study picture and the forest plot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from dualcarbon.core.exhibit import Cell, DotPlot, Estimates, Figure, Header, Intervals, Series, Table
from dualcarbon.core.options import bad_option
from dualcarbon.core.text import Text, both
from dualcarbon.policy.design import Design
from dualcarbon.policy.faults import listed
from dualcarbon.policy.result import Effect
from dualcarbon.policy.timing import NEVER
from dualcarbon.policy.words import RELATIVE, asked_group, effect_on, sentence, source

_UNITS = Text("单位", "units")


def design_table(sample: Design, key: str = "policy_design") -> Table:
    """Who is treated when: one row per period, with the comparison group and everything that left in the notes.

    Columns: units first treated in the period (the cohort), treated units and their share among the units seen, units
    not yet treated, units never treated, and rows.
    """
    rows: list[tuple[Cell, ...]] = []
    for period in sample.periods.tolist():
        first = sample.first[sample.period == period]
        counts = (
            int(np.count_nonzero(sample.unit_first == period)),
            int(np.count_nonzero(first <= period)),
            int(np.count_nonzero((first > period) & (first != NEVER))),
            int(np.count_nonzero(first == NEVER)),
        )
        new, treated, later, never = counts
        share = Cell(100 * treated / len(first), ".1f")
        numbers = (Cell(new or None, ",d"), Cell(treated, ",d"), share, Cell(later, ",d"), Cell(never, ",d"))
        rows.append((Cell(period, "d"), *numbers, Cell(len(first), ",d")))
    rows.append(_whole(sample))
    return Table(
        key=key,
        number=Text("政策设计", "Policy design"),
        title=Text("处理时点与比较组：{y}", "Timing of treatment and comparison group: {y}").format(
            y=sample.asked.outcome
        ),
        headers=(
            Header("period", Text("时期", "Period")),
            Header("first_treated_units", Text("新受处理", "First treated"), _UNITS),
            Header("treated_units", Text("已受处理", "Treated"), _UNITS),
            Header("treated_percent", Text("受处理比重", "Share treated"), both("%")),
            Header("not_yet_units", Text("尚未处理", "Not yet treated"), _UNITS),
            Header("never_units", Text("从未处理", "Never treated"), _UNITS),
            Header("rows", Text("观测数", "Observations")),
        ),
        rows=tuple(rows),
        notes=_design_notes(sample),
        source=source(sample),
        simulated=sample.simulated,
        rules_after=(len(rows) - 1,),
        row_keys=(*map(str, sample.periods.tolist()), "all"),
    )


def _whole(sample: Design) -> tuple[Cell, ...]:
    first = sample.unit_first
    treated = int(np.count_nonzero(first != NEVER))
    share = Cell(100 * float(np.mean(sample.treated)), ".1f")
    counts = (Cell(treated, ",d"), Cell(treated, ",d"), share, Cell(None), Cell(len(first) - treated, ",d"))
    return (Cell(Text("全部", "All")), *counts, Cell(sample.n, ",d"))


def _design_notes(sample: Design) -> tuple[Text, ...]:
    asked = sample.asked
    none = Text("无", "none")
    notes = [
        Text(
            "{u} 个单位，其中 {t} 个在样本期内受处理，分 {c} 批；比较组：{g}；预期期数：{a}；"
            "控制变量：{x}；聚类：{k}；{b}。",
            "{u} units, {t} of them treated within the sample in {c} cohorts; comparison group: {g}; periods of "
            "anticipation: {a}; controls: {x}; clusters: {k}; {b}.",
        ).format(
            u=f"{len(sample.starts):,}",
            t=f"{int(np.count_nonzero(sample.unit_first != NEVER)):,}",
            c=len(sample.cohorts),
            g=asked_group(sample),
            a=asked.anticipation,
            x=", ".join(asked.controls) or none,
            k=asked.cluster or Text("单位", "the unit"),
            b=Text("平衡面板", "balanced") if sample.balanced else Text("非平衡面板", "unbalanced"),
        ),
        Text(
            "比重按当期有观测的单位计；“全部”一行按观测计。",
            "Shares are of the units seen in the period, in the last row of observations.",
        ),
        sentence(Text("剔除：{d}", "Left out: {d}").format(d=listed(sample.drops))),
    ]
    return (*notes, *(sentence(note) for note in sample.notes))


def event_study_figure(
    effects: Effect | Sequence[Effect],
    *,
    key: str = "figure_event_study",
    labels: Sequence[Text] | None = None,
    number: Text | None = None,
) -> Figure:
    """Effects by period since treatment began, several estimators side by side.

    Where a window was asked for, periods outside it are left out. The reference period is hollow and has no interval;
    the dashed line stands between the last period before treatment and the first of it.

    Parameters
    ----------
    effects : Effect or sequence of Effect
        On the same outcome; those without an event study are named in the notes.
    labels : sequence of Text, optional
        One per effect; the estimators' labels by default.

    Raises
    ------
    ConfigError
        No effect has an event study, or labels are not one per effect.
    """
    given = (effects,) if isinstance(effects, Effect) else tuple(effects)
    names = tuple(labels) if labels is not None else tuple(effect.label for effect in given)
    if len(names) != len(given):
        raise bad_option("labels", Text("{n} 个", "{n} of them").format(n=len(given)), len(names))
    shown = [(effect, name) for effect, name in zip(given, names, strict=True) if effect.event.height]
    if not shown:
        raise bad_option("effects", Text("至少一个有事件研究的结果", "at least one effect with an event study"), given)
    first = shown[0][0]
    missing = [name for effect, name in zip(given, names, strict=True) if not effect.event.height]
    return Figure(
        key=key,
        number=number or Text("事件研究图", "Event-study figure"),
        title=Text("政策对 {y} 的动态效应", "Effect of the policy on {y} by period since treatment").format(
            y=first.design.asked.outcome
        ),
        drawing=Intervals(
            x_label=RELATIVE,
            y_label=Text("{e}（{l}% 区间）", "{e} ({l} % interval)").format(
                e=effect_on(first.design.asked.outcome), l=f"{100 * first.level:g}"
            ),
            series=tuple(_series(effect, name) for effect, name in shown),
            breaks=(-0.5,),
            names=_bins([effect for effect, _ in shown]),
        ),
        notes=_event_notes(shown, missing),
        source=source(first.design),
        simulated=any(effect.design.simulated for effect in given),
    )


def _series(effect: Effect, label: Text) -> Estimates:
    event, window = effect.event, effect.design.asked.window
    if window is not None:
        event = event.filter(pl.col("relative").is_between(*window))
    y, low, high = (tuple(event[name].fill_null(float("nan")).to_list()) for name in ("estimate", "low", "high"))
    reference = effect.path.reference if effect.path is not None else None
    relative = event["relative"].to_list()
    return Estimates(label, tuple(float(e) for e in relative), y, low, high, tuple(e == reference for e in relative))


def _bins(effects: Sequence[Effect]) -> tuple[tuple[float, Text], ...]:
    """The names of bins at the ends, where all effects have the same bins."""
    binned = {effect.path.binned if effect.path is not None else () for effect in effects}
    if len(binned) > 1:
        return ()
    return tuple((float(e), both(f"≤{e}".replace("-", "−") if e < 0 else f"≥{e}")) for e in binned.pop())


def _event_notes(shown: Sequence[tuple[Effect, Text]], missing: Sequence[Text]) -> tuple[Text, ...]:
    said = [
        Text(
            "空心点为参照期（定为零）；虚线为处理开始。",
            "Hollow: the reference period, zero by construction; dashed line: treatment begins.",
        )
    ]
    if len(shown) > 1:
        said.extend(
            Text(
                "{m}没有参照期：其水平不与空心点相比。",
                "{m} has no reference period: its level is not relative to the hollow point.",
            ).format(m=name)
            for effect, name in shown
            if effect.path is not None and effect.path.reference is None
        )
    for effect, name in shown:
        if effect.pre_test is not None:
            said.append(effect.pre_test.said(name))
        if effect.path is not None and effect.path.binned:
            ends = ", ".join(str(e) for e in effect.path.binned)
            said.append(
                Text("{m}：端点 {e} 合并了其外各期。", "{m}: {v} all periods beyond.").format(
                    m=name,
                    e=ends,
                    v=f"the ends {ends} hold" if len(effect.path.binned) > 1 else f"the end {ends} holds",
                )
            )
    said.extend(Text("{m} 没有事件研究。", "{m} has no event study.").format(m=name) for name in missing)
    return tuple(said)


def forest_figure(
    effects: Sequence[Effect],
    labels: Sequence[Text] | None = None,
    *,
    key: str = "figure_forest",
    number: Text | None = None,
    title: Text | None = None,
) -> Figure:
    """Effects with their intervals, one line each, against zero.

    Parameters
    ----------
    effects : sequence of Effect
    labels : sequence of Text, optional
        One per effect; the estimators' labels by default.

    Raises
    ------
    ConfigError
        There is no effect, or labels are not one per effect.
    """
    names = tuple(labels) if labels is not None else tuple(effect.label for effect in effects)
    if not effects or len(names) != len(effects):
        raise bad_option("labels", Text("{n} 个", "{n} of them").format(n=len(effects) or "1+"), len(names))
    first = effects[0]
    limits = [effect.interval for effect in effects]
    percent = f"{100 * first.level:g}"
    marks = Series(
        Text("估计值与 {l}% 区间", "estimate and {l} % interval").format(l=percent),
        tuple(effect.att for effect in effects),
        tuple(low for low, _ in limits),
        tuple(high for _, high in limits),
    )
    outcome = effect_on(first.design.asked.outcome)
    return Figure(
        key=key,
        number=number or Text("森林图", "Forest plot"),
        title=title or outcome,
        drawing=DotPlot(
            names,
            (marks,),
            Text("{e}（{l}% 区间）", "{e} ({l} % interval)").format(e=outcome, l=percent),
            references=(0.0,),
        ),
        notes=(),
        source=source(first.design),
        simulated=any(effect.design.simulated for effect in effects),
    )
