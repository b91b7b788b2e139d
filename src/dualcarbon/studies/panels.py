"""Several frontier models side by side on one panel: what they agree on, and what is not identified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import polars as pl

from dualcarbon import frontier
from dualcarbon.core.engine import Engine
from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.grouped import group_means
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.tables import province_spellings, provinces
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both

VERDICTS = {
    "identified": Text("可识别", "identified"),
    "weakly_identified": Text("弱识别", "weakly identified"),
    "trivial": Text("平凡解，拒绝", "trivial, refused"),
    "too_few": Text("样本太少", "too few rows"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A model to fit: the form of the function, how it is estimated, the model's name, its technology."""

    form: Text
    method: Text
    model: str
    technology: Technology


@dataclass(frozen=True, slots=True)
class Rival:
    """One model, and what came of it."""

    form: Text
    method: Text
    result: FrontierResult

    @property
    def label(self) -> Text:
        """Form and method in one phrase."""
        return Text("{f}，{m}", "{f}, {m}").format(f=self.form, m=self.method)


@dataclass(frozen=True, slots=True)
class Labels:
    """Words of a panel's exhibits: key and number of its tables, name, units, unit of its MAC, source, its groups."""

    key: str
    number: Text
    name: Text
    item: Text
    unit: Text
    source: Text
    groups: Mapping[object, Text] = field(default_factory=dict)


TRANSLOG = Text("超越对数", "Translog")
QUADRATIC = Text("二次型", "Quadratic")
ENVELOPMENT = Text("Kuosmanen 包络", "Kuosmanen envelopment")
LIKELIHOOD = Text("极大似然", "maximum likelihood")
PROGRAMMING = Text("线性规划", "linear programming")


def rivals(panel: Panel, plans: Sequence[Plan], engine: Engine) -> tuple[Rival, ...]:
    """Every plan fitted in the proportional direction."""
    direction = Direction.proportional()
    return tuple(
        Rival(p.form, p.method, frontier.fit(panel, p.technology, direction, p.model, engine=engine)) for p in plans
    )


def verdict(result: FrontierResult) -> Text:
    """The verdicts of all frontiers of a fit, with counts where there are several."""
    counts = result.diagnostics["status"].value_counts().sort("count", "status", descending=[True, False]).rows()
    if len(counts) == 1 and counts[0][1] == 1:
        return VERDICTS[counts[0][0]]
    parts = [Text("{n} 个{v}", "{n} {v}").format(v=VERDICTS[name], n=n) for name, n in counts]
    return joined(parts)


def joined(parts: Sequence[Text]) -> Text:
    """Phrases in one line, with semicolons between them."""
    return Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))


_FEW = 4
"""Up to so many frontiers each is given its reasons; of more, the commonest reasons stand for all."""

_NAMED = 3
"""So many frontiers at most are named with a reason; the others are counted."""


def reasons(result: FrontierResult, most: int = 2, groups: Mapping[object, Text] = MappingProxyType({})) -> Text:
    """The commonest reasons given by the frontiers of a fit: against it, if there are any.

    Where a fit has several frontiers each reason names those that give it, by the words of `groups`, and what is not
    shown is counted.
    """
    doubted = result.diagnostics.filter(pl.col("status") != "identified")
    keys = result.diagnostics.columns[: result.diagnostics.columns.index("status")]
    given = (
        (doubted if doubted.height else result.diagnostics)
        .group_by("why_zh", "why_en", maintain_order=True)
        .agg(pl.len().alias("of"), pl.struct(keys).alias("who") if keys else pl.lit(None).alias("who"))
        .sort("of", descending=True, maintain_order=True)
    )
    alone = result.diagnostics.height == 1 or not doubted.height
    shown = given if result.diagnostics.height <= _FEW else given.head(most)
    said = [
        Text(row["why_zh"], row["why_en"])
        if alone
        else Text("（{w}）{y}", "({w}) {y}").format(w=_who(row["who"], groups), y=Text(row["why_zh"], row["why_en"]))
        for row in shown.to_dicts()
    ]
    if (left := int(given["of"].sum()) - int(shown["of"].sum())) > 0:
        said.append(Text("另有 {n} 个各有依据", "and {n} more, for reasons of their own").format(n=left))
    return joined(said)


def _who(frontiers: Sequence[Mapping[str, object]], groups: Mapping[object, Text]) -> Text:
    """The frontiers a reason holds for: their groups and periods, three of them at most."""
    named = []
    for one in frontiers[:_NAMED]:
        parts = [groups.get(value, both(str(value))) for value in one.values() if value is not None]
        named.append(Text(" ".join(p.zh for p in parts), " ".join(p.en for p in parts)))
    line = Text("、".join(n.zh for n in named), ", ".join(n.en for n in named))
    more = len(frontiers) - len(named)
    return Text("{l} 等 {n} 个", "{l} and {k} more").format(l=line, n=len(frontiers), k=more) if more else line


def models_table(rivals: Sequence[Rival], labels: Labels, simulated: bool) -> Table:
    """One row per model: verdict, share of rows with a price, MAC quantiles, mean abatement room."""
    headers = (
        Header("model", Text("模型", "Model")),
        Header("verdict", Text("判定", "Verdict")),
        Header("ok_share", Text("状态 ok", "Status ok"), both("%")),
        Header("mac_p10", both("P10"), labels.unit, Text("边际减排成本", "MAC")),
        Header("mac_median", Text("中位数", "Median"), labels.unit, Text("边际减排成本", "MAC")),
        Header("mac_p90", both("P90"), labels.unit, Text("边际减排成本", "MAC")),
        Header("room_mean", Text("减排空间", "Abatement room"), Text("平均比例", "mean share")),
    )
    rows = tuple(_model_row(rival) for rival in rivals)
    notes = [
        Text("{m}：{r}。", "{m}: {r}.").format(m=rival.label, r=reasons(rival.result, groups=labels.groups))
        for rival in rivals
    ]
    if any(rival.result.diagnostics.height > 1 for rival in rivals):
        notes.insert(0, _COUNTED)
    notes += [note for rival in rivals for note in _beyond(rival)]
    notes += [warning for rival in rivals for warning in rival.result.warnings]
    return Table(
        key=f"{labels.key}_models",
        number=labels.number,
        title=Text("{n}：各模型的边际减排成本与可识别性", "{n}: MAC by model, and whether it is identified").format(
            n=labels.name
        ),
        headers=headers,
        rows=rows,
        notes=tuple(dict.fromkeys(notes)),
        source=labels.source,
        simulated=simulated,
    )


_COUNTED = Text(
    "判定前的数为前沿的个数：每组、每年，或每组每年一个。",
    "Numbers before verdicts count frontiers: one per group, per year, or per group and year.",
)


def _room(rival: Rival) -> pl.Series:
    return rival.result.table.filter(pl.col("abatement_room").is_finite())["abatement_room"]


def _beyond(rival: Rival) -> tuple[Text, ...]:
    """That a frontier lies below zero CO2, where a mean share of own CO2 says nothing."""
    room = _room(rival)
    beyond = int((room > 1.0).sum())
    if not beyond:
        return ()
    said = Text(
        "{m}：{n} 行中 {k} 行的减排空间超过自身排放（前沿在那里低于零排放）",
        "{m}: in {k} of {n} rows the abatement room exceeds the row's CO2 (the frontier lies below zero there)",
    ).format(m=rival.label, k=f"{beyond:,}", n=f"{len(room):,}")
    if not _wild(room):
        return (Text("{s}。", "{s}.").format(s=said),)
    return (Text("{s}，均值无意义，不列出。", "{s}; the mean says nothing and is not shown.").format(s=said),)


def _wild(room: pl.Series) -> bool:
    mean = room.mean()
    return isinstance(mean, float) and mean > 1.0


def _model_row(rival: Rival) -> tuple[Cell, ...]:
    table = rival.result.table
    priced = table.filter(pl.col("status").is_in(["ok", "kink"]), pl.col("mac").is_finite())["mac"]
    share = 100.0 * table.select((pl.col("status") == "ok").mean()).item()
    quantiles = [priced.quantile(q, "linear") if len(priced) else None for q in (0.1, 0.5, 0.9)]
    room = _room(rival)
    mean = None if _wild(room) else room.mean()
    return (
        Cell(rival.label),
        Cell(verdict(rival.result)),
        Cell(share, ".1f"),
        *(Cell(q, ",.4g" if q is not None and abs(q) < 10 else ",.0f") for q in quantiles),
        Cell(mean if isinstance(mean, float) else None, ".3f"),
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
    by_unit = group_means(frame, [panel.id], ["room"], [pl.exclude(panel.id, "room").median()])
    by_unit = by_unit.select(frame.columns).sort("mac_0", panel.id, descending=[True, False], nulls_last=True)
    headers = (
        Header(panel.id, labels.item),
        *(Header(f"mac_{i}", r.method, labels.unit, r.form) for i, r in enumerate(rivals)),
        Header("room", Text("减排空间", "Abatement room"), Text("比例", "share")),
    )
    rows = tuple(
        (Cell(_unit_label(str(row[0]))), *(Cell(v, ",.0f") for v in row[1:-1]), Cell(row[-1], ".3f"))
        for row in by_unit.rows()
    )
    return Table(
        key=f"{labels.key}_units",
        number=labels.number,
        title=Text("{n}：分{i}的边际减排成本", "{n}: MAC by {i}").format(
            n=labels.name, i=Text(labels.item.zh, labels.item.en.lower())
        ),
        headers=headers,
        rows=rows,
        notes=(
            Text(
                "边际减排成本为各年的中位数，减排空间为各年的均值，后者取自{m}。短横：该模型没有给出价格。",
                "MAC: median of the years. Abatement room: mean of the years, {m}. A dash: the model gives no price.",
            ).format(m=rivals[-1].label),
        ),
        source=labels.source,
        simulated=False,
    )


def _unit_label(name: str) -> Text:
    """A province in both languages, however the table spells it; any other name as it stands."""
    short = province_spellings().get(name)
    found = [p.short for p in provinces() if p.short.zh == short]
    return found[0] if found else both(name)
