"""What the convex regressions share: the technology as a regression, price intervals, statuses, evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import evidence
from dualcarbon.frontier.evidence import Finding
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
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
EFFICIENT = 1e-9
_ZERO = 1e-8
_ROWS_PER_DIMENSION = 3
_SHARES = ("ok", "kink", "zero", "infinite", "negative", "edge", "infeasible")

TECHNOLOGIES = (
    ("kuosmanen", "variable"),
    ("kuosmanen", "constant"),
    ("weak", "constant"),
    ("sum_z_one", "variable"),
    ("bad_as_input", "variable"),
    ("bad_as_input", "constant"),
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


@dataclass(frozen=True, slots=True)
class _Priced:
    """The rows of a fit that were priced: inefficiency, room as a share of own CO2, status codes, MAC, its interval."""

    fit: ConvexFit
    inefficiency: Array
    room: Array
    status: NDArray[np.int8]
    mac: Array
    low: Array
    high: Array
    facts: Mapping[str, float]


def variables(technology: Technology) -> int:
    """Inputs and outputs."""
    return len(technology.inputs) + len(technology.goods) + len(technology.bads)


def check(label: Text, technology: Technology, direction: Direction) -> None:
    """A technology in the list and one direction, the same for every row.

    Raises
    ------
    ConfigError
        For another technology; for a direction that differs between rows, moves nothing, moves the wrong way, or moves
        inputs where the bads are weakly disposable under variable returns.
    """
    found = technology.disposability, technology.returns
    if found not in TECHNOLOGIES:
        raise ConfigError(
            Text("{m}没有这种技术", "{m} has no such technology").format(m=label),
            expected=both(", ".join(" + ".join(pair) for pair in TECHNOLOGIES)),
            found=both(" + ".join(found)),
            remedy=Text("改用所列的可处置性与规模报酬组合", "use a pair of disposability and returns in the list"),
        )
    if not _same_for_all(direction) or not _moves_outward(technology, direction):
        raise ConfigError(
            Text("{m}不支持该方向", "{m} does not support this direction").format(m=label),
            expected=Text(
                "各行相同的常数方向，分量非负、不全为零；kuosmanen 规模报酬可变时投入不动",
                "constants, the same for every row, nonnegative and not all zero; inputs still for kuosmanen under "
                "variable returns",
            ),
            found=both(repr(direction)),
            remedy=Text(
                "用 Direction.unit() 或取常数的 Direction.custom：沿各自的观测值度量时，距离函数不是凹函数，"
                "Afriat 不等式不成立；要按比例度量请用 envelopment",
                "use Direction.unit() or Direction.custom with constants: along each row's own values the distance is "
                "not a concave function and the Afriat inequalities do not hold; to measure in proportion use "
                "envelopment",
            ),
        )


def _same_for_all(direction: Direction) -> bool:
    if direction.columns:
        return not any(isinstance(step, str) for _, step in direction.columns)
    return not direction.observed


def _moves_outward(technology: Technology, direction: Direction) -> bool:
    numbers = dict(direction.columns)
    if numbers:
        parts = [float(step) for step in numbers.values()]
        inputs = any(float(step) > 0.0 for name, step in numbers.items() if name in technology.inputs)
    else:
        parts, inputs = [direction.inputs, direction.good, direction.bad], direction.inputs > 0.0
    still = (technology.disposability, technology.returns) == ("kuosmanen", "variable")
    return min(parts) >= 0.0 and max(parts) > 0.0 and not (still and inputs)


def assemble(data: GroupData, technology: Technology, direction: Direction, plan: Plan) -> GroupFit:
    """Fit, price and judge one group.

    Raises
    ------
    ConfigError
        If there are more rows than `largest`, or rows are to be measured against a frontier of other rows.
    """
    if data.reference is not None:
        raise _other_reference(plan.label)
    rows = usable(data, plan.screen)
    refuse_large(int(np.count_nonzero(rows.positive if plan.level_shift else rows.fit)), plan)
    at = scored(data, rows)
    done = _priced(data, rows.fit, at, technology, direction, plan)
    facts = counts(data, rows) | dict(plan.facts) | dict(done.facts) | _measures(data.b[at], done)
    if plan.level_shift:
        own = _median(done, rows.plausible[at])
        rival = own
        if rows.screened:
            asked = rows.plausible & (np.ones_like(at) if data.evaluated is None else data.evaluated)
            rival = _median(_priced(data, rows.rival, asked, technology, direction, plan))
        facts |= dict(zip(("mac_screened", "mac_untreated"), (own, rival)[:: 1 if rows.treated else -1], strict=True))
    few = evidence.few(facts["n_fit"], _ROWS_PER_DIMENSION * variables(technology))
    verdict = evidence.judge(
        [few, evidence.one_ratio(np.log(data.y[rows.fit]), np.log(data.b[rows.fit])), *_findings(facts, done.fit, plan)]
    )
    numbers = done.inefficiency, done.room, done.mac, done.low, done.high
    return place(rows, numbers, done.status, verdict, facts, at=at)


def refuse_large(rows: int, plan: Plan) -> None:
    """Raise `ConfigError` beyond the size that is solved in about a minute."""
    if rows > plan.largest:
        raise ConfigError(
            Text("观测太多，{m}解不动", "too many observations for {m}").format(m=plan.label),
            expected=Text("每个拟合至多 {n} 个观测", "at most {n} observations in one fit").format(n=plan.largest),
            found=both(str(rows)),
            remedy=Text(
                "改用 translog_ml（有噪声）或 envelopment（无噪声），用 group_by 细分组别或抽取子样本，"
                "或以模型的参数 largest 明示愿意等待（时间的增长快于观测数的平方）",
                "use translog_ml (with noise) or envelopment (without), finer groups by group_by or a subsample, or "
                "the parameter largest of the model if you will wait: time grows faster than the square of the "
                "observations",
            ),
        )


def _other_reference(label: Text) -> ConfigError:
    return ConfigError(
        Text("{m}不能对照别的观测的前沿", "{m} does not measure against the frontier of other rows").format(m=label),
        expected=Text("要度量的观测都参与拟合", "every row that is measured takes part in the fit"),
        found=both("GroupData.reference"),
        remedy=Text("跨期指数请用 envelopment", "for indices across periods use envelopment"),
    )


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


def _priced(data: GroupData, rows: Mask, at: Mask, technology: Technology, direction: Direction, plan: Plan) -> _Priced:
    """Fit some rows and price those of them in `at`."""
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
    return _Priced(done, u[chosen], room[chosen], status, point * scale, low * scale, high * scale, facts)


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


def _median(done: _Priced, rows: Mask | None = None) -> float:
    """Median MAC over rows with a price."""
    priced = np.isin(done.status, (CODE["ok"], CODE["kink"]))
    chosen = done.mac[priced if rows is None else priced & rows]
    return float(np.median(chosen)) if chosen.size else math.nan


def _measures(b: Array, done: _Priced) -> dict[str, float]:
    """The certificate of the program, and what is judged by `evidence`; shares of the rows by status."""
    priced = np.isin(done.status, (CODE["ok"], CODE["kink"]))
    total = float(b.sum())
    return {
        "rounds": done.fit.rounds,
        "rows_generated": done.fit.rows,
        "objective": done.fit.objective,
        "gap": done.fit.gap,
        "violation": done.fit.violation,
        "aggregate_room": float(done.room @ b) / total if total > 0.0 else math.nan,
        "efficient_share": float(np.mean(done.inefficiency <= EFFICIENT)) if b.size else math.nan,
        "mac_median": _median(done),
        "mac_weighted": float(done.mac[priced] @ b[priced] / b[priced].sum()) if priced.any() else math.nan,
        **{f"{name}_share": float(np.mean(done.status == CODE[name])) if b.size else math.nan for name in _SHARES},
        "mac_screened": math.nan,
        "mac_untreated": math.nan,
    }


def _findings(facts: Mapping[str, float], done: ConvexFit, plan: Plan) -> list[Finding | None]:
    found = [evidence.room(facts["aggregate_room"]), _unsolved(done)]
    if plan.shift == "stoned":
        found.append(evidence.skew(facts["skewness"]))
    screened, untreated = facts["mac_screened"], facts["mac_untreated"]
    if not (math.isnan(screened) and math.isnan(untreated)):
        known = screened > 0.0 and untreated > 0.0
        found.append(evidence.level_shift(abs(math.log(untreated / screened)) if known else math.inf))
    return found


def _unsolved(done: ConvexFit) -> Finding | None:
    if done.status == "optimal":
        return None
    text = Text(
        "求解器没有达到精度（相对间隙 {g:.1e}，约束违反 {v:.1e}）",
        "the solver did not reach its tolerance (relative gap {g:.1e}, violation {v:.1e})",
    )
    return Finding("weakly_identified", text.format(g=done.gap, v=done.violation))
