"""Groups with a single member."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dualcarbon.core.text import Text
from dualcarbon.panel.findings import Finding
from dualcarbon.panel.rules.base import Subject

_MEANS = Text(
    "该组只有一个个体：它自成前沿，无效率恒为零，也不能与同组比较",
    "the group has one member only: it is its own frontier, its inefficiency is zero by construction",
)
_REMEDY = Text("并入相近的组，或不分组", "merge it with a related group, or do not group")


def find(subject: Subject) -> Iterator[Finding]:
    """Groups (two-digit industries, regions) in which one id occurs; count and share are of groups."""
    if subject.group is None:
        return
    group = pl.col(subject.group)
    members = subject.frame.lazy().filter(group.is_not_null()).group_by(group).agg(pl.col(subject.id).n_unique())
    sizes = members.sort(group).collect()
    single = sizes.filter(pl.col(subject.id) == 1)
    if single.height:
        yield Finding(
            "one_firm_group",
            "warning",
            subject.group,
            single.height,
            single.height / sizes.height,
            tuple(single.select(group).head(5).rows()),
            _MEANS,
            _REMEDY,
        )
