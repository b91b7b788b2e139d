"""Placebos: the treatment handed to other units, dated earlier than it was, or one cohort left out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, Unpack

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.errors import DualcarbonError, NotIdentifiedError, SchemaError
from dualcarbon.core.options import bad_option, require_choice
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.policy import faults, registry
from dualcarbon.policy.checks.placebo_result import PlaceboUnits
from dualcarbon.policy.checks.samples import Asking, retimed, sample_of, treated_rows_may_begin
from dualcarbon.policy.checks.side_by_side import SideBySide, attempt
from dualcarbon.policy.checks.two_way_draws import TwoWayDraws, answers_all_at_once
from dualcarbon.policy.design import Design
from dualcarbon.policy.evaluation import evaluate
from dualcarbon.policy.model import Estimator
from dualcarbon.policy.timing import NEVER

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Rows = Literal["own", "common"]

BLOCK = 25
"""Draws that share a stream of random numbers, at most."""

NUMBERS = 1 << 22
"""Numbers that a block may hold: with more rows a block has fewer draws."""


def placebo_in_units(
    panel: Panel | Design,
    outcome: str | None = None,
    first_treated: str | None = None,
    *,
    method: str | Estimator = "twfe",
    draws: int = 500,
    seed: int = 0,
    level: float = 0.95,
    engine: Engine | None = None,
    **options: Unpack[Asking],
) -> PlaceboUnits:
    """The effect beside those that appear when the treatment goes to other units at random.

    In every draw the first treated periods are dealt anew among the units (cohorts keep their sizes; a unit with gaps
    exchanges only with units seen in the same periods), and the whole estimate is made anew. With two-way fixed effects
    all draws are columns of one matrix: with M the residual maker of units, periods and controls, D* = M [d*_1 ...],

        b*_j = D*_j' y / D*_j' D*_j,   p = (1 + #{|b*| >= |b|}) / (1 + draws), and the same with t

    exactly what refitting gives. Every other estimator is fitted in every draw, block by block through the engine.

    Parameters
    ----------
    panel : Panel or Design
    outcome, first_treated, options
        As for `did`, where a panel is given.
    method : str or Estimator
    draws, seed : int
        The same seed deals the same units, by any method and on any number of workers.
    level : float
        Of the interval of the true effect.
    engine : Engine, optional

    Raises
    ------
    ConfigError
        An option does not fit.
    NotIdentifiedError
        No two units can exchange, or the true effect is not identified.

    Notes
    -----
    Draws in which the estimator finds nothing are counted and left out of p. Fisher (1935), The design of experiments;
    Chetty, Looney & Kroft (2009), https://doi.org/10.1257/aer.99.4.1145. The p value is exact where every reassignment
    was as likely as the one seen.

    Examples
    --------
    >>> import polars as pl
    >>> r = np.random.default_rng(0)
    >>> city, year = np.repeat(np.arange(40), 5), np.tile(np.arange(5), 40)
    >>> first = np.where(city < 20, 3, 0)
    >>> y = r.normal(size=40)[city] + ((first > 0) & (year >= first)) + 0.1 * r.normal(size=200)
    >>> table = pl.DataFrame({"c": city, "t": year, "g": first, "y": y})
    >>> found = placebo_in_units(Panel.from_frame(table, id="c", time="t"), "y", "g", draws=99)
    >>> found.p, len(found.coef)
    (0.01, 99)
    """
    if draws < 1:
        raise bad_option("draws", Text("正整数，如 500", "a positive number, such as 500"), draws)
    sample = sample_of(panel, outcome, first_treated, options)
    one = registry.estimator(method) if isinstance(method, str) else method
    true = evaluate(sample, one, level)
    dealt = _Dealt.of(sample)
    fast = answers_all_at_once(sample, one)
    work = partial(_at_once, dealt=dealt, solved=TwoWayDraws.of(sample)) if fast else partial(
        _refitted, dealt=dealt, sample=sample, estimator=one
    )  # fmt: skip
    sizes = block_sizes(draws, sample.n)
    streams = np.random.SeedSequence(seed).spawn(len(sizes))
    parts = (engine or InOrder()).map(work, list(zip(sizes, streams, strict=True)))
    coef, t = (np.concatenate([part[i] for part in parts]) for i in range(2))
    return PlaceboUnits.of(true, coef, t, seed=seed, alone=dealt.alone, refitted=not fast)


def block_sizes(draws: int, rows: int) -> list[int]:
    """Draws of each block: a function of draws and rows, never of workers."""
    most = max(1, min(BLOCK, NUMBERS // max(rows, 1)))
    return [min(most, draws - start) for start in range(0, draws, most)]


@dataclass(frozen=True, slots=True)
class _Dealt:
    """First treated periods of the units, (u,), and the units sorted by the periods in which they are seen."""

    unit_first: Codes
    members: Codes
    bounds: Codes
    alone: int

    @classmethod
    def of(cls, sample: Design) -> _Dealt:
        """How units may exchange; raises `NotIdentifiedError` where none can."""
        strata = _patterns(sample)
        sizes = np.bincount(strata)
        alone = int(np.count_nonzero(sizes == 1))
        if alone == len(strata):
            raise NotIdentifiedError(
                Text("没有可以互换处理的单位", "no units can exchange their treatment"),
                expected=Text("至少两个时期相同的单位", "at least two units seen in the same periods"),
                found=Text("{u} 个单位，时期各不相同", "{u} units, each with periods of its own").format(u=alone),
                remedy=Text("用 gaps='drop_units' 只留完整单位", "keep complete units with gaps='drop_units'"),
            )
        members = np.argsort(strata, kind="stable").astype(np.int64)
        return cls(sample.unit_first, members, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), alone)

    def draw(self, stream: np.random.SeedSequence, draws: int) -> Codes:
        """First treated periods of the units in several draws, (u, draws)."""
        from dualcarbon.kernels.reassignment import shuffled

        uniform = np.random.default_rng(stream).random((draws, len(self.members)))
        return self.unit_first[shuffled(self.members, self.bounds, uniform)]


def _patterns(sample: Design) -> Codes:
    """Codes of the sets of periods in which units are seen, (u,)."""
    if sample.balanced:
        return np.zeros(len(sample.starts), dtype=np.int64)
    ends = np.append(sample.starts[1:], sample.n)
    seen = [sample.period[a:b].tobytes() for a, b in zip(sample.starts, ends, strict=True)]
    number: dict[bytes, int] = {}
    return np.array([number.setdefault(one, len(number)) for one in seen], dtype=np.int64)


def _at_once(job: tuple[int, np.random.SeedSequence], dealt: _Dealt, solved: TwoWayDraws) -> tuple[Floats, Floats]:
    size, stream = job
    return solved.solve(dealt.draw(stream, size))


def _refitted(
    job: tuple[int, np.random.SeedSequence], dealt: _Dealt, sample: Design, estimator: Estimator
) -> tuple[Floats, Floats]:
    size, stream = job
    first = dealt.draw(stream, size)
    coef, t = np.full(size, np.nan), np.full(size, np.nan)
    for j in range(size):
        try:
            fit = estimator.estimate(replace(sample, first=first[sample.unit, j]))
        except (DualcarbonError, ValueError, ArithmeticError):
            continue
        coef[j], t[j] = fit.att, fit.att / fit.se if fit.se > 0 else np.nan
    return coef, t


def placebo_in_time(
    panel: Panel | Design,
    outcome: str | None = None,
    first_treated: str | None = None,
    *,
    method: str | Estimator = "twfe",
    shifts: Sequence[int] = (1, 2, 3),
    rows: Rows | None = None,
    level: float = 0.95,
    **options: Unpack[Asking],
) -> SideBySide:
    """The effect that appears when treatment is dated some periods earlier, from untreated rows alone.

    Parameters
    ----------
    panel : Panel or Design
    outcome, first_treated, options
        As for `did`, where a panel is given.
    method : str or Estimator
    shifts : sequence of int
        Periods by which treatment is moved forward; more than the anticipation.
    rows : {"own", "common"}, optional
        "own": every unit's rows before its treatment and anticipation (never-treated units: all). "common": all rows
        before the first cohort's, a balanced panel in which later cohorts count as untreated. By default "own", and
        "common" for estimators that need a balanced panel.
    level : float

    Notes
    -----
    A shift that leaves no period before the supposed treatment is a row with that reason.
    """
    sample = sample_of(panel, outcome, first_treated, options)
    one = registry.estimator(method) if isinstance(method, str) else method
    chosen: Rows = rows or ("common" if one.needs_balance else "own")
    require_choice("rows", chosen, ("own", "common"))
    least = sample.asked.anticipation + 1
    if not shifts or min(shifts) < least:
        raise bad_option("shifts", Text("不小于 {k} 的整数", "numbers of at least {k}").format(k=least), shifts)
    true = attempt("true", Text("真实时点，全样本", "True timing, whole sample"), lambda: sample, sample, one, level)
    moved = [
        attempt(
            f"shift_{k}", Text("提前 {k} 期，处理前样本", "{k} earlier, untreated rows").format(k=k),
            partial(_moved_forward, sample, k, chosen), sample, one, level,
        )
        for k in shifts
    ]  # fmt: skip
    return SideBySide(
        number=Text("时间安慰剂", "Placebo in time"),
        title=Text("处理时点提前后对 {y} 的效应（{m}）", "Effect on {y} of treatment dated earlier ({m})").format(
            y=sample.asked.outcome, m=one.label
        ),
        heading=Text("处理时点", "Timing"),
        attempts=(true, *moved),
        sample=sample,
        level=level,
        notes=(_ROWS[chosen],),
        key="placebo_in_time",
    )


_ROWS = {
    "own": Text(
        "提前的各行只用未受处理的观测：各单位处理（及预期）之前的时期，从未处理单位的全部时期；各组趋势相同时效应应为零。",
        "Earlier datings use untreated rows alone: each unit's periods before its treatment and anticipation, all of "
        "never-treated units. Without trends of their own the effects are zero.",
    ),
    "common": Text(
        "提前的各行只用最早一批处理（及预期）之前的时期，之后才受处理的批次视为未处理，提前后无处理前时期的批次剔除；"
        "各组趋势相同时效应应为零。",
        "Earlier datings use the periods before the first cohort's treatment and anticipation alone; cohorts treated "
        "later count as untreated, cohorts left without a period before the earlier dating are dropped. Without trends "
        "of their own the effects are zero.",
    ),
}


def _moved_forward(sample: Design, periods: int, rows: Rows) -> Design:
    ahead, earliest = sample.asked.anticipation, int(sample.period.min())
    begun = treated_rows_may_begin(sample)
    if rows == "common":
        early = sample.first - periods <= earliest + ahead
        sample = sample.only(~early, Text("提前后无处理前时期", "no period before the earlier dating"))
        begun = sample.period >= int(sample.cohorts.min(initial=NEVER)) - ahead
    kept = sample.only(~begun, Text("已受处理或可能已有预期", "treated, or may anticipate"))
    if not kept.n:
        raise faults.nothing_left(kept.drops)
    first = np.where(kept.ever, np.where(kept.ever, kept.first, 0) - periods, NEVER)
    return retimed(kept, first)


def leave_out(
    panel: Panel | Design,
    outcome: str | None = None,
    first_treated: str | None = None,
    *,
    method: str | Estimator = "twfe",
    by: str | Sequence[object] | None = None,
    level: float = 0.95,
    **options: Unpack[Asking],
) -> SideBySide:
    """The effect without each cohort, or without each group of units.

    Parameters
    ----------
    panel : Panel or Design
    outcome, first_treated, options
        As for `did`, where a panel is given.
    method : str or Estimator
    by : str or sequence, optional
        Column of the panel (or one value per row of the panel) whose groups are left out one after the other; the
        cohorts by default. A group is a set of rows, such as a province or a period.
    level : float

    Raises
    ------
    SchemaError
        The column is absent, or values are not one per row of the panel.
    """
    sample = sample_of(panel, outcome, first_treated, options)
    one = registry.estimator(method) if isinstance(method, str) else method
    groups, what = _groups(panel, sample, by)
    base = attempt("base", Text("全样本", "Whole sample"), lambda: sample, sample, one, level)
    rows = [
        attempt(
            f"without_{key}",
            Text("不含 {k}（{n} 行）", "Without {k} ({n} rows)").format(k=key, n=f"{int(hit.sum()):,}"),
            partial(_without, sample, hit, what), sample, one, level,
        )
        for key, hit in groups.items()
    ]  # fmt: skip
    return SideBySide(
        number=Text("逐一剔除", "One left out"),
        title=Text("逐一剔除{w}后对 {y} 的效应（{m}）", "Effect on {y} without each {w} ({m})").format(
            w=what, y=sample.asked.outcome, m=one.label
        ),
        heading=Text("样本", "Sample"),
        attempts=(base, *rows),
        sample=sample,
        level=level,
        notes=(Text("虚线为全样本的效应。", "The dashed line is the effect in the whole sample."),),
        key="one_left_out",
        baseline=base.effect,
    )


def _groups(
    panel: Panel | Design, sample: Design, by: str | Sequence[object] | None
) -> tuple[dict[str, NDArray[np.bool_]], Text]:
    """The rows of the design in each group, and what the groups are."""
    if by is None:
        return {str(g): sample.first == g for g in sample.cohorts.tolist()}, Text("处理批次", "cohort")
    if isinstance(by, str):
        if not isinstance(panel, Panel):
            raise bad_option("by", Text("每行一个值（设计没有列名）", "one value per row: a design has no columns"), by)
        if by not in panel.frame.columns:
            panel.arrays(by)
        values, what = panel.frame[by].to_list(), both(by)
    else:
        values, what = list(by), Text("组", "group")
    if len(values) <= int(sample.rows.max()):
        raise SchemaError(
            Text("分组与面板的行数不符", "the groups are not as many as the rows of the panel"),
            expected=Text("面板每行一个值", "one value per row of the panel"),
            found=both(str(len(values))),
            remedy=Text("传入面板的列名", "name a column of the panel"),
        )
    mine = np.array([str(values[r]) for r in sample.rows.tolist()])
    return {name: mine == name for name in sorted(set(mine.tolist()), key=_in_order)}, what


def _in_order(name: str) -> tuple[int, str]:
    """Numbers by their size, before other names."""
    return (len(name), name) if name.isdecimal() else (sys.maxsize, name)


def _without(sample: Design, hit: NDArray[np.bool_], what: Text) -> Design:
    kept = sample.only(~hit, Text("剔除的{w}", "{w} left out").format(w=what))
    if not kept.n:
        raise faults.nothing_left(kept.drops)
    faults.require_both_groups(kept.unit_first, NEVER, kept.drops)
    return kept
