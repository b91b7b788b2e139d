"""Several frontier models side by side on one panel: what they agree on, and what is not identified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dualcarbon import frontier
from dualcarbon.core.engine import Engine
from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.tables import province_spellings, provinces
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both

VERDICTS = {
    "identified": Text("可识别", "identified"),
    "weakly_identified": Text("弱识别", "weakly identified"),
    "trivial": Text("平凡解，拒绝", "trivial, refused"),
    "too_few": Text("样本太少", "too few"),
}


@dataclass(frozen=True, slots=True)
class Rival:
    """One model with its technology, and what came of it."""

    label: Text
    result: FrontierResult


@dataclass(frozen=True, slots=True)
class Labels:
    """Words of a panel's exhibits: the key and number of its tables, its name, the unit of its MAC, its source."""

    key: str
    number: Text
    name: Text
    unit: Text
    source: Text


def rivals(panel: Panel, plans: Sequence[tuple[Text, str, Technology]], engine: Engine) -> tuple[Rival, ...]:
    """Every planned (label, model, technology) fitted in the proportional direction."""
    direction = Direction.proportional()
    return tuple(
        Rival(label, frontier.fit(panel, technology, direction, model, engine=engine))
        for label, model, technology in plans
    )


def verdict(result: FrontierResult) -> Text:
    """The verdicts of all frontiers of a fit, with counts where there are several."""
    counts = result.diagnostics["status"].value_counts().sort("count", "status", descending=[True, False]).rows()
    if len(counts) == 1 and counts[0][1] == 1:
        return VERDICTS[counts[0][0]]
    parts = [(VERDICTS[name], n) for name, n in counts]
    return Text(
        "；".join(f"{t.zh} {n}" for t, n in parts),
        "; ".join(f"{t.en} {n}" for t, n in parts),
    )


def reasons(result: FrontierResult, most: int = 2) -> tuple[Text, ...]:
    """The commonest reasons given by the frontiers of a fit."""
    found = (
        result.diagnostics.group_by("why_zh", "why_en")
        .len()
        .sort("len", "why_en", descending=[True, False])
        .head(most)
        .rows()
    )
    return tuple(Text(zh, en) for zh, en, _ in found)


def models_table(rivals: Sequence[Rival], labels: Labels, simulated: bool) -> Table:
    """One row per model: verdict, share of rows with a price, MAC quantiles, mean abatement room."""
    headers = (
        Header("model", Text("模型", "Model")),
        Header("verdict", Text("判定", "Verdict")),
        Header("ok_share", Text("有唯一价格的行", "Rows with a unique price"), Text("%", "%")),
        Header("mac_p10", Text("10% 分位", "10th percentile"), labels.unit, Text("边际减排成本", "MAC")),
        Header("mac_median", Text("中位数", "Median"), labels.unit, Text("边际减排成本", "MAC")),
        Header("mac_p90", Text("90% 分位", "90th percentile"), labels.unit, Text("边际减排成本", "MAC")),
        Header("room_mean", Text("平均减排空间", "Mean abatement room"), Text("占自身 CO2 之比", "share of own CO2")),
    )
    rows = tuple(_model_row(rival) for rival in rivals)
    notes = [
        Text("{m}：{r}", "{m}: {r}").format(m=rival.label, r=reason)
        for rival in rivals
        for reason in reasons(rival.result)
    ]
    notes += [Text("{m}：{w}", "{m}: {w}").format(m=r.label, w=w) for r in rivals for w in r.result.warnings]
    return Table(
        key=f"{labels.key}_models",
        number=labels.number,
        title=Text("{n}：各模型的边际减排成本与可识别性", "{n}: MAC and identification by model").format(n=labels.name),
        headers=headers,
        rows=rows,
        notes=tuple(dict.fromkeys(notes)),
        source=labels.source,
        simulated=simulated,
    )


def _model_row(rival: Rival) -> tuple[Cell, ...]:
    table = rival.result.table
    priced = table.filter(pl.col("status").is_in(["ok", "kink"]), pl.col("mac").is_finite())["mac"]
    share = 100.0 * table.select((pl.col("status") == "ok").mean()).item()
    quantiles = [priced.quantile(q, "linear") if len(priced) else None for q in (0.1, 0.5, 0.9)]
    room = table.filter(pl.col("abatement_room").is_finite())["abatement_room"].mean()
    return (
        Cell(rival.label),
        Cell(verdict(rival.result)),
        Cell(share, ".1f"),
        *(Cell(q, ",.4g" if q is not None and abs(q) < 10 else ",.0f") for q in quantiles),
        Cell(room if isinstance(room, float) else None, ".3f"),
    )


def units_table(panel: Panel, rivals: Sequence[Rival], labels: Labels) -> Table:
    """One row per unit, its median MAC over the years by model, and the default's mean abatement room."""
    frame = panel.frame.select(panel.id)
    for i, rival in enumerate(rivals):
        priced = rival.result.table.select(
            pl.when(pl.col("status").is_in(["ok", "kink"]) & pl.col("mac").is_finite())
            .then(pl.col("mac"))
            .alias(f"mac_{i}")
        )
        frame = frame.with_columns(priced.to_series())
    frame = frame.with_columns(rivals[-1].result.table["abatement_room"].fill_nan(None).alias("room"))
    by_unit = frame.group_by(panel.id).agg(pl.exclude(panel.id, "room").median(), pl.col("room").mean())
    by_unit = by_unit.sort("mac_0", panel.id, descending=[True, False], nulls_last=True)
    headers = (
        Header(panel.id, panel.schema[panel.id].label),
        *(
            Header(f"mac_{i}", r.label, labels.unit, Text("边际减排成本，各年中位数", "MAC, median of the years"))
            for i, r in enumerate(rivals)
        ),
        Header("room", Text("减排空间", "Abatement room"), Text("占自身 CO2 之比", "share of own CO2")),
    )
    rows = tuple(
        (Cell(_unit_label(str(row[0]))), *(Cell(v, ",.0f") for v in row[1:-1]), Cell(row[-1], ".3f"))
        for row in by_unit.rows()
    )
    return Table(
        key=f"{labels.key}_units",
        number=labels.number,
        title=Text("{n}：各单元的边际减排成本", "{n}: MAC by unit").format(n=labels.name),
        headers=headers,
        rows=rows,
        notes=(
            Text(
                "减排空间取最后一个模型。短横表示该模型对此单元没有价格（见状态）。",
                "Abatement room by the last model. A dash: that model gives this unit no price (see its status).",
            ),
        ),
        source=labels.source,
        simulated=False,
    )


def _unit_label(name: str) -> Text:
    """A province in both languages, however the table spells it; any other name as it stands."""
    short = province_spellings().get(name)
    found = [p.short for p in provinces() if p.short.zh == short]
    return found[0] if found else both(name)
