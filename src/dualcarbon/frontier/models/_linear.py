"""What the two linear-programming models share: rows of the fit, near-optimal fits, prices, evidence."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.text import Language, Text
from dualcarbon.frontier import evidence
from dualcarbon.frontier.evidence import Finding
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models._bracket import NO_LEVELS, against
from dualcarbon.frontier.models._bracket import facts as bracket_facts
from dualcarbon.frontier.models._rows import Mask, Rows, counts, place, tail_ratio, usable
from dualcarbon.frontier.models._trims import carried, no_trims, trim_facts
from dualcarbon.kernels.row_generation import Solution, extreme_slopes, minimise
from dualcarbon.kernels.row_scan import Program

Array = NDArray[np.float64]
Index = NDArray[np.int64]

Fact = float | int | str | bool | None

NO_ROWS: Index = np.empty((0, 2), dtype=np.int64)

EDGE = 1e-7
"""Distance of t from 0 and 1 within which a price is zero or infinite."""
_UNCHECKED = Text(
    "没有要求弹性跨度（bracket=False），隐藏的碳强度与噪声无从发现",
    "the bracket was switched off (bracket=False): hidden carbon intensity and noise go unseen",
)
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
        `room` is a share of own CO2.
    change : float
        By how much the frontier moves out per period, in the units of the inefficiency.
    """

    solution: Solution
    t: Array
    price: Array
    inefficiency: Array
    room: Array
    change: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How a group is fitted and judged.

    Attributes
    ----------
    fit : from the rows of the fit, whether near-optimal fits are wanted, and rows to begin with, to `Fitted`
    bracket : from the rows of the fit to the facts of the bracket, or None where it is not wanted
    screen, near_range, trims : bool
    zero_at : 0.0 or 1.0
        The t at which the price is zero; at the other end it is infinite.
    in_levels : bool
        Whether the spread of intensity and size counts against the fit.
    keep_zero : bool
        Whether rows with b = 0 stay in the fit.
    """

    fit: Callable[[Mask, bool, Index], Fitted]
    bracket: Callable[[Mask], Mapping[str, Fact]] | None
    screen: bool
    near_range: bool
    trims: bool
    zero_at: float
    in_levels: bool
    keep_zero: bool = False


def optimise(problem: Program, near: bool, first: Index) -> tuple[Solution, ...]:
    """The optimum, and with `near` the near-optimal fits with extreme mean t."""
    best = minimise(problem, first)
    return (best, *extreme_slopes(problem, best)) if near and best.status != "collinear" else (best,)


def rows_of(data: GroupData, plan: Plan) -> Rows:
    """Rows of the fit: those with b > 0 the screen keeps, and on request those with b = 0."""
    rows = usable(data, plan.screen)
    zero = data.b == 0.0
    if not (plan.keep_zero and zero.any()):
        return rows
    everyone, plausible = np.ones_like(zero), rows.plausible | zero
    return replace(rows, positive=everyone, plausible=plausible, fit=plausible if rows.treated else everyone)


def assemble(data: GroupData, plan: Plan) -> GroupFit:
    """Fit one group, judge the fit, price its rows."""
    rows = rows_of(data, plan)
    done = plan.fit(rows.fit, plan.near_range, NO_ROWS)
    bad = data.b[rows.fit]
    status = np.where(bad > 0.0, _status(done.t[0], plan.zero_at), CODE["no_bad"]).astype(np.int8)
    facts = counts(data, rows) | {"n_no_bad": int(np.count_nonzero(data.b == 0.0))}
    facts |= _measures(data, rows.fit, done, status) | _levels(data, plan, rows, done)
    facts |= _bracket(plan, rows, done, facts)
    prices = _prices(done, status, plan.zero_at)
    numbers = [np.where(bad > 0.0, values, np.nan) for values in (done.room, *prices)]
    return place(rows, (done.inefficiency, *numbers), status, evidence.judge(_findings(done, facts, plan)), facts)


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
    emits = b > 0.0
    intensity = b[emits] / data.y[fit][emits]
    mean = done.t.mean(axis=1)
    near = mean.size > 1
    return {
        "bad_per_good_p99_p1": tail_ratio(intensity),
        "bad_per_good_log_sd": float(np.std(np.log(intensity))),
        "first_input_p99_p1": tail_ratio(data.x[fit, 0]),
        "aggregate_room": float((done.room[emits] * b[emits]).sum() / b.sum()),
        "mac_median": float(np.median(price[ok])) if ok.any() else np.nan,
        "mac_weighted": float((price * b)[ok].sum() / b[ok].sum()) if ok.any() else np.nan,
        **{f"{name}_share": float(np.mean(status == CODE[name])) for name in ("zero", "infinite", "negative")},
        "slope_mean": float(mean[0]),
        "slope_low": float(mean.min()) if near else np.nan,
        "slope_high": float(mean.max()) if near else np.nan,
        "near_range": _log_range(mean) if near else np.nan,
        "change_per_period": done.change,
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


def _bracket(plan: Plan, rows: Rows, done: Fitted, facts: Mapping[str, float]) -> dict[str, float]:
    """Medians by other estimators; NaN where they are not wanted, or the data tie them all."""
    wanted = plan.bracket is not None and done.solution.status != "collinear"
    if plan.bracket is None or not wanted or facts["bad_per_good_log_sd"] <= evidence.TIED:
        found: Mapping[str, Fact] = bracket_facts(NO_LEVELS, math.nan)
    else:
        found = plan.bracket(rows.fit)
    numbers = {key: float(value) for key, value in found.items() if isinstance(value, (int, float))}
    return numbers | _own_elasticity(plan, done, numbers) | _against_likelihood(facts, numbers)


def _against_likelihood(facts: Mapping[str, float], found: Mapping[str, float]) -> dict[str, float]:
    """Whether changes within firms tell of hidden intensity, the log distance of the program's median MAC from that of
    the estimate the evidence chooses, and the risk of the likelihood fit."""
    levels = {name: evidence.Level(found[f"elasticity_{name}"], found[f"mac_{name}"]) for name in NO_LEVELS}
    decided, apart = against(levels, found["reach"], facts["mac_screened"])
    risk = evidence.risk(levels, 0.0, decided == "noise_removed")
    return {"hidden_intensity": decided == "within", "level_apart": apart, "risk": risk}


def _own_elasticity(plan: Plan, done: Fitted, found: Mapping[str, float]) -> dict[str, float]:
    """The median elasticity of the program itself, and its log distance from the furthest of the bracket's."""
    t = done.t[0]
    inside = t[(t > EDGE) & (t < 1.0 - EDGE)]
    odds = inside / (1.0 - inside) if plan.zero_at == 0.0 else (1.0 - inside) / inside
    own = float(np.median(odds)) if odds.size else math.nan
    others = [found[f"elasticity_{name}"] for name in ("pooled", "within", "iv")]
    apart = [abs(math.log(other / own)) for other in others if other > 0.0 and own > 0.0]
    return {"elasticity_fit": own, "fit_apart": max(apart, default=math.nan)}


def _levels(data: GroupData, plan: Plan, rows: Rows, done: Fitted) -> dict[str, float]:
    """Median MAC over the plausible rows of the fit to them, to all rows with b > 0, and to the trimmed rows."""

    def level(mask: Mask) -> float:
        first = carried(done.solution.entered, rows.fit, mask)
        return median_price(plan.fit(mask, False, first), rows.plausible[mask], plan)

    own = median_price(done, rows.plausible[rows.fit], plan)
    rival = level(rows.rival) if rows.screened else own
    known = rows.levels(own, rival)
    return known | (trim_facts(data.y, data.b, level, known) if plan.trims else no_trims())


def median_price(done: Fitted, rows: Mask, plan: Plan) -> float:
    ok = rows & np.isfinite(done.price[0]) & (_status(done.t[0], plan.zero_at) == CODE["ok"])
    return float(np.median(done.price[0, ok])) if ok.any() else math.nan


def _findings(done: Fitted, facts: dict[str, float], plan: Plan) -> list[Finding | None]:
    refused = _unsolved(done) or evidence.tied(facts["bad_per_good_log_sd"]) or _no_tradeoff(done, plan, facts)
    return [refused or _room(facts, plan), *_stability(facts, plan), *_panel_findings(facts, plan)]


def _room(facts: Mapping[str, float], plan: Plan) -> Finding | None:
    weak = evidence.ROOM_WEAK if plan.in_levels else evidence.ROOM_TRIVIAL
    return evidence.room(facts["aggregate_room"], weak)


def _stability(facts: Mapping[str, float], plan: Plan) -> list[Finding | None]:
    """What other optima, other rows and the spread of the group say."""
    near, limit = facts["near_range"], evidence.NEAR_RANGE_WEAK if plan.in_levels else evidence.NEAR_RANGE_WEAK_LOGS
    shift = abs(math.log(facts["mac_untreated"] / facts["mac_screened"]))
    counts = plan.in_levels or not plan.screen
    return [
        None if math.isnan(near) else evidence.near_range(near, limit),
        evidence.level_shift(math.inf if math.isnan(shift) else shift) if counts else None,
        evidence.spread(facts["bad_per_good_p99_p1"], facts["first_input_p99_p1"]) if plan.in_levels else None,
    ]


def _panel_findings(facts: Mapping[str, float], plan: Plan) -> list[Finding | None]:
    """What the bracket says of the program."""
    if not plan.bracket:
        return [Finding("weakly_identified", _UNCHECKED)]
    if plan.in_levels or math.isnan(facts["bracket_range"]):
        return [evidence.bracket(facts["bracket_range"]), _apart(facts["elasticity_fit"], facts["fit_apart"])]
    return [
        evidence.doubtful(facts["risk"], evidence.RISK_WEAK_LINEAR),
        evidence.level_apart(facts["level_apart"]),
        evidence.hidden("within", facts["hidden_gap"], taken=False) if facts["hidden_intensity"] else None,
    ]


def _apart(own: float, distance: float) -> Finding | None:
    """Whether the envelope of all rows has another slope than the estimators of the bracket find."""
    if math.isnan(distance) or distance <= evidence.BRACKET_WEAK:
        return None
    text = Text(
        "线性规划的弹性 {e:.3g} 与合并、企业内、留一工具变量三种弹性中最远者相差 {r:.2f} 对数点，超过 {l}",
        "the elasticity of the program, {e:.3g}, is {r:.2f} log points from the furthest of the pooled, within-firm "
        "and leave-one-out ones, more than {l}",
    )
    return Finding("weakly_identified", text.format(e=own, r=distance, l=evidence.BRACKET_WEAK))


def _unsolved(done: Fitted) -> Finding | None:
    if done.solution.status == "optimal":
        return None
    if done.solution.status == "collinear":
        text = Text(
            "函数各项共线，或观测少于参数，函数不能确定（趋势项至少需要三个时期）",
            "the terms of the function are collinear or outnumber the rows: nothing determines it (a trend needs three "
            "periods or more)",
        )
        return Finding("trivial", text)
    text = Text("线性规划最大违反量 {v:.1e}", "the linear program leaves a violation of {v:.1e}")
    return Finding("weakly_identified", text.format(v=done.solution.violation))


def _no_tradeoff(done: Fitted, plan: Plan, facts: dict[str, float]) -> Finding | None:
    """The optimum at which the good costs nothing in the bad (or nothing in the good) for every row."""
    t = done.t[0]
    if not (np.all(np.abs(t) <= _FLAT) or np.all(np.abs(1.0 - t) <= _FLAT)):
        return None
    zero = bool(np.all(np.abs(t - plan.zero_at) <= _FLAT))
    text = Text(
        "最优解是平凡的：每个观测的减排成本都为{w}，函数对产出与排放之间的取舍一无所言{k}",
        "the optimum is trivial: the abatement cost is {w} at every row, so the function says nothing about the "
        "trade-off between output and CO2{k}",
    )
    return Finding(
        "trivial",
        Text(
            text.zh.format(w="零" if zero else "无穷大", k=_kept_zeros(plan, facts, "zh")),
            text.en.format(w="zero" if zero else "infinite", k=_kept_zeros(plan, facts, "en")),
        ),
    )


def _kept_zeros(plan: Plan, facts: dict[str, float], language: Language) -> str:
    """What the rows with b = 0 have to do with a trivial optimum, if they were kept."""
    if not (plan.keep_zero and facts["n_no_bad"]):
        return ""
    text = Text(
        "；保留了 {n} 个排放为零的观测：它们使 Q ≥ 0，D = b 因而最优，请剔除",
        " ({n} rows with CO2 = 0 were kept: at them D = Q >= 0, which makes Q = 0, D = b optimal; drop them)",
    )
    return text.format(n=int(facts["n_no_bad"])).get(language)
