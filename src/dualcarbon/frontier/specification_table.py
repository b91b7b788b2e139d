"""The table of a specification panel."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both

if TYPE_CHECKING:
    from dualcarbon.frontier.specification import SpecificationPanel

PANEL_UNIT = Text("每单位 CO2 的产出", "good per unit of CO2")

_RESTRICTIONS = {
    "frontier": Text("只有前沿", "frontier only"),
    "outputs": Text("产出单调", "outputs monotone"),
    "monotone": Text("产出、投入单调", "all monotone"),
    "null_joint": Text("单调且零联合", "monotone, null-joint"),
}
_RETURNS = {
    "variable": Text("可变", "variable"),
    "constant": Text("不变", "constant"),
    "bic": Text("BIC 选择", "by BIC"),
}
_TRIMS = {"none": Text("不剔除", "none"), "screen": Text("筛查", "screen")}
_STATUS = {
    "identified": Text("可识别", "identified"),
    "weakly_identified": Text("弱识别", "weakly identified"),
    "trivial": Text("平凡解，拒绝", "trivial, refused"),
    "too_few": Text("样本太少", "too few rows"),
    "unsupported": Text("模型不支持", "not supported"),
}


def panel_table(panel: SpecificationPanel, unit: Text) -> Table:
    """One row per specification; a rule after every model; the last column numbers the rows of `reasons_table`."""
    statuses, mac = Text("观测状态", "Rows by status"), Text("边际减排成本", "MAC")
    headers = (
        Header("model", Text("模型", "Model")),
        Header("restrictions", Text("约束", "Restrictions")),
        Header("trim", Text("剔除", "Trim")),
        Header("returns", Text("规模报酬", "Returns")),
        Header("n", Text("观测", "Rows")),
        Header("priced", Text("有价格", "Priced"), both("%"), statuses),
        Header("zero", Text("零", "Zero"), both("%"), statuses),
        Header("infinite", Text("无穷大", "Infinite"), both("%"), statuses),
        Header("negative", Text("负", "Negative"), both("%"), statuses),
        Header("room", Text("减排空间", "Abatement room"), Text("比例", "share")),
        Header("mac_median", Text("中位数", "Median"), unit, mac),
        Header("mac_weighted", Text("CO2 加权均值", "CO2-weighted mean"), unit, mac),
        Header("mac_mean", Text("均值", "Mean"), unit, mac),
        Header("near_range", Text("近最优区间", "Near-optimal range"), Text("对数", "log")),
        Header("verdict", Text("判定", "Verdict")),
        Header("reason", Text("理由", "Reason"), Text("号", "no.")),
    )
    names = panel.frame["model"].to_list()
    reasons = _reasons(panel.frame)
    return Table(
        key="specification_panel",
        number=Text("规格对照", "Specification panel"),
        title=Text("不同设定下的边际减排成本", "The marginal abatement cost by specification"),
        headers=headers,
        rows=tuple(_row(row, panel, reasons) for row in panel.frame.iter_rows(named=True)),
        notes=(*_span(panel.frame), _models(panel), _EXPLAINED, *panel.warnings),
        source=panel.source,
        simulated=panel.simulated,
        rules_after=tuple(i + 1 for i in range(len(names) - 1) if names[i] != names[i + 1]),
        row_keys=tuple(
            "-".join(str(row[key]) for key in ("model", "restrictions", "trim"))
            for row in panel.frame.iter_rows(named=True)
        ),
    )


_EXPLAINED = Text(
    "剔除按 b/y 两端各去掉所示比例，或按条件筛查（筛查）；有价格：ok、kink、edge。近最优区间为目标值至多差 1 % 的拟合间"
    "平均 MAC 的对数极差（各前沿的中位数）。判定取各前沿中最差者，理由取其中最常见者，另表列出；短横：没有这个数。",
    "Trims leave out the share shown at either end of b/y, or what the conditional screen doubts (screen). Priced: ok, "
    "kink, edge. The near-optimal range is the log range of the mean MAC over fits at most 1 % from the optimum "
    "(median of the frontiers). The verdict is the worst of the frontiers, the reason the commonest among these, in a "
    "table of its own; a dash: no such number.",
)


def _reasons(frame: pl.DataFrame) -> dict[Text, int]:
    """The reasons in the order of the rows, numbered from 1."""
    found = dict.fromkeys(_reason(row) for row in frame.iter_rows(named=True))
    return {reason: i for i, reason in enumerate(found, 1)}


def _reason(row: dict[str, object]) -> Text:
    return Text(str(row["why_zh"]), str(row["why_en"]))


def reasons_table(panel: SpecificationPanel) -> Table:
    """The reasons behind the verdicts, by number."""
    return Table(
        key="specification_reasons",
        number=Text("规格对照之理由", "Specification panel, reasons"),
        title=Text("各设定判定的理由", "Why each specification is judged as it is"),
        headers=(Header("reason", Text("号", "No.")), Header("why", Text("理由", "Reason"))),
        rows=tuple((Cell(i), Cell(reason)) for reason, i in _reasons(panel.frame).items()),
        notes=(),
        source=panel.source,
        simulated=panel.simulated,
    )


def _models(panel: SpecificationPanel) -> Text:
    """What the names of the models stand for."""
    zh = "；".join(f"{name}：{label.zh}" for name, label in panel.labels.items())
    en = "; ".join(f"{name}: {label.en}" for name, label in panel.labels.items())
    return Text(f"{zh}。", f"{en}.")


def _row(row: dict[str, object], panel: SpecificationPanel, reasons: dict[Text, int]) -> tuple[Cell, ...]:
    priced = [_percent(row[f"{name}_share"]) for name in ("ok", "kink", "edge")]
    known = [value for value in priced if value is not None]
    shares = [sum(known) if known else None, *(_percent(row[f"{s}_share"]) for s in ("zero", "infinite", "negative"))]
    restrictions, returns = row["restrictions"], row["returns"]
    return (
        Cell(both(str(row["model"]))),
        Cell(None if restrictions is None else _RESTRICTIONS.get(str(restrictions), both(str(restrictions)))),
        Cell(_trim(str(row["trim"]))),
        Cell(None if returns is None else _RETURNS[str(returns)]),
        Cell(int(str(row["n"])), ",d"),
        *(Cell(share, ".1f") for share in shares),
        Cell(_number(row["room"]), ".3f"),
        *(_price(row[name]) for name in ("mac_median", "mac_weighted", "mac_mean")),
        Cell(_number(row["near_range"]), ".2f"),
        Cell(_STATUS[str(row["status"])]),
        Cell(reasons[_reason(row)]),
    )


def _trim(name: str) -> Text:
    return _TRIMS[name] if name in _TRIMS else both(f"{100.0 * float(name):g} %")


def _number(value: object) -> float | None:
    """A float for print; what is missing or NaN is a dash."""
    number = math.nan if value is None else float(str(value))
    return None if math.isnan(number) else number


def _percent(value: object) -> float | None:
    number = _number(value)
    return None if number is None else 100.0 * number


def _price(value: object) -> Cell:
    number = _number(value)
    return Cell(number, ",.4g" if number is not None and abs(number) < 10.0 else ",.0f")


def _span(frame: pl.DataFrame) -> tuple[Text, ...]:
    """Over what the mean MAC ranges among the specifications that give one."""
    means = frame.filter(pl.col("status").is_in(["identified", "weakly_identified"]))["mac_mean"].drop_nulls()
    means = means.filter(means.is_finite())
    if means.len() < 2:
        return ()
    low, high = (float(str(v)) for v in (means.min(), means.max()))
    form = ",.4g" if abs(high) < 10.0 else ",.0f"
    text = Text(
        "同一数据，{k} 种设定，平均 MAC 从 {a} 到 {b}：这一范围是答案的一部分。",
        "Same data, {k} specifications: the mean MAC runs from {a} to {b}. That range is part of the answer.",
    )
    return (text.format(k=means.len(), a=format(low, form), b=format(high, form)),)
