"""Exhibits of the lists: the report's policies, its ten pilots, the pilots of a list, and how a list met the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.tables import reference_rows
from dualcarbon.core.text import Text, both
from dualcarbon.policy.gazetteer import FOLDER, groups, listed, place_label
from dualcarbon.policy.lists import STATUSES, PolicyList, policies, policy_list
from dualcarbon.policy.places import Match

_REPORT = Text(
    "中国移动研究院、北京师范大学（2024）", "China Mobile Research Institute and Beijing Normal University (2024)"
)
_LEVELS = {
    "municipality": Text("直辖市", "municipality"),
    "prefecture": Text("地级市", "prefecture-level city"),
    "city": Text("城市", "city"),
    "city_group": Text("城市群成员", "member of a city group"),
    "autonomous_prefecture": Text("自治州", "autonomous prefecture"),
    "county_level": Text("县级单位", "county-level place"),
    "city_or_county": Text("市或县", "city or county"),
    "XPCC_county_level": Text("兵团县级市", "county-level city of the XPCC"),
    "district": Text("市辖区", "district"),
    "province": Text("省份", "province"),
    "region": Text("区域", "region"),
}
_HOW = {
    "same": Text("同名", "same name"),
    "renamed": Text("更名或升格", "renamed or upgraded"),
    "city_group": Text("城市群成员", "member of a city group"),
    "region": Text("区域成员", "member of a region"),
    "county": Text("所在城市（按选择）", "its city (as asked)"),
    "city": Text("市内各县", "counties of the city"),
    "province": Text("省内单位（按选择）", "within the province (as asked)"),
}


def table_2_3() -> Table:
    """The six policies of the report: goal, measures, channels to emissions, and which list serves each.

    Examples
    --------
    >>> [row[0].value.en for row in table_2_3().rows][:2]
    ['Broadband China', 'Made in China 2025']
    """
    rows = reference_rows("table_2_3", FOLDER)
    return Table(
        key="table_2_3",
        number=Text("表 2-3", "Table 2-3"),
        title=Text("相关主要政策总结", "The main policies"),
        headers=(
            Header("policy", Text("政策", "Policy")),
            Header("goal", Text("主要目标", "Goal")),
            Header("measures", Text("关键举措", "Measures")),
            Header("channels", Text("降碳途径", "Channels to emissions")),
            Header("list", Text("试点名单", "Pilot list")),
        ),
        rows=tuple(
            (
                Cell(Text(r["policy_zh"], r["policy_en"])),
                Cell(Text(r["goal_zh"], r["goal_en"])),
                Cell(_numbered(r["measures_zh"], r["measures_en"])),
                Cell(_numbered(r["channels_zh"], r["channels_en"])),
                Cell(_served(r["list"])),
            )
            for r in rows
        ),
        notes=(
            Text(
                "前四列为报告原文（英文为译文）；末列说明哪份名单可用于评估该政策。",
                "The first four columns are the report's, translated; the last says which list serves to evaluate it.",
            ),
            *(
                Text("{p}：{c}。", "{p}: {c}.").format(p=found.label, c=found.caution)
                for found in (policy_list(r["list"]) for r in rows if r["list"])
                if found.caution is not None
            ),
        ),
        source=_REPORT,
        simulated=False,
        row_keys=tuple(r["key"] for r in rows),
    )


def table_2_2() -> Table:
    """The report's ten dual-transition pilots with GDP, GDP per person and what they do.

    Examples
    --------
    >>> len(table_2_2().rows)
    10
    """
    rows = reference_rows("table_2_2", FOLDER)
    return Table(
        key="table_2_2",
        number=Text("表 2-2", "Table 2-2"),
        title=Text("数字化绿色化协同转型发展试点城市", "Pilots of the digital and green dual transition"),
        headers=(
            Header("place", Text("试点", "Pilot")),
            Header("province", Text("省份", "Province")),
            Header("gdp", Text("GDP（2023）", "GDP (2023)"), Text("亿元", "1e8 CNY")),
            Header("gdp_per_person", Text("人均 GDP（2023）", "GDP per person (2023)"), Text("万元", "1e4 CNY")),
            Header("facts", Text("基础条件和主要试点内容", "Conditions and contents")),
        ),
        rows=tuple(
            (
                Cell(place_label(r["place"])),
                Cell(place_label(r["province"])),
                Cell(float(r["gdp_1e8_cny_2023"]), ",.1f"),
                Cell(float(r["gdp_per_person_1e4_cny_2023"]), ".2f"),
                Cell(Text(r["facts_zh"], r["facts_en"])),
            )
            for r in rows
        ),
        notes=(
            Text(
                "内容按报告缩写。重庆高新区一行的 GDP 为重庆全市的数值，按报告原样列出。",
                "Contents condensed from the report. The GDP of the Chongqing High-tech Zone is that of the whole "
                "municipality, as the report prints it.",
            ),
        ),
        source=_REPORT,
        simulated=False,
        row_keys=tuple(r["place"] for r in rows),
    )


def pilots_table(policy: PolicyList) -> Table:
    """Every entry of a list with year, level and status; those not used are marked.

    Examples
    --------
    >>> pilots_table(policy_list("ets_start")).rows[0][4].value.en
    'no'
    """
    used = policy.used
    rows = policy.places.with_columns(pl.col("status").is_in(used["status"].unique().implode()).alias("_used"))
    sources = policy.places["official_source"].drop_nulls().unique(maintain_order=True).to_list()
    cautions = (Text("{c}。", "{c}.").format(c=policy.caution),) if policy.caution is not None else ()
    return Table(
        key=f"pilots_{policy.name}",
        number=Text("名单", "List"),
        title=Text("{p}：条目与核实状态", "{p}: entries and how well they are known").format(p=policy.label),
        headers=(
            Header("listed_name", Text("所列名称", "Listed as")),
            Header("batch_year", Text("批次", "Batch")),
            Header("level", Text("层级", "Level")),
            Header("status", Text("核实状态", "Verification")),
            Header("used", Text("使用", "Used")),
        ),
        rows=tuple(
            (
                Cell(_listed_label(r)),
                Cell(str(r["batch_year"])),
                Cell(_level(r["level"])),
                Cell(STATUSES[r["status"]].label),
                Cell(Text("是", "yes") if r["_used"] else Text("否", "no")),
            )
            for r in rows.iter_rows(named=True)
        ),
        notes=(
            Text("共 {n} 条，使用 {u} 条。", "{n} entries, {u} used.").format(n=rows.height, u=used.height),
            *cautions,
        ),
        source=both("; ".join(sources)) if sources else Text("未注明来源", "no source stated"),
        simulated=False,
    )


def match_table(match: Match) -> Table:
    """How a list met the data: by year and outcome counts, then every entry that treats no unit with its reason."""
    matched = _matched_rows(match)
    missed = tuple(
        (
            Cell(_entry_label(r["listed_name"], r["place"])),
            Cell(str(r["batch_year"])),
            Cell(place_label(r["inside"]) if r["inside"] else None),
            Cell(Text("未匹配", "unmatched")),
            Cell(Text(r["reason_zh"], r["reason_en"])),
            Cell(None),
        )
        for r in match.unmatched.iter_rows(named=True)
    )
    simulated = isinstance(match.table, Panel) and match.table.provenance.simulated
    source = match.table.provenance.name if isinstance(match.table, Panel) else Text("内存中的表", "table in memory")
    return Table(
        key=f"match_{match.policy.name}",
        number=Text("匹配表", "Match table"),
        title=Text("{p}：试点与数据的匹配", "{p}: pilots matched to the data").format(p=match.policy.label),
        headers=(
            Header("entry", Text("试点", "Pilot")),
            Header("year", Text("批次", "Batch")),
            Header("inside", Text("所属", "Lies in")),
            Header("outcome", Text("结果", "Outcome")),
            Header("why", Text("依据或原因", "How or why")),
            Header("units", Text("单位数", "Units")),
        ),
        rows=(*matched, *missed),
        notes=match.notes,
        source=source,
        simulated=simulated,
        rules_after=(len(matched),) if matched and missed else (),
    )


def _matched_rows(match: Match) -> tuple[tuple[Cell, ...], ...]:
    counts = match.matched.group_by("batch_year", "how").agg(
        pl.struct("listed_name", "place").n_unique().alias("entries"), pl.col("unit").n_unique().alias("units")
    )
    return tuple(
        (
            Cell(Text("{k} 个地方", "{k} places").format(k=r["entries"])),
            Cell(str(r["batch_year"])),
            Cell(None),
            Cell(Text("匹配", "matched")),
            Cell(_HOW[r["how"]]),
            Cell(r["units"], ",d"),
        )
        for r in counts.sort("batch_year", "how").iter_rows(named=True)
    )


def _listed_label(row: dict[str, Any]) -> Text:
    """The listed name; with its member where a city group is listed member by member."""
    if not STATUSES[row["status"]].usable:
        return both(row["listed_name"])
    return _entry_label(row["listed_name"], row["prefecture"] if row["level"] == "city_group" else None)


def _entry_label(listed_name: str, place: str | None = None) -> Text:
    """The listed name, with the English name of the place, or of the region it belongs to."""
    member = place_label(place) if place is not None else None
    if listed_name in groups():
        region = next(r["name_en"] for r in reference_rows("groups", FOLDER) if r["group"] == listed_name)
        head = Text(listed_name, region)
        return head if member is None else Text("{h}：{m}", "{h}: {m}").format(h=head, m=member)
    found = listed(listed_name)[0]
    english = found.name_en or (member.en if member is not None else "")
    return Text(listed_name, english) if english else both(listed_name)


def _level(level: str | None) -> Text:
    if level is None:
        return Text("未注明", "not stated")
    return _LEVELS.get(level, both(level))


def _numbered(zh: str, en: str) -> Text:
    return Text(*(" ".join(f"{i}. {part}" for i, part in enumerate(text.split("|"), start=1)) for text in (zh, en)))


def _served(name: str) -> Text:
    """Whether the policy can be evaluated, and by which list."""
    if not name:
        return Text("没有试点名单，不能评估", "no pilot list: cannot be evaluated")
    found = policy_list(name)
    if not found.evaluable:
        return Text("{s}，不能评估（名单 {n}）", "{s}: cannot be evaluated (list {n})").format(
            n=name, s=_why_not(found)
        )
    return Text("{k} 条可用（名单 {n}）", "{k} entries can be used (list {n})").format(n=name, k=found.used.height)


def _why_not(policy: PolicyList) -> Text:
    statuses: Sequence[str] = policy.unused["status"].unique().sort().to_list()
    labels = [STATUSES[status].label for status in statuses]
    return Text("、".join(t.zh for t in labels), ", ".join(t.en for t in labels))


def lists_table() -> Table:
    """Every shipped list: entries, how many are used, years, and the caution.

    Examples
    --------
    >>> {row[0].value: row[2].value for row in lists_table().rows}["low_carbon"]
    84
    """
    found = [policy_list(name) for name in policies()]
    return Table(
        key="policy_lists",
        number=Text("名单总表", "Lists"),
        title=Text("随附的试点名单", "The lists shipped"),
        headers=(
            Header("name", Text("名单", "List")),
            Header("label", Text("政策", "Policy")),
            Header("used", Text("可用条目", "Entries used")),
            Header("unused", Text("不用条目", "Not used")),
            Header("years", Text("批次", "Batches")),
            Header("caution", Text("注意", "Caution")),
        ),
        rows=tuple(
            (
                Cell(p.name),
                Cell(p.label),
                Cell(p.used.height, ",d"),
                Cell(p.unused.height, ",d"),
                Cell(", ".join(map(str, p.places["batch_year"].unique().sort().to_list()))),
                Cell(p.caution),
            )
            for p in found
        ),
        notes=(
            Text(
                "条目按核实状态使用：{u}直接使用；{x}列出而不用。",
                "Entries are used by their status: {u} are used as they are; {x} are listed and not used.",
            ).format(u=_labels(True), x=_labels(False)),
        ),
        source=Text("公开名单，逐条注明来源", "official lists, source with each entry"),
        simulated=False,
        row_keys=tuple(p.name for p in found),
    )


def _labels(used: bool) -> Text:
    found = [status.label for status in STATUSES.values() if status.used is used]
    return Text("、".join(f"“{t.zh}”" for t in found), ", ".join(f'"{t.en}"' for t in found))
