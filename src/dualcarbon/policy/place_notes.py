"""What a reader of a matched policy must know, counted both ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.policy.faults import SHOWN
from dualcarbon.policy.gazetteer import changes, named_city, place_label
from dualcarbon.policy.lists import STATUSES
from dualcarbon.policy.place_faults import counted_reasons

if TYPE_CHECKING:
    from dualcarbon.policy.places import Match


def match_notes(match: Match, keys: Sequence[str | None]) -> tuple[Text, ...]:
    """The counts, the misses by reason, the entries left unused, and what makes the timing doubtful."""
    caution = match.policy.caution
    found = [
        _counts(match),
        _statuses(match),
        Text("{c}。", "{c}.").format(c=_capital(caution)) if caution is not None else None,
        *(_partly(match, why, out) for why in ("county", "province") for out in (False, True)),
        _several(match),
        _ambiguous(match),
        _unknown(match),
        _merged(match, keys),
    ]
    return tuple(note for note in found if note is not None)


def _capital(text: Text) -> Text:
    return Text(text.zh, text.en[0].upper() + text.en[1:])


def _counts(match: Match) -> Text:
    why = match.unmatched["reason"].value_counts().sort("count", "reason", descending=[True, False]).rows()
    head = Text(
        "{p}：名单所列 {n} 个地方中 {m} 个匹配到数据；数据的 {u} 个地方中 {t} 个受处理，{r} 个从未受处理。",
        "{p}: {m} of the {n} places listed are in the data; {t} of the {u} places in the data are treated, {r} never.",
    ).format(
        p=match.policy.label,
        n=match.named,
        m=match.named_matched,
        u=match.units,
        t=match.treated,
        r=match.units - match.treated,
    )
    return Text("{h}未匹配：{w}。", "{h} Unmatched: {w}.").format(h=head, w=counted_reasons(why)) if why else head


def _statuses(match: Match) -> Text:
    used, unused = (_by_status(f) for f in (match.policy.used, match.policy.unused))
    head = Text("条目的核实状态：{u}。", "Verification of the entries: {u}.").format(u=used)
    if not match.policy.unused.height:
        return head
    return Text("{h}未使用：{x}。", "{h} Not used: {x}.").format(h=head, x=unused)


def _by_status(frame: pl.DataFrame) -> Text:
    counts = frame["status"].value_counts().sort("status").rows()
    zh = "，".join(f"{STATUSES[key].label.zh} {count}" for key, count in counts)
    en = ", ".join(f"{STATUSES[key].label.en} {count}" for key, count in counts)
    return Text(zh or "无", en or "none")


def _first(names: Sequence[str], total: int) -> Text:
    shown = [unit_label(name) for name in names[:SHOWN]]
    more = total > len(shown)
    zh, en = "、".join(t.zh for t in shown), ", ".join(t.en for t in shown)
    return Text(zh + ("等" if more else ""), en + (" and others" if more else ""))


def unit_label(name: str) -> Text:
    """A unit as the data call it, in English by the name of its place."""
    found = named_city(name)
    return Text(name, found[0].name_en or name) if len(found) == 1 else place_label(name)


def _partly(match: Match, why: str, left_out: bool) -> Text | None:
    found = match.partly.filter(pl.col("why") == why, pl.col("left_out") == left_out)
    names = found["unit"].unique(maintain_order=True).to_list()
    if not names:
        return None
    where = (
        Text("{k} 个城市内有县级试点", "{k} cities hold a pilot county")
        if why == "county"
        else Text("{k} 个单位位于试点省内", "{k} units lie in a pilot province")
    )
    words = (
        Text("{w}，已剔除：{n}。", "{w} and were left out: {n}.")
        if left_out
        else Text("{w}，当时仍计为未受处理：{n}。", "{w} and count as untreated at that time: {n}.")
    )
    return words.format(w=where.format(k=len(names)), n=_first(names, len(names)))


def _several(match: Match) -> Text | None:
    if not match.several.height:
        return None
    return Text(
        "{k} 个单位被多个条目覆盖，以最早年份为准：{n}。",
        "{k} units are reached by several entries; the earliest year counts: {n}.",
    ).format(k=match.several.height, n=_first(match.several["unit"].to_list(), match.several.height))


def _ambiguous(match: Match) -> Text | None:
    if not match.ambiguous.height:
        return None
    return Text("{k} 个单位的名称有歧义，已剔除：{n}。", "{k} units with ambiguous names were left out: {n}.").format(
        k=match.ambiguous.height, n=_first(match.ambiguous["unit"].to_list(), match.ambiguous.height)
    )


def _unknown(match: Match) -> Text | None:
    if not match.unknown.height:
        return None
    return Text(
        "{k} 个单位的名称不认识，计为从未受处理：{n}。",
        "{k} units bear names that mean no known place; they count as never treated: {n}.",
    ).format(k=match.unknown.height, n=_first(match.unknown["unit"].to_list(), match.unknown.height))


def _merged(match: Match, keys: Sequence[str | None]) -> Text | None:
    """Places of the data that were merged into others during the years such panels cover."""
    there = [change for change in changes() if change.kind == "merged" and change.old in keys]
    if match.level != "city" or not there:
        return None
    return Text(
        "数据中有后来并入他市的单位，仍按自身名称处理：{n}。",
        "The data hold places that were later merged into others; each is treated under its own name: {n}.",
    ).format(
        n=Text(
            "；".join(f"{c.old}（{c.year} 年并入{'、'.join(c.new)}）" for c in there),
            "; ".join(
                f"{place_label(c.old).en} ({c.year}, into {', '.join(place_label(new).en for new in c.new)})"
                for c in there
            ),
        )
    )
