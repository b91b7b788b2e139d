"""Every estimator on one sample, and one estimator beside the policies that ran at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Unpack

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.options import bad_option
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.policy import faults, registry
from dualcarbon.policy.checks.samples import Asking, sample_of
from dualcarbon.policy.checks.side_by_side import Attempt, SideBySide, attempt
from dualcarbon.policy.design import Design, design
from dualcarbon.policy.model import Estimator
from dualcarbon.policy.timing import NEVER, whole_periods
from dualcarbon.policy.timing import first_treated as first_treated_periods
from dualcarbon.policy.words import asked_group

Codes = NDArray[np.int64]


def compare_estimators(
    panel: Panel | Design,
    outcome: str | None = None,
    first_treated: str | None = None,
    *,
    methods: Sequence[str | Estimator] | None = None,
    level: float = 0.95,
    **options: Unpack[Asking],
) -> SideBySide:
    """Every estimator on the same sample, in one table and one forest plot; those that refuse say why.

    Parameters
    ----------
    panel : Panel or Design
    outcome, first_treated, options
        As for `did`, where a panel is given.
    methods : sequence of str or Estimator, optional
        All of `registry.names()` by default.
    level : float
        Of the intervals.

    Raises
    ------
    ConfigError, SchemaError, DataError, NotIdentifiedError
        The sample itself cannot be made, or a method does not exist. What one estimator cannot do is a row with its
        reason.

    Examples
    --------
    >>> r = np.random.default_rng(0)
    >>> city, year = np.repeat(np.arange(40), 5), np.tile(np.arange(5), 40)
    >>> first = np.where(city < 20, 3, 0)
    >>> y = r.normal(size=40)[city] + ((first > 0) & (year >= first)) + 0.1 * r.normal(size=200)
    >>> table = pl.DataFrame({"c": city, "t": year, "g": first, "y": y})
    >>> found = compare_estimators(Panel.from_frame(table, id="c", time="t"), "y", "g", methods=["twfe", "matched"])
    >>> [(a.key, a.effect is not None) for a in found.attempts]
    [('twfe', True), ('matched', False)]
    """
    sample = sample_of(panel, outcome, first_treated, options)
    names = registry.names() if methods is None else methods
    found: list[Attempt] = []
    for place, method in enumerate(names):
        one = registry.estimator(method) if isinstance(method, str) else method
        key = one.name if one.name not in {a.key for a in found} else f"{one.name}_{place + 1}"
        found.append(attempt(key, one.label, lambda: sample, sample, one, level))
    return SideBySide(
        number=Text("估计方法比较", "Estimators compared"),
        title=Text("政策对 {y} 的效应：各估计方法", "Effect of the policy on {y}, by estimator").format(
            y=sample.asked.outcome
        ),
        heading=Text("估计方法", "Estimator"),
        attempts=tuple(found),
        sample=sample,
        level=level,
        notes=(_same_sample(sample), _averages(found)),
        key="estimators_compared",
    )


def concurrent(
    panel: Panel,
    outcome: str,
    first_treated: str | None = None,
    *,
    policies: Mapping[str, Text | str] | Sequence[str],
    method: str | Estimator = "twfe",
    level: float = 0.95,
    **options: Unpack[Asking],
) -> SideBySide:
    """The effect beside other policies of the same time: controlled for, and without the units they treat.

    Rows: as it is; for every other policy, and for all together, its indicator 1[t >= first treated] added to the
    controls; for every other policy, and for all together, the units it treats within the sample dropped.

    Parameters
    ----------
    panel, outcome, first_treated, options
        As for `did`.
    policies : mapping of column to label, or sequence of columns
        Columns of first treated periods of the other policies.
    method : str or Estimator
        With `twfe` an indicator enters the regression row by row; estimators that take controls as they were before
        treatment condition on the other policy being in force then.
    level : float

    Raises
    ------
    ConfigError
        No other policy is named.
    SchemaError, DataError
        A column cannot be read as first treated periods.
    """
    labels = {name: both(name) for name in policies} if not isinstance(policies, Mapping) else {
        name: both(label) if isinstance(label, str) else label for name, label in policies.items()
    }  # fmt: skip
    if not labels:
        raise bad_option("policies", Text("至少一项其他政策的列", "a column of at least one other policy"), policies)
    one = registry.estimator(method) if isinstance(method, str) else method
    base = design(panel, outcome, first_treated, **options)
    others = _others(panel, tuple(labels))
    work = _Concurrent(panel, base, outcome, first_treated, options, others)
    rows = [attempt("base", Text("基准", "As it is"), lambda: base, base, one, level)]
    for how, title in (
        ("controlled", Text("控制：{p}", "Controlling for {p}")),
        ("dropped", Text("剔除受{p}处理的单位", "Without units treated by {p}")),
    ):
        groups: list[tuple[tuple[str, ...], Text]] = [((name,), label) for name, label in labels.items()]
        if len(labels) > 1:
            every = Text("以上全部", "all of these") if how == "controlled" else Text("以上任一政策", "any of these")
            groups.append((tuple(labels), every))
        for names, label in groups:
            key = f"{how}.{names[0] if len(names) == 1 else 'all'}"
            make = partial(work.controlled if how == "controlled" else work.without, names)
            rows.append(attempt(key, title.format(p=label), make, base, one, level))
    return SideBySide(
        number=Text("同期政策", "Concurrent policies"),
        title=Text("考虑同期政策后对 {y} 的效应（{m}）", "Effect on {y} beside concurrent policies ({m})").format(
            y=outcome, m=one.label
        ),
        heading=Text("设定", "Specification"),
        attempts=tuple(rows),
        sample=base,
        level=level,
        notes=(_CONCURRENT, *work.overlap(labels)),
        key="concurrent_policies",
        baseline=rows[0].effect,
    )


@dataclass(frozen=True, slots=True)
class _Concurrent:
    """The panel, its design, and the first treated periods of the other policies, (n,) rows of the panel each."""

    panel: Panel
    base: Design
    outcome: str
    own: str | None
    options: Asking
    others: Mapping[str, Codes]

    def controlled(self, names: Sequence[str]) -> Design:
        """The design with the indicators of these policies among the controls."""
        period = whole_periods(self.panel)
        columns = {_indicator(self.panel, name): period >= self.others[name] for name in names}
        added = self.panel.with_columns(*(pl.Series(key, on.astype(np.float64)) for key, on in columns.items()))
        options: Asking = {**self.options, "controls": [*self.options.get("controls", ()), *columns]}
        return design(added, self.outcome, self.own, **options)

    def without(self, names: Sequence[str]) -> Design:
        """The design without units that any of these policies treats within the sample."""
        last = int(self.base.period.max())
        hit = np.any([self.others[name][self.base.rows] <= last for name in names], axis=0)
        kept = self.base.only(~hit, Text("受其他政策处理", "treated by another policy"))
        if not kept.n:
            raise faults.nothing_left(kept.drops)
        faults.require_both_groups(kept.unit_first, NEVER, kept.drops)
        return kept

    def overlap(self, labels: Mapping[str, Text]) -> tuple[Text, ...]:
        """How many units each policy treats, and how many of these the policy in question treats too."""
        last, starts = int(self.base.period.max()), self.base.starts
        found: list[Text] = []
        for name, label in labels.items():
            hit = self.others[name][self.base.rows[starts]] <= last
            shared = hit & (self.base.unit_first != NEVER)
            words = Text(
                "{p}处理 {k} 个单位，其中 {b} 个也受本政策处理。", "{p} treats {k} units, {b} of them treated here too."
            )
            found.append(words.format(p=label, k=int(hit.sum()), b=int(shared.sum())))
        return tuple(found)


def _others(panel: Panel, names: Sequence[str]) -> dict[str, Codes]:
    return {name: first_treated_periods(panel, name, None) for name in names}


def _indicator(panel: Panel, name: str) -> str:
    """A column name for the indicator that the panel does not have."""
    said = f"after_{name}"
    while said in panel.frame.columns:
        said += "_"
    return said


def _same_sample(sample: Design) -> Text:
    controls = ", ".join(sample.asked.controls) or None
    return Text(
        "同一样本：{n} 行，{u} 个单位；要求的比较组为{g}；控制变量：{c}。",
        "One sample: {n} rows, {u} units; comparison group asked for: {g}; controls: {c}.",
    ).format(
        n=f"{sample.n:,}",
        u=f"{len(sample.starts):,}",
        g=asked_group(sample),
        c=controls or Text("无", "none"),
    )


_CONCURRENT = Text(
    "控制：把其他政策的 0/1 变量（自首次处理期起为 1）加入控制变量；剔除：去掉样本期内受该政策处理的单位。虚线为基准。",
    "Controlling: the other policy's indicator, 1 from its first treated period on, joins the controls. Without: units "
    "that it treats within the sample are dropped. The dashed line is the effect as it is.",
)


def _averages(found: Sequence[Attempt]) -> Text:
    """What the estimates average, estimator by estimator."""
    said = {a.label: a.effect.estimand for a in found if a.effect is not None}
    kinds: dict[Text, list[Text]] = {}
    for label, estimand in said.items():
        kinds.setdefault(estimand, []).append(label)
    zh = "；".join(f"{'、'.join(one.zh for one in labels)}：{kind.zh}" for kind, labels in kinds.items())
    en = "; ".join(f"{', '.join(one.en for one in labels)}: {kind.en}" for kind, labels in kinds.items())
    return Text(f"估计的是——{zh or '无'}。", f"What is estimated – {en or 'nothing'}.")
