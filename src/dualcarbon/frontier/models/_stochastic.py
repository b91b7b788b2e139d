"""What every stochastic model does with a group: estimate, price at the projection, gather the evidence, judge."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import evidence
from dualcarbon.frontier.model import CODE, GroupData, GroupFit, refused
from dualcarbon.frontier.models._bracket import ROWS_PER_PARAMETER, Fact, against, without_noise
from dualcarbon.frontier.models._bracket import facts as bracket_facts
from dualcarbon.frontier.models._distance import Distance
from dualcarbon.frontier.models._estimate import Estimator, Plan, Refused, Solved, estimate, facts_of_choice
from dualcarbon.frontier.models._rows import tail_ratio
from dualcarbon.frontier.models._specifications import Asked, Change, Degree, Inefficiency
from dualcarbon.kernels import distance as surface
from dualcarbon.kernels.distance import Shape

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_AT_BOUND = 1e-6
_TRIES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class StochasticModel(ABC):
    """The shape of every stochastic model; a file says which distance function and which estimator.

    Parameters
    ----------
    degree : 2, 3 or "bic"
        Of the polynomial.
    change : "none", "neutral", "biased", "years" or "bic"
        Technical change: a trend and its square; also the trend times every variable; a level per period.
    inefficiency : "half_normal", "exponential" or "bic"
        Law of u.
    room_weak, room_trivial : float
        Aggregate abatement room beyond which the group is weakly identified, and refused.
    """

    degree: Degree = 2
    change: Change = "none"
    inefficiency: Inefficiency = "half_normal"
    room_weak: float = evidence.ROOM_TRIVIAL
    room_trivial: float = evidence.ROOM_TRIVIAL
    name: str = field(init=False)
    label: Text = field(init=False, repr=False)
    measure: Text = field(init=False, repr=False)
    warning: Text | None = field(default=None, init=False, repr=False)
    pools: bool = field(default=True, init=False, repr=False)
    several: bool = field(default=False, init=False, repr=False)

    @property
    @abstractmethod
    def distance(self) -> Distance:
        """The distance function."""

    @property
    @abstractmethod
    def estimator(self) -> Estimator:
        """How it is estimated."""

    @property
    def noise(self) -> bool | None:
        """Whether noise in both outputs is removed; None: the evidence decides."""
        return False

    @property
    def within(self) -> bool | None:
        """Whether changes within firms are priced; None: the evidence decides."""
        return False

    @property
    def shape(self) -> Shape:
        """What the cone imposes."""
        return Shape()

    def least(self, technology: Technology) -> int:
        """Four observations per parameter of the function asked for; of the least one where BIC chooses the degree."""
        return ROWS_PER_PARAMETER * self._asked(technology).base_size(len(technology.inputs))

    def check(self, technology: Technology, direction: Direction) -> None:
        """Raise `ConfigError` for a direction, returns to scale or an option that the model does not have."""
        self._asked(technology).check()
        if direction not in self.distance.directions:
            _refuse_direction(self.label, self.distance.directions, direction)
        if technology.returns != "variable" and not self.distance.homogeneous:
            _refuse_returns(self.label, technology.returns)
        if self.shape.null_jointness and self.estimator.panel is not None:
            _refuse_null_jointness(self.label)

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Screen, fit, choose by BIC, project on the cone, price at the projection, gather the evidence."""
        plan = self._plan(technology)
        found = estimate(plan, data)
        if isinstance(found, Refused):
            return refused(data.b, found.verdict, found.why)
        priced = _price(plan, found)
        facts = _facts(plan, data, found, priced)
        verdict, why = evidence.judge(self._findings(facts))
        why = _noted(why, plan.asked.note(found.periods))
        if verdict == "trivial":
            return refused(data.b, verdict, why, facts)
        return _group_fit(plan, data.b, found, priced, (verdict, why), facts)

    def sampler(
        self, data: GroupData, technology: Technology, direction: Direction
    ) -> Callable[[np.random.Generator], GroupData]:
        """Fits once; the call it returns draws the group anew, as `redraw` does."""
        found = estimate(self._plan(technology), data)
        distance = self.distance

        def draw(rng: np.random.Generator) -> GroupData:
            return data if isinstance(found, Refused) else _redrawn(distance, data, found, rng)

        return draw

    def redraw(
        self, data: GroupData, technology: Technology, direction: Direction, rng: np.random.Generator
    ) -> GroupData:
        """A group drawn from the fitted frontier: the step of a parametric bootstrap.

        Every row of the fit keeps its point on the fitted frontier and gets u and v from the fitted laws, along the
        direction of the distance function. Rows out of the fit, and groups that cannot be fitted, stay as they are.
        Quadratic: a draw that would leave no good or no CO2 is drawn again.
        """
        return self.sampler(data, technology, direction)(rng)

    def _asked(self, technology: Technology) -> Asked:
        return Asked(technology.returns, self.degree, self.change, self.inefficiency)

    def _plan(self, technology: Technology) -> Plan:
        least = self.least(technology)
        return Plan(self.distance, self.estimator, self._asked(technology), self.shape, self.noise, self.within, least)

    def _findings(self, facts: Mapping[str, Fact]) -> tuple[evidence.Finding | None, ...]:
        number = {key: float(v) for key, v in facts.items() if isinstance(v, (int, float))}
        spread = ("bad_per_good_p99_p1", "first_input_p99_p1")
        return (
            evidence.tied(math.hypot(number["sigma_u"], number["sigma_v"])),
            evidence.room(number["aggregate_room"], self.room_weak, self.room_trivial),
            *self._panel_findings(facts, number),
            evidence.skew(number["skewness"]),
            evidence.convergence(bool(facts["converged"]), number["gradient"]),
            evidence.spread(*(number[key] for key in spread)) if self.distance.in_levels else None,
        )

    def _panel_findings(
        self, facts: Mapping[str, Fact], number: Mapping[str, float]
    ) -> tuple[evidence.Finding | None, ...]:
        """What the bracket says of the estimate that is priced."""
        unknown = math.isnan(number["bracket_range"])
        if unknown or self.distance.in_levels:
            return (evidence.bracket(number["bracket_range"]),)
        decided = str(facts["level_by_evidence"])
        if self.estimator.panel is not None:
            return (
                evidence.doubtful(number["risk"], evidence.RISK_WEAK_PANEL),
                evidence.level_apart(number["level_apart"]),
                evidence.hidden(decided, number["hidden_gap"], taken=self.estimator.by_firm),
            )
        if facts["level"] == "within":
            return (evidence.hidden("within", number["hidden_gap"]),)
        return (evidence.doubtful(number["risk"]),)


@dataclass(frozen=True, slots=True)
class _Priced:
    """Per row with CO2 > 0: u, t, room, the MAC with its interval."""

    u: Array
    t: Array
    room: Array
    mac: Array
    mac_low: Array
    mac_high: Array


def _price(plan: Plan, found: Solved) -> _Priced:
    final, place, sample, law = found.final, found.chosen.place, found.sample, found.chosen.law
    distance = plan.distance
    u = law.mean(final.e, final.sigma_u, final.sigma_v)
    t = surface.slopes(final.theta, place)[:, -1]
    if found.level == "noise_removed" and distance.moves_price:
        sample = without_noise(sample, final.e - u, t[found.chosen.fit])
    free = found.chosen.fit & (not (place.shape.good and place.shape.bad))
    slope = np.where(free, distance.signed(t), distance.elasticity(t))
    ends = law.interval(final.e, final.sigma_u, final.sigma_v)
    low, high = ends if distance.moves_price else (np.full(u.size, np.nan),) * 2
    macs = [distance.price(slope, place, sample.y, sample.b, v) for v in (u, low, high)]
    if not distance.moves_price:
        macs[1:] = [low, high]
    return _Priced(u, t, distance.room(u, place, sample.b), *macs)


def _facts(plan: Plan, data: GroupData, found: Solved, priced: _Priced) -> dict[str, Fact]:
    chosen, final = found.chosen, found.final
    fit, ml = chosen.fit, chosen.ml
    known = fit & np.isfinite(priced.u)
    spent = found.sample.b[known]
    choice = facts_of_choice(plan, found)
    head: dict[str, Fact] = {
        "n": data.b.size,
        "n_no_bad": int(np.count_nonzero(data.b == 0.0)),
        "n_screened": int(np.count_nonzero(~fit)),
        "n_fit": int(np.count_nonzero(fit)),
        **{key: choice.pop(key) for key in ("returns", "bic_constant", "bic_variable")},
        "log_likelihood": ml.log_likelihood,
        "sigma_u": final.sigma_u,
        "sigma_v": final.sigma_v,
        "skewness": final.skewness,
        "violations": float(np.mean(surface.violated(surface.slopes(final.free, chosen.place)[fit]))),
        "aggregate_room": float(np.sum(spent * priced.room[known]) / spent.sum()),
        "converged": ml.converged,
        "gradient": ml.gradient,
        "iterations": ml.iterations,
    }
    tail = {
        **_choice_of_level(found, float(head["violations"] or 0.0)),
        "change_per_period": surface.change_per_period(final.theta, chosen.place.take(fit)),
    }
    return head | bracket_facts(found.levels, found.reach) | tail | _spreads(plan, found) | choice


def _choice_of_level(found: Solved, violations: float) -> dict[str, Fact]:
    """Which estimate is priced and which the evidence would take, and the risk that it is wrong."""
    decided, apart = against(found.levels, found.reach, found.levels["screened"].mac)
    removed = found.level == "noise_removed"
    return {
        "noise_removed": removed,
        "level": found.level,
        "level_by_evidence": decided,
        "level_apart": apart,
        "risk": evidence.risk(found.levels, violations, removed),
    }


def _spreads(plan: Plan, found: Solved) -> dict[str, Fact]:
    """How widely intensity and size spread over the rows of the fit, for functions in levels."""
    if not plan.distance.in_levels:
        return {}
    sample = found.sample.take(found.chosen.fit)
    return {
        "bad_per_good_p99_p1": tail_ratio(sample.b / sample.y),
        "first_input_p99_p1": tail_ratio(sample.x[:, 0]),
    }


def _noted(why: Text, note: Text | None) -> Text:
    return why if note is None else Text(f"{why.zh}；{note.zh}", f"{why.en}; {note.en}")


def _group_fit(
    plan: Plan, b: Array, found: Solved, priced: _Priced, verdict: tuple[str, Text], facts: Mapping[str, Fact]
) -> GroupFit:
    def spread(values: Array) -> Array:
        out = np.full(b.size, np.nan)
        out[found.rows] = values
        return out

    measured = np.isfinite(priced.u)
    status = np.full(b.size, CODE["no_bad"], dtype=np.int8)
    status[found.rows] = np.where(measured, _status(found, priced.t), CODE["refused"])
    return GroupFit(
        inefficiency=spread(priced.u),
        abatement_room=spread(priced.room),
        mac=spread(priced.mac),
        mac_low=spread(priced.mac_low),
        mac_high=spread(priced.mac_high),
        status=status,
        verdict=verdict[0],
        why=verdict[1],
        facts=facts,
    )


def _status(found: Solved, t: Array) -> NDArray[np.int8]:
    """outlier out of the fit; in it edge at a bound of the cone, negative beyond one that is not imposed, else ok."""
    shape, margin = found.chosen.place.shape, surface.MARGIN + _AT_BOUND
    bound = (shape.good & (t <= margin)) | (shape.bad & (t >= 1.0 - margin))
    inside = np.where((t > 0.0) & (t < 1.0), CODE["ok"], CODE["negative"])
    codes = np.where(found.chosen.fit, np.where(bound, CODE["edge"], inside), CODE["outlier"])
    return codes.astype(np.int8)


def _redrawn(distance: Distance, data: GroupData, found: Solved, rng: np.random.Generator) -> GroupData:
    final, place = found.final, found.chosen.place
    y, b = found.sample.y.copy(), found.sample.b.copy()
    left = np.flatnonzero(found.chosen.fit & np.isfinite(final.e))
    for _ in range(_TRIES):
        n = left.size
        e = final.sigma_u * found.chosen.law.draw(rng, n) + final.sigma_v * rng.standard_normal(n)
        new = distance.moved(found.sample.y[left], found.sample.b[left], final.e[left] - e, place)
        good = (new[0] > 0.0) & (new[1] > 0.0)
        y[left[good]], b[left[good]] = new[0][good], new[1][good]
        left = left[~good]
        if not left.size:
            break
    full_y, full_b = data.y.copy(), data.b.copy()
    full_y[found.rows], full_b[found.rows] = y, b
    return replace(data, y=full_y, b=full_b)


def _refuse_direction(label: Text, allowed: tuple[Direction, ...], found: Direction) -> None:
    name = "Direction.proportional()" if allowed[0] == Direction.proportional() else "Direction.unit()"
    raise ConfigError(
        Text("{m}不支持这个方向", "{m} does not support this direction").format(m=label),
        expected=both(name),
        found=both(repr(found)),
        remedy=Text(
            f"改用 {name}，或改用 quadratic、envelopment 模型",
            f"use {name}, or the quadratic or envelopment model",
        ),
    )


def _refuse_returns(label: Text, found: str) -> None:
    raise ConfigError(
        Text("{m}不支持该规模报酬", "{m} does not support these returns to scale").format(m=label),
        expected=both('returns="variable"'),
        found=both(f'returns="{found}"'),
        remedy=Text(
            "二次函数不是齐次的；规模报酬不变请用 translog 各模型",
            "a quadratic is not homogeneous; for constant returns use a translog model",
        ),
    )


def _refuse_null_jointness(label: Text) -> None:
    raise ConfigError(
        Text("{m}不能施加零联合性", "{m} cannot impose null-jointness").format(m=label),
        expected=Text("不含零联合性的约束集", "restrictions without null-jointness"),
        found=both("null_jointness=True"),
        remedy=Text(
            "零联合性约束函数的水平，面板估计不确定这个水平；请用 quadratic_ml 或 quadratic_ls",
            "it binds the level of the function, which a panel estimate leaves open; use quadratic_ml or quadratic_ls",
        ),
    )
