"""One effect as a table: the average, its cohorts, its path, and what stands behind them."""

from __future__ import annotations

import math

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both
from dualcarbon.policy.faults import listed
from dualcarbon.policy.result import Effect, critical, two_sided
from dualcarbon.policy.words import ERROR, ESTIMATE, P_VALUE, asked_group, number_form, sentence, source

_AGGREGATES = {
    "dynamic": Text("处理后各期效应的均值", "Mean of the effects by period since treatment"),
    "group": Text("各批效应的均值", "Mean of the effects by cohort"),
    "calendar": Text("各年效应的均值", "Mean of the effects by calendar period"),
}


def effect_table(effect: Effect, key: str = "policy_effect") -> Table:
    """The average effect on the treated, further averages, effects by cohort and by period since treatment.

    Notes say what `att` averages, how errors were computed, the comparison group, the joint pre-test and everything
    that left the sample.
    """
    groups = (_averages(effect), _cohorts(effect), _path(effect))
    rows = [row for group in groups for row in group]
    ends = (len(groups[0]), len(groups[0]) + len(groups[1]))
    percent = f"{100 * effect.level:g}"
    interval = Text("{l}% 区间", "{l} % interval").format(l=percent)
    return Table(
        key=key,
        number=Text("政策效应", "Policy effect"),
        title=Text("政策对 {y} 的效应：{m}", "Effect of the policy on {y}: {m}").format(
            y=effect.design.asked.outcome, m=effect.label
        ),
        headers=(
            Header("item", Text("效应", "Effect")),
            Header("estimate", ESTIMATE),
            Header("se", ERROR),
            Header("low", Text("下限", "Lower"), group=interval),
            Header("high", Text("上限", "Upper"), group=interval),
            Header("p", P_VALUE),
            Header("units", Text("单位数", "Units")),
        ),
        rows=tuple(rows),
        notes=_notes(effect),
        source=source(effect.design),
        simulated=effect.design.simulated,
        rules_after=tuple(dict.fromkeys(end for end in ends if 0 < end < len(rows))),
    )


def _averages(effect: Effect) -> list[tuple[Cell, ...]]:
    label = Text("受处理者平均效应（ATT）", "Average effect on the treated (ATT)")
    rows = [_row(effect, label, effect.att, effect.se, effect.treated_units)]
    for name, estimate, se in effect.aggregates.iter_rows():
        rows.append(_row(effect, _AGGREGATES.get(name, both(name)), estimate, se, None))
    return rows


def _cohorts(effect: Effect) -> list[tuple[Cell, ...]]:
    label = Text("批次 {g}", "Cohort {g}")
    found = effect.cohorts.filter(effect.cohorts["estimate"].is_not_null())
    return [_row(effect, label.format(g=g), b, se, units) for g, units, b, se in found.iter_rows()]


def _path(effect: Effect) -> list[tuple[Cell, ...]]:
    label = Text("相对时期 {e}", "Relative period {e}")
    columns = effect.event.select("relative", "estimate", "se")
    return [_row(effect, label.format(e=f"{e:+d}" if e else "0"), b, se, None) for e, b, se in columns.iter_rows()]


def _row(effect: Effect, label: Text, estimate: float | None, se: float | None, units: int | None) -> tuple[Cell, ...]:
    """A line of the table; the reference period has an estimate and nothing else."""
    size = Cell(units, ",d")
    if estimate is None or se is None or not math.isfinite(se) or se <= 0:
        return (Cell(label), Cell(estimate, number_form(estimate or 0.0)), *(Cell(None),) * 4, size)
    form, half = number_form(max(abs(estimate), se)), critical(effect.level, effect.df) * se
    p = two_sided(estimate / se, effect.df)
    stars = "***" if p < 0.01 else "**" if p < 0.05 else "*" if p < 0.1 else ""
    limits = (Cell(estimate - half, form), Cell(estimate + half, form))
    return (Cell(label), Cell(estimate, form, stars), Cell(se, form, bracket=True), *limits, Cell(p, ".4f"), size)


def _notes(effect: Effect) -> tuple[Text, ...]:
    design = effect.design
    first = Text(
        "{e}；{r}；比较组：{g}；{n} 行，{u} 个单位，其中 {t} 个受处理。* p<0.1，** p<0.05，*** p<0.01。",
        "{e}; {r}; comparison group: {g}; {n} rows, {u} units, {t} of them treated. * p<0.1, ** p<0.05, *** p<0.01.",
    ).format(
        e=effect.estimand,
        r=effect.rule,
        g=asked_group(design),
        n=f"{effect.n:,}",
        u=f"{effect.units:,}",
        t=f"{effect.treated_units:,}",
    )
    tested = () if effect.pre_test is None else (effect.pre_test.said(effect.label),)
    left = sentence(Text("剔除：{d}", "Left out: {d}").format(d=listed(design.drops)))
    return (first, *tested, left, *(sentence(note) for note in effect.notes))
