"""Outputs, CO2, inefficiency and marginal abatement cost of every row, with the truth planted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.panel.survey_balance import (
    Regressors,
    balance_coal,
    balance_intensity,
    balance_positive,
    regressors,
)
from dualcarbon.panel.survey_digital import DESIGN, Specification, Traits
from dualcarbon.panel.survey_firms import Codes, Firms, Inputs, bounded_normal
from dualcarbon.panel.survey_solve import COAL_COLUMNS, Constants, solve
from dualcarbon.panel.survey_technology import CesByproduct, Floats, SurveyTechnology
from dualcarbon.panel.truth import ReportTruth

_COAL_SHARE = 0.40
_MOST_COAL_SHARE = 0.9
_COAL_FIRM, _COAL_ROW = 0.30, 0.20
_LIMIT = 4.0


@dataclass(frozen=True, slots=True)
class Planted:
    """The survey without measurement error, in industry units; arrays (n,).

    `good`, `bad`: outputs; `price`: MAC at the projection; `loadings`: of digital use on its parts;
    `effects`: what holds in expectation, by column, or None where nothing was planted; `follows`: the columns whose
    effect was not asked for.
    """

    good: Floats
    bad: Floats
    price: Floats
    inefficiency: Floats
    room: Floats
    elasticity: Floats
    intensity: Floats
    log_coal_share: Floats
    loadings: tuple[float, ...]
    effects: Mapping[str, float] | None
    constants: Mapping[str, float]
    technology: SurveyTechnology
    follows: tuple[str, ...]
    regressors: Regressors


@dataclass(frozen=True, slots=True)
class Stage:
    """What is known before outputs are drawn."""

    firms: Firms
    inputs: Inputs
    traits: Traits
    composite: Floats
    specs: Mapping[str, Specification]
    truth: ReportTruth
    room_target: Floats
    balanced: bool


def plant_ces(streams: Mapping[str, np.random.Generator], stage: Stage, technology: CesByproduct) -> Planted:
    """The CES by-product technology: solve the constants, draw the noise, balance it, read off the truth."""
    constants = solve(stage.specs, stage.truth, technology)
    fitted = constants.technology
    used = regressors(stage.specs, constants.digital.tolist(), stage.firms.n)
    inefficiency = _inefficiency(streams["inefficiency"], stage, used)
    intensity = _noise(streams["intensity"], stage.firms)
    for part, loading in zip(stage.traits.parts, constants.intensity, strict=True):
        intensity += loading * part
    log_share = log_coal_share(streams["coal"], stage.firms)
    for part, loading in zip(stage.traits.parts, constants.coal, strict=True):
        log_share += loading * part
    if stage.balanced:
        rest = stage.composite + inefficiency
        intensity = balance_intensity(intensity, rest, stage.composite, constants, used)
        if constants.coal_planted:
            log_share = balance_coal(log_share, rest + intensity, constants, used)
    good, bad = fitted.good(stage.composite, intensity), stage.composite + intensity
    elasticity = fitted.elasticity(intensity)
    return Planted(
        good=np.exp(good - inefficiency),
        bad=np.exp(bad + inefficiency),
        price=elasticity * np.exp(good - bad),
        inefficiency=inefficiency,
        room=-np.expm1(-inefficiency),
        elasticity=elasticity,
        intensity=intensity,
        log_coal_share=log_share,
        loadings=tuple(constants.digital.tolist()),
        effects=_expected(stage, constants, used),
        constants=constants.named(),
        technology=fitted,
        follows=_follows(technology, constants),
        regressors=used,
    )


def _follows(technology: CesByproduct, constants: Constants) -> tuple[str, ...]:
    given = () if technology.rho is None else ("mac_controls",)
    return given if constants.coal_planted else (*given, *COAL_COLUMNS)


def _expected(stage: Stage, constants: Constants, used: Regressors) -> Mapping[str, float]:
    """Effects given the regressors: those solved for, plus what ln F leaves over where noise is not balanced."""
    if stage.balanced:
        return constants.effects
    rest = {name: used.effect(name, stage.composite) for name in constants.effects if not name.startswith("mac")}
    return {name: value + rest.get(name, 0.0) for name, value in constants.effects.items()}


def _noise(rng: np.random.Generator, firms: Firms) -> Floats:
    """The part of ln carbon intensity that owes nothing to digital use or size."""
    firm = bounded_normal(rng, firms.count, _LIMIT)[firms.firm]
    return DESIGN.firm_spread * firm + DESIGN.row_spread * bounded_normal(rng, firms.n, _LIMIT)


def log_coal_share(rng: np.random.Generator, firms: Firms) -> Floats:
    """ln of coal's share in CO2, before digital use: bounded so that the share stays below one."""
    firm = rng.uniform(-_COAL_FIRM, _COAL_FIRM, firms.count)[firms.firm]
    return np.asarray(np.log(_COAL_SHARE) + firm + rng.uniform(-_COAL_ROW, _COAL_ROW, firms.n))


def coal_share(log_share: Floats, coal: NDArray[np.bool_]) -> Floats:
    """Coal's share in CO2 (n,), its level lowered where needed so that no row that burns coal exceeds 0.9.

    A common factor leaves every effect on ln CO2 of coal as it is.
    """
    top = float(log_share[coal].max()) if coal.any() else 0.0
    return np.asarray(np.exp(np.minimum(log_share - max(0.0, top - np.log(_MOST_COAL_SHARE)), 0.0)))


def _inefficiency(rng: np.random.Generator, stage: Stage, used: Regressors) -> Floats:
    """u = k |z| with k by industry such that the mean of 1 - exp(-u) meets its target exactly."""
    draw = np.abs(bounded_normal(rng, stage.firms.n, _LIMIT))
    start = 1.5 * stage.room_target
    if stage.balanced:
        draw = balance_positive(start[stage.firms.industry] * draw, used) / start[stage.firms.industry]
    factor = factors_for(
        lambda k: -np.expm1(-k[stage.firms.industry] * draw), stage.firms.industry, stage.room_target, start
    )
    return np.asarray(factor[stage.firms.industry] * draw)


def factors_for(room: Callable[[Floats], Floats], industry: Codes, target: Floats, start: Floats) -> Floats:
    """Factors by industry at which the mean room is the target: safeguarded secant steps, all industries at once."""
    count = np.bincount(industry, minlength=len(target))
    present = count > 0

    def miss(k: Floats) -> Floats:
        mean = np.bincount(industry, room(k), minlength=len(target)) / np.maximum(count, 1)
        return np.where(present, mean - target, 0.0)

    old, new = np.zeros(len(target)), start
    at_old, at_new = miss(old), miss(new)
    for _ in range(60):
        if np.max(np.abs(at_new)) <= 1e-14:
            break
        change = at_new - at_old
        step = np.divide(-at_new * (new - old), change, out=np.zeros_like(new), where=change != 0.0)
        old, at_old = new, at_new
        new = np.maximum(new + step, 0.25 * new)
        at_new = miss(new)
        if np.array_equal(new, old):
            break
    if np.max(np.abs(at_new)) > 1e-12:
        raise ConfigError(
            Text("行业减排空间无法达到", "an industry's abatement room cannot be reached"),
            expected=both(f"{target[np.argmax(np.abs(at_new))]:.4f}"),
            found=both(f"{(at_new + target)[np.argmax(np.abs(at_new))]:.4f}"),
            remedy=Text("降低 ReportTruth 的减排空间", "lower the rooms of ReportTruth"),
        )
    return new
