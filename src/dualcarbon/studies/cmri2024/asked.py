"""What the regressions were asked for, in words: effects, clusters, controls, sizes and the unit of digital use."""

from __future__ import annotations

from collections.abc import Sequence

from dualcarbon.core.schema import load_schema
from dualcarbon.core.text import Text, both
from dualcarbon.studies.config import EffectsPart

_SHARE = "digital_share"
_NAMES = {
    "firm_id": Text("企业", "firm"),
    "year": Text("年份", "year"),
    "industry4": Text("行业", "industry"),
}


def column(name: str) -> Text:
    """What a column is called inside a sentence: its short name, the label of the schema, or itself."""
    if name in _NAMES:
        return _NAMES[name]
    schema = load_schema("firm")
    if name not in schema:
        return both(name)
    label = schema[name].label
    return Text(label.zh, label.en[0].lower() + label.en[1:])


def effects(formula: str) -> Text:
    """Absorbed effects or clusters such as "firm_id + year" and "industry4^year".

    Examples
    --------
    >>> effects("industry4^year").en, effects("firm_id + year").zh
    ('industry × year', '企业、年份')
    """
    parts = [[column(name.strip()) for name in part.split("^")] for part in formula.split("+")]
    return _joined([Text("×".join(n.zh for n in names), " × ".join(n.en for n in names)) for names in parts])


def controls(part: EffectsPart) -> Text:
    """The controls by name."""
    size = column(part.size)
    made = {
        "ln_assets": Text("ln {s}", "ln {s}").format(s=size),
        "ln_assets_per_worker": Text("ln 人均{s}", "ln {s} per worker").format(s=size),
    }
    found = [made.get(name, column(name)) for name in part.controls]
    return _joined(found) if found else Text("无", "none")


def stars(part: EffectsPart) -> Text:
    """Levels of significance, clusters, and which industries are absorbed."""
    said = Text(
        "*、**、*** 分别表示在 10 %、5 %、1 % 水平上显著；括号内为按{c}聚类的标准误。",
        "*, **, *** significant at 10 %, 5 %, 1 %; in parentheses standard errors clustered by {c}.",
    ).format(c=effects(part.cluster))
    if "industry4" not in f"{part.industry_effects} {part.firm_effects} {part.cluster}":
        return said
    return Text("{s}行业为四位数行业。", "{s} Industries are four-digit.").format(s=said)


def measured(part: EffectsPart) -> Text:
    """The unit of digital use."""
    if part.treatment == _SHARE:
        return Text("企业数字应用以比例（0 到 1）为单位。", "Digital use as a share (0 to 1).")
    return Text("企业数字应用为列 {c}，以该列的单位计。", "Digital use is the column {c}, in its own unit.").format(
        c=part.treatment
    )


def is_share(part: EffectsPart) -> bool:
    """Whether digital use is the schema's share."""
    return part.treatment == _SHARE


def split_at(part: EffectsPart, median: float) -> Text:
    """Where the sizes are divided."""
    if part.size == "fixed_assets_cny":
        return Text(
            "以固定资产中位数 {m} 万元划分，等于中位数者归入大企业。",
            "Split at median fixed assets, CNY {e} million; firms at the median count as large.",
        ).format(m=f"{median / 1e4:,.1f}", e=f"{median / 1e6:,.3f}")
    return Text(
        "以{s}的中位数 {m} 划分，等于中位数者归入大企业。",
        "Split at the median of {s}, {m}; firms at the median count as large.",
    ).format(s=column(part.size), m=f"{median:,.6g}")


def _joined(parts: Sequence[Text]) -> Text:
    return Text("、".join(p.zh for p in parts), ", ".join(p.en for p in parts))
