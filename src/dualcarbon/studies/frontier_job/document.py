"""The report of a job: what was asked, the data, the verdicts, the results, the pictures."""

from __future__ import annotations

from collections.abc import Sequence

from dualcarbon.core.exhibit import Chapter, Document, Figure, Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier.model import Model
from dualcarbon.studies.panels import joined, verdict

RETURNS = {
    "constant": Text("规模报酬不变", "constant returns"),
    "variable": Text("规模报酬可变", "variable returns"),
    "bic": Text("规模报酬由 BIC 选择", "returns to scale chosen by BIC"),
}
DISPOSABILITY = {
    "kuosmanen": Text("Kuosmanen 弱可处置", "weak disposability after Kuosmanen"),
    "weak": Text("弱可处置", "weak disposability"),
    "shephard": Text("Shephard 弱可处置", "weak disposability after Shephard"),
    "sum_z_one": Text("仅约束权重之和为一（不是弱可处置）", "weights sum to one (not weakly disposable)"),
    "bad_as_input": Text("坏产出视同投入", "bads as inputs"),
}
REFERENCE = {
    "contemporaneous": Text("各期以当期观测为参照", "each period against its own observations"),
    "sequential": Text("各期以当期及以前的观测为参照", "each period against its own and all earlier observations"),
    "window": Text("各期以截至当期的 {w} 期观测为参照", "each period against the {w} periods that end in it"),
    "biennial": Text("各期以当期与下期的观测为参照", "each period against itself and the next"),
    "global": Text("各期共用一个前沿", "one frontier for all periods"),
}


def document(
    panel: Panel,
    result: FrontierResult,
    model: Model,
    tables: Sequence[Table],
    figures: Sequence[Figure],
    colophon: tuple[Text, ...],
) -> Document:
    """The whole report."""
    verdicts, *others = tables
    chapters = [
        Chapter(Text("所问", "What was asked"), _asked(result, model)),
        Chapter(Text("数据", "Data"), _data(panel)),
        Chapter(Text("能否识别", "Is it identified?"), _identified(result), (verdicts,)),
        Chapter(Text("结果", "Results"), _results(tables), tuple(others)),
        Chapter(Text("图", "Pictures"), _pictures(figures), tuple(figures)),
    ]
    return Document(
        key="report",
        title=Text("边际减排成本与无效率", "Marginal abatement cost and inefficiency"),
        subtitle=Text("{m} · {n}", "{m} · {n}").format(m=model.label, n=panel.provenance.name),
        abstract=_abstract(panel, result, model),
        chapters=tuple(chapters),
        colophon=colophon,
        simulated=panel.provenance.simulated,
    )


def _abstract(panel: Panel, result: FrontierResult, model: Model) -> tuple[Text, ...]:
    share = {name: (rows, part) for name, rows, part in result.shares().rows()}
    rows = sum(share.get(name, (0, 0.0))[0] for name in ("ok", "kink"))
    return (
        Text(
            "{n} 行、{u} 个观测单位，模型为{m}，{f} 个前沿；判定：{v}。{k} 行（{s}%）有价格。",
            "{n} rows of {u} units, model: {m}, frontiers: {f}; verdict: {v}. {k} rows ({s} %) have a price.",
        ).format(
            n=f"{panel.n:,}",
            u=f"{panel.frame[panel.id].n_unique():,}",
            m=model.label,
            f=f"{result.diagnostics.height:,}",
            v=verdict(result),
            k=f"{rows:,}",
            s=f"{100.0 * rows / max(panel.n, 1):.1f}",
        ),
    )


def _asked(result: FrontierResult, model: Model) -> tuple[Text, ...]:
    technology = result.technology
    paragraphs = [
        Text(
            "模型：{m}（{k}）。投入：{x}；好产出：{y}；坏产出：{b}。分组：{g}。",
            "Model: {m} ({k}). Inputs: {x}; goods: {y}; bads: {b}. Groups: {g}.",
        ).format(
            m=model.label,
            k=model.name,
            x=", ".join(technology.inputs),
            y=", ".join(technology.goods),
            b=", ".join(technology.bads),
            g=both(", ".join(technology.group_by)) if technology.group_by else Text("不分组", "none"),
        ),
        _assumptions(technology, result.direction, model),
        Text("无效率的含义：{m}。", "What inefficiency measures: {m}.").format(m=model.measure),
        Text(
            "边际减排成本是前沿上少排一单位坏产出所放弃的好产出（以 {y} 计，每单位 {b}）。全部设置见 model.toml。",
            "The marginal abatement cost (MAC) is the good given up on the frontier for one unit of the bad less (in "
            "{y} per unit of {b}). All settings are in model.toml.",
        ).format(y=technology.good, b=technology.bad),
    ]
    return (*paragraphs, *result.warnings)


def _assumptions(technology: Technology, direction: Direction, model: Model) -> Text:
    reference = "global" if model.pools else technology.reference
    return Text("假设：{r}；{d}；{p}。方向：{g}。", "Assumptions: {r}; {d}; {p}. Direction: {g}.").format(
        r=RETURNS[technology.returns],
        d=DISPOSABILITY[technology.disposability],
        p=REFERENCE[reference].format(w=technology.window),
        g=_direction(direction),
    )


def _direction(direction: Direction) -> Text:
    if direction.columns:
        return both(", ".join(f"{name}: {step}" for name, step in direction.columns))
    signs = (("inputs", "x", "-"), ("good", "y", ""), ("bad", "b", "-"))
    parts = [f"{sign}{letter}" if getattr(direction, name) else "0" for name, letter, sign in signs]
    kind = Text("随观测值成比例", "in proportion to the observed values")
    if not direction.observed:
        kind = Text("以组均值为单位的常数", "constants in units of the group means")
    return Text("({p})，{k}", "({p}), {k}").format(p=", ".join(parts), k=kind)


def _data(panel: Panel) -> tuple[Text, ...]:
    times = panel.frame[panel.time]
    gone = [
        Text("{reason} {n} 行", "{reason} ({n} rows)").format(reason=d.reason, n=f"{d.rows:,}") for d in panel.drops
    ]
    return (
        Text("数据：{d}。{n} 行，{a}–{z}。", "Data: {d}. {n} rows, {a}–{z}.").format(
            d=panel.provenance.name, n=f"{panel.n:,}", a=times.min(), z=times.max()
        ),
        *((Text("删去：{g}。", "Dropped: {g}.").format(g=joined(gone)),) if gone else ()),
        *panel.notes,
    )


def _identified(result: FrontierResult) -> tuple[Text, ...]:
    return (
        Text(
            "表 1 写明每个前沿（或每类前沿）能否识别及其依据：{v}。",
            "Table 1 says of each frontier (or kind of frontier) whether it is identified, and on what evidence: {v}.",
        ).format(v=verdict(result)),
    )


def _results(tables: Sequence[Table]) -> tuple[Text, ...]:
    found = [
        Text(
            "表 2 为各行的状态：每行有且只有一个状态，写明它的价格从何而来或为何没有。逐行结果见 results.parquet。",
            "Table 2 counts the rows by status: each row has exactly one, which says where its price comes from or why "
            "it has none. Results row by row are in results.parquet.",
        ),
        Text("表 3 按组汇总。", "Table 3 sums up the groups."),
    ]
    if len(tables) > 3:
        found.append(
            Text(
                "表 4 为模型另外给出的各列，逐行数值同在结果文件中。",
                "Table 4 shows what else the model gives; the values by row are in the result file.",
            )
        )
    return tuple(found)


def _pictures(figures: Sequence[Figure]) -> tuple[Text, ...]:
    if not figures:
        return (Text("没有一行有正的价格，无图可画。", "No row has a positive price: there is nothing to draw."),)
    said = {
        "figure_mac_by_group": Text("图 1 为各组的分布。", "Figure 1 shows the groups' distributions."),
        "figure_mac_against_intensity": Text(
            "图 2 为价格与排放强度的关系。", "Figure 2 sets the price against emission intensity."
        ),
        "figure_abatement_cost_curve": Text(
            "图 3 把各行的减排空间由低价到高价累计。", "Figure 3 cumulates the rows' abatement room by price."
        ),
    }
    named = [said[figure.key] for figure in figures]
    return (Text("".join(one.zh for one in named), " ".join(one.en for one in named)),)
