"""What the two linear-programming models share: rows of the fit, near-optimal fits, prices, evidence."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.text import Text
from dualcarbon.frontier import evidence
from dualcarbon.frontier.evidence import Finding
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models._rows import Mask, Rows, counts, place, usable
from dualcarbon.kernels.row_generation import Solution, extreme_slopes, minimise
from dualcarbon.kernels.row_scan import Program

Array = NDArray[np.float64]

EDGE = 1e-7
"""Distance of t from 0 and 1 within which a price is zero or infinite."""
_FLAT = 1e-6
"""Distance of every t from 0 or from 1 within which an optimum is trivial."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """One function fitted to r rows.

    Attributes
    ----------
    solution : Solution
    t : (1 or 3, r)
        -Q_s at the optimum, then at the near-optimal fits with the least and the largest mean of it.
    price : (1 or 3, r)
        MAC at the same fits, for t inside (0, 1).
    inefficiency, room : (r,)
    """

    solution: Solution
    t: Array
    price: Array
    inefficiency: Array
    room: Array


@dataclass(frozen=True, slots=True)
class Plan:
    """How a group is fitted and judged.

    Attributes
    ----------
    fit : from the rows of the fit, and whether near-optimal fits are wanted, to `Fitted`
    screen, near_range : bool
    zero_at : 0.0 or 1.0
        The t at which the price is zero; at the other end it is infinite.
    in_levels : bool
        Whether the spread of intensity and size counts against the fit.
    """

    fit: Callable[[Mask, bool], Fitted]
    screen: bool
    near_range: bool
    zero_at: float
    in_levels: bool


def optimise(problem: Program, near: bool) -> tuple[Solution, ...]:
    """The optimum, and with `near` the near-optimal fits with extreme mean t."""
    best = minimise(problem)
    return (best, *extreme_slopes(problem, best)) if near and best.status != "collinear" else (best,)


def assemble(data: GroupData, plan: Plan) -> GroupFit:
    """Fit one group, judge the fit, price its rows."""
    rows = usable(data, plan.screen)
    done = plan.fit(rows.fit, plan.near_range)
    status = _status(done.t[0], plan.zero_at)
    facts = counts(data, rows) | _measures(data, rows.fit, done, status) | _level(plan, rows, done)
    numbers = done.inefficiency, done.room, *_prices(done, status, plan.zero_at)
    return place(rows, numbers, status, evidence.judge(_findings(done, facts, plan)), facts)


def _status(t: Array, zero_at: float) -> NDArray[np.int8]:
    """ok inside (0, 1), zero and infinite at the ends, negative beyond them."""
    codes = np.full(t.shape, CODE["ok"], dtype=np.int8)
    low, high = ("infinite", "zero") if zero_at == 1.0 else ("zero", "infinite")
    codes[t <= EDGE], codes[t >= 1.0 - EDGE] = CODE[low], CODE[high]
    codes[(t < -EDGE) | (t > 1.0 + EDGE)] = CODE["negative"]
    return codes


def _prices(done: Fitted, status: NDArray[np.int8], zero_at: float) -> tuple[Array, Array, Array]:
    """MAC, and its least and largest value over the optimum and the near-optimal fits (NaN without them)."""
    mac = np.where(np.isin(status, (CODE["ok"], CODE["negative"])), done.price[0], np.nan)
    mac[status == CODE["zero"]] = 0.0
    if len(done.t) == 1:
        return mac, np.full(mac.shape, np.nan), np.full(mac.shape, np.nan)
    zero = (done.t >= 1.0 - EDGE) if zero_at == 1.0 else (done.t <= EDGE)
    infinite = (done.t <= EDGE) if zero_at == 1.0 else (done.t >= 1.0 - EDGE)
    beyond = (done.t < -EDGE) | (done.t > 1.0 + EDGE)
    every = np.where(beyond, done.price, np.where(zero, 0.0, np.where(infinite, np.inf, done.price)))
    return mac, every.min(axis=0), every.max(axis=0)


def _measures(data: GroupData, fit: Mask, done: Fitted, status: NDArray[np.int8]) -> dict[str, float]:
    """What is printed of every fit and judged by `evidence`."""
    b, ok, price, solution = data.b[fit], status == CODE["ok"], done.price[0], done.solution
    mean = done.t.mean(axis=1)
    near = mean.size > 1
    return {
        "bad_per_good_p99_p1": _spread(b / data.y[fit]),
        "bad_per_good_log_sd": float(np.std(np.log(b / data.y[fit]))),
        "first_input_p99_p1": _spread(data.x[fit, 0]),
        "aggregate_room": float((done.room * b).sum() / b.sum()),
        "mac_median": float(np.median(price[ok])) if ok.any() else np.nan,
        "mac_weighted": float((price * b)[ok].sum() / b[ok].sum()) if ok.any() else np.nan,
        **{f"{name}_share": float(np.mean(status == CODE[name])) for name in ("zero", "infinite", "negative")},
        "slope_mean": float(mean[0]),
        "slope_low": float(mean.min()) if near else np.nan,
        "slope_high": float(mean.max()) if near else np.nan,
        "near_range": _log_range(mean) if near else np.nan,
        "rounds": solution.rounds,
        "pivots": solution.pivots,
        "violation": solution.violation,
    }


def _log_range(mean: Array) -> float:
    """Range of ln(t / (1 - t)), the log of the MAC up to a constant; inf where a mean is not inside (0, 1)."""
    if not np.all((mean > 0.0) & (mean < 1.0)):
        return math.inf
    log_odds = np.log(mean / (1.0 - mean))
    return float(log_odds.max() - log_odds.min())


def _spread(values: Array) -> float:
    """p99 / p1."""
    low, high = np.quantile(values, [0.01, 0.99])
    return float(high / low)


def _level(plan: Plan, rows: Rows, done: Fitted) -> dict[str, float]:
    """Median MAC, over the plausible rows, of the fit to them and of the fit to all rows with b > 0."""
    own = _median(done, rows.plausible[rows.fit], plan)
    rival = _median(plan.fit(rows.rival, False), rows.plausible[rows.rival], plan) if rows.screened else own
    screened, untreated = (own, rival) if rows.treated else (rival, own)
    return {"mac_screened": screened, "mac_untreated": untreated}


def _median(done: Fitted, rows: Mask, plan: Plan) -> float:
    ok = rows & (_status(done.t[0], plan.zero_at) == CODE["ok"])
    return float(np.median(done.price[0, ok])) if ok.any() else math.nan


def _findings(done: Fitted, facts: dict[str, float], plan: Plan) -> list[Finding | None]:
    near = facts["near_range"]
    shift = abs(math.log(facts["mac_untreated"] / facts["mac_screened"]))
    return [
        _unsolved(done)
        or evidence.tied(facts["bad_per_good_log_sd"])
        or _no_tradeoff(done, plan)
        or evidence.room(facts["aggregate_room"]),
        None if math.isnan(near) else evidence.near_range(near),
        evidence.level_shift(math.inf if math.isnan(shift) else shift),
        evidence.spread(facts["bad_per_good_p99_p1"], facts["first_input_p99_p1"]) if plan.in_levels else None,
    ]


def _unsolved(done: Fitted) -> Finding | None:
    if done.solution.status == "optimal":
        return None
    if done.solution.status == "collinear":
        text = Text(
            "二次型各项共线，或观测少于参数，函数不能确定",
            "the terms of the quadratic are collinear or outnumber the rows: nothing determines the function",
        )
        return Finding("trivial", text)
    text = Text("线性规划最大违反量 {v:.1e}", "the linear program leaves a violation of {v:.1e}")
    return Finding("weakly_identified", text.format(v=done.solution.violation))


def _no_tradeoff(done: Fitted, plan: Plan) -> Finding | None:
    """The optimum at which the good costs nothing in the bad (or nothing in the good) for every row."""
    t = done.t[0]
    if not (np.all(np.abs(t) <= _FLAT) or np.all(np.abs(1.0 - t) <= _FLAT)):
        return None
    zero = bool(np.all(np.abs(t - plan.zero_at) <= _FLAT))
    text = Text(
        "最优解是平凡的：每个观测的减排成本都为{w}，函数对产出与排放之间的取舍一无所言",
        "the optimum is trivial: the abatement cost is {w} at every row, so the function says nothing about the "
        "trade-off between output and CO2",
    )
    return Finding("trivial", text.format(w=Text("零", "zero") if zero else Text("无穷大", "infinite")))
