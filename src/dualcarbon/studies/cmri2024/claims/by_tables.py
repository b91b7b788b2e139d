"""Numbers that follow from other numbers the report prints."""

from __future__ import annotations

import re
from functools import cache

from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text
from dualcarbon.panel.truth import survey_rows
from dualcarbon.studies.cmri2024.claims.by_reason import confidential
from dualcarbon.studies.cmri2024.claims.claim import Claim, Finding, of
from dualcarbon.studies.cmri2024.printed import industry_label

_OWN = Text("报告自己的表", "the report's own tables")
_QUOTED = re.compile("“([^”]+)”")


@cache
def _costs() -> dict[str, float]:
    """The printed MACs by key, such as ``mac.16``."""
    rows = (row for row in survey_rows("report_targets") if row["key"].startswith("mac."))
    return {row["key"]: float(row["printed"]) for row in rows}


def mac_ratio(claim: Claim) -> Finding:
    """The largest printed MAC over the smallest."""
    ranked = sorted(_costs().items(), key=lambda pair: pair[1])
    (_, low), (top, high) = ranked[0], ranked[-1]
    second = ranked[-2]
    return Finding(
        high / low,
        Text(
            "最高为{t}，{h}/{l} = {v}；{p} 倍是第二位的{s}：{m}/{l} = {w}",
            "the highest is {t}: {h}/{l} = {v}; {p} is that of the second, {s}: {m}/{l} = {w}",
        ).format(
            t=_industry(top),
            s=_industry(second[0]),
            h=high,
            l=low,
            m=second[1],
            v=f"{high / low:.1f}",
            w=f"{second[1] / low:.1f}",
            p=f"{claim.printed:.0f}",
        ),
        _OWN,
    )


def _industry(key: str) -> Text:
    return industry_label(key.partition(".")[2])


def order_named(claim: Claim) -> Finding:
    """Whether three industries are named in the order of their printed MACs; the value is the rank of the second."""
    which, *keys = claim.argument.split()
    falling = which == "highest"
    ranked = sorted(_costs(), key=_costs().__getitem__, reverse=falling)[: len(keys)]
    numbers = "、".join(f"{_costs()[key]:.2f}" for key in ranked)
    english = ", ".join(f"{_costs()[key]:.2f}" for key in ranked)
    value = 1.0 + sorted(keys, key=_costs().__getitem__, reverse=falling).index(keys[1])
    reason = (
        Text("所列次序与数值一致：{z}", "named in the order of the numbers: {e}")
        if ranked == keys
        else Text(
            "所列三个行业确为{w}，但次序应为 {z}：{i}（{m}）居第 {r}",
            "these three are the {u}, but their order is {e}: {i} ({m}) comes in place {r}",
        )
    )
    words = {"w": "最高" if falling else "最低", "u": which, "i": _industry(keys[1]), "r": f"{value:.0f}"}
    return Finding(
        value, reason.format(z=numbers, e=english, m=f"{_costs()[keys[1]]:.2f}", **words), _OWN, ranked == keys
    )


def repeats_table(claim: Claim) -> Finding:
    """A MAC of Table 4-1 said again in the text: the two are compared, the number itself cannot be computed."""
    if _costs()[claim.argument] != claim.printed:
        return Finding(_costs()[claim.argument], Text("与表 4-1 不一致", "not what Table 4-1 prints"), _OWN)
    told = confidential(claim).reason
    return Finding(None, Text("与表 4-1 一致；{t}", "equal to Table 4-1; {t}").format(t=told), _OWN)


def pooled_scale(claim: Claim) -> Finding:
    """A pooled effect against those of the two size groups of Table 4-4; the argument is the column of Table 4-3.

    A pooled coefficient lies near a weighted mean of the groups'. The weight is taken from column 1, where all fuels
    count, so the coal effect on the scale of Table 4-4 is small + w (large - small).
    """
    weight = (_effect("table_4_3_1") - _effect("table_4_4_1")) / (_effect("table_4_4_2") - _effect("table_4_4_1"))
    if claim.argument == "1":
        told = Text(
            "{c}；它在两组（-0.7033、-2.2270）之间，量级一致",
            "{c}; it lies between the two groups (-0.7033, -2.2270): the scale is the same",
        )
        return Finding(None, told.format(c=confidential(claim).reason), _OWN)
    small, large = _effect("table_4_4_3"), _effect("table_4_4_4")
    value = small + weight * (large - small)
    return Finding(
        value,
        Text(
            "分组为 {s} 与 {l}，合并值应在其附近（按第 1 列的权重约 {v}），印出的约为其 {r} 倍：两表的量纲不同",
            "the groups have {s} and {l}, a pooled effect lies near them (some {v} with the weights of column 1); the "
            "printed one is some {r} times that: the two tables are in different scales",
        ).format(s=f"{small:.4f}", l=f"{large:.4f}", v=f"{value:.4f}", r=f"{claim.printed / value:.0f}"),
        _OWN,
        min(small, large) <= claim.printed <= max(small, large),
    )


def _effect(key: str) -> float:
    return of(key).printed


def rows_printed(claim: Claim) -> Finding:
    """How many rows the report's own table has."""
    if claim.argument == "table_2_2":
        count = len(reference_rows("table_2_2", "policy/lists"))
    else:
        count = sum(
            r["exhibit"] == claim.argument and r["key"].startswith("mac.") for r in survey_rows("report_targets")
        )
    number = claim.argument.removeprefix("table_").replace("_", "-")
    return Finding(float(count), Text("表 {n} 列出 {c} 个", "Table {n} lists {c}").format(n=number, c=count), _OWN)


def items_named(claim: Claim) -> Finding:
    """How many items stand between the quotation marks."""
    quoted = _QUOTED.search(claim.said.zh)
    items = quoted[1].split("、") if quoted else []
    return Finding(
        float(len(items)), Text("引号内列出 {n} 项", "{n} items stand in quotation marks").format(n=len(items)), _OWN
    )
