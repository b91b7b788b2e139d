"""What the convex regressions share: the technology as a regression, price intervals, statuses, evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text
from dualcarbon.frontier import evidence
from dualcarbon.frontier.evidence import Finding
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models._nonparametric import (
    Priced,
    check_technology,
    judged,
    moving,
    names,
    outward,
    refuse_direction,
    refuse_large,
    shifted,
)
from dualcarbon.frontier.models._prices import prices
from dualcarbon.frontier.models._rows import Mask, counts, place, scored, steps, usable
from dualcarbon.kernels.convex_regression import ConvexFit, Regression, fit
from dualcarbon.kernels.price_interval import Frontier, price_intervals

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Shift = Literal["none", "stoned", "cols"]

LARGEST = 900
"""Most observations one least-squares or expectile fit may have: about a minute on one thread."""
LARGEST_QUANTILE = 700
"""The same for a quantile fit."""
SAME = 1e-6
"""Relative width below which an interval is one price: rounding of the fit stays below 1e-8, kinks lie above 1e-4."""
_ZERO = 1e-8

TECHNOLOGIES = (
    ("kuosmanen", "variable"),
    ("kuosmanen", "constant"),
    ("weak", "constant"),
    ("sum_z_one", "variable"),
    ("bad_as_input", "variable"),
    ("bad_as_input", "constant"),
)
_DIRECTIONS = Text(
    "各行相同的常数方向，分量非负、不全为零；kuosmanen 规模报酬可变时投入不动",
    "constants, the same for every row, nonnegative and not all zero; inputs still for kuosmanen under "
    "variable returns",
)
_OTHERWISE = Text(
    "用 Direction.unit() 或取常数的 Direction.custom：沿各自的观测值度量时，距离函数不是凹函数，"
    "Afriat 不等式不成立；要按比例度量请用 envelopment",
    "use Direction.unit() or Direction.custom with constants: along each row's own values the distance is "
    "not a concave function and the Afriat inequalities do not hold; to measure in proportion use "
    "envelopment",
)
_SMALLER = Text(
    "改用 translog_ml（有噪声）或 envelopment（无噪声），用 group_by 细分组别或抽取子样本，"
    "或以模型的参数 largest 明示愿意等待（时间的增长快于观测数的平方）",
    "use translog_ml (with noise) or envelopment (without), finer groups by group_by or a subsample, or "
    "the parameter largest of the model if you will wait: time grows faster than the square of the "
    "observations",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One regression: weights of values outside and inside, power, and how distances become inefficiency.

    `shift`: "none", the positive part; "stoned", half-normal by moments and the conditional mean; "cols", distances
    from the outermost one. `facts` are said with every fit.
    """

    label: Text
    above: float
    below: float
    power: int
    screen: bool
    level_shift: bool
    largest: int
    shift: Shift = "none"
    facts: Mapping[str, float] = field(default_factory=dict)


def check(label: Text, technology: Technology, direction: Direction) -> None:
    """A technology in the list and one direction, the same for every row.

    Raises
    ------
    ConfigError
        For another technology; for a direction that differs between rows, moves nothing, moves the wrong way, or moves
        inputs where the bads are weakly disposable under variable returns.
    """
    check_technology(label, technology, TECHNOLOGIES)
    still = (technology.disposability, technology.returns) == ("kuosmanen", "variable")
    inputs = moving(technology, direction) & set(technology.inputs)
    if not _same_for_all(direction) or not outward(technology, direction) or (still and inputs):
        raise refuse_direction(label, direction, _DIRECTIONS, _OTHERWISE)


def _same_for_all(direction: Direction) -> bool:
    if direction.columns:
        return not any(isinstance(step, str) for _, step in direction.columns)
    return not direction.observed


def assemble(data: GroupData, technology: Technology, direction: Direction, plan: Plan) -> GroupFit:
    """Fit, price and judge one group.

    Raises
    ------
    ConfigError
        If there are more rows than `largest`.
    """
    rows = usable(data, plan.screen)
    size = int(np.count_nonzero(rows.positive if plan.level_shift else rows.fit))
    refuse_large(plan.label, size, plan.largest, _SMALLER)
    at = scored(data, rows.fit)
    done, fitted, found = _priced(data, rows.fit, at, technology, direction, plan)
    facts = counts(data, rows) | dict(plan.facts) | found | done.facts()
    facts |= {"mac_screened": math.nan, "mac_untreated": math.nan}
    if plan.level_shift:
        own = rival = done.median(rows.plausible[at])
        if rows.screened:
            asked = scored(data, rows.plausible)
            rival = _priced(data, rows.rival, asked, technology, direction, plan)[0].median()
        facts |= rows.levels(own, rival)
    verdict = judged(data, rows, len(names(technology)), _findings(facts, fitted, plan))
    return place(rows, done.numbers, done.status, verdict, facts, at=at)


def regression(
    v: tuple[Array, Array, Array], g: Array, technology: Technology, weights: tuple[float, float], power: int
) -> Regression:
    """The regression of inputs (n, m), goods (n, q) and bads (n, r) along g (m + q + r,)."""
    x, goods, bads = v
    weak = technology.disposability != "bad_as_input"
    free = np.repeat([False, weak], [x.shape[1] + goods.shape[1], bads.shape[1]])
    shut = np.column_stack([x, np.zeros_like(goods), np.zeros_like(bads)])
    holds = (technology.disposability, technology.returns) == ("kuosmanen", "variable")
    return Regression(
        v=np.column_stack([x, -goods, bads]),
        g=g,
        above=weights[0],
        below=weights[1],
        power=power,
        free=free if weak else None,
        contained=shut if holds else None,
        through_origin=technology.returns == "constant",
    )


def _priced(
    data: GroupData, rows: Mask, at: Mask, technology: Technology, direction: Direction, plan: Plan
) -> tuple[Priced, ConvexFit, dict[str, float]]:
    """Fit some rows and price those of them in `at`; the fit, and its facts."""
    parts = data.x, data.goods, data.bads
    means = tuple(_means(part[rows]) for part in parts)
    v = tuple(part[rows] / mean for part, mean in zip(parts, means, strict=True))
    g = np.concatenate([s[0] / mean for s, mean in zip(steps(data, rows, rows, direction), means, strict=True)])
    problem = regression((v[0], v[1], v[2]), g, technology, (plan.above, plan.below), plan.power)
    done = fit(problem)
    chosen = np.flatnonzero(at[rows])
    low, high = _intervals(problem, done, chosen, data.x.shape[1], v[1].shape[1])
    status, point = prices(low, high, ~(np.isnan(low) | np.isnan(high)), _ZERO, SAME)
    scale = float(means[1][0] / means[2][0])
    u, facts = _inefficiency(done.f, plan.shift)
    room = u * (g[data.x.shape[1] + v[1].shape[1]] / v[2][:, 0])
    known, ends = np.isfinite(u[chosen]), (low * scale, high * scale)
    priced = Priced(data.b[at], u[chosen], room[chosen], known, status, point * scale, *ends)
    return priced, done, facts | _certificate(done)


def _means(values: Array) -> Array:
    mean = values.mean(axis=0)
    return np.where(mean > 0.0, mean, 1.0)


def _intervals(problem: Regression, done: ConvexFit, chosen: Index, m: int, q: int) -> tuple[Array, Array]:
    if not np.isfinite(done.f).all():
        return np.full(chosen.size, np.nan), np.full(chosen.size, np.nan)
    free = np.zeros(problem.g.size, dtype=np.bool_) if problem.free is None else problem.free
    points = problem.v - done.f[:, None] * problem.g
    frontier = Frontier(points, m, m + q, free, problem.contained, problem.through_origin)
    return price_intervals(frontier, chosen)


def _inefficiency(f: Array, shift: Shift) -> tuple[Array, dict[str, float]]:
    """Inefficiency in multiples of the direction, and what was estimated on the way."""
    if shift == "none":
        return np.maximum(f, 0.0), {}
    if shift == "cols":
        outermost = float(f.min())
        return f - outermost, {"shift": -outermost}
    from dualcarbon.kernels.stochastic import conditional_mean, moments

    deviation = f - f.mean()
    variance, third = float(np.mean(deviation**2)), float(np.mean(deviation**3))
    sigma_u, sigma_v = moments(variance, third)
    mean = sigma_u * math.sqrt(2.0 / math.pi)
    skewness = third / variance**1.5 if variance > 0.0 else math.nan
    facts = {"sigma_u": sigma_u, "sigma_v": sigma_v, "shift": mean, "skewness": skewness}
    return conditional_mean(f + mean, sigma_u, sigma_v), facts


def _certificate(done: ConvexFit) -> dict[str, float]:
    """What the solver says of the program."""
    return {
        "rounds": done.rounds,
        "rows_generated": done.rows,
        "objective": done.objective,
        "gap": done.gap,
        "violation": done.violation,
    }


def _findings(facts: Mapping[str, float], done: ConvexFit, plan: Plan) -> list[Finding | None]:
    found = [evidence.room(facts["aggregate_room"]), _unsolved(done)]
    if plan.shift == "stoned":
        found.append(evidence.skew(facts["skewness"]))
    return [*found, shifted(facts)]


def _unsolved(done: ConvexFit) -> Finding | None:
    if done.status == "optimal":
        return None
    text = Text(
        "求解器没有达到精度（相对间隙 {g:.1e}，约束违反 {v:.1e}）",
        "the solver did not reach its tolerance (relative gap {g:.1e}, violation {v:.1e})",
    )
    return Finding("weakly_identified", text.format(g=done.gap, v=done.violation))
