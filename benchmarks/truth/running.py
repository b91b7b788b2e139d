"""One model on one draw of one design: what a worker of the race does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Disposability, Returns, Technology
from dualcarbon.frontier import registry
from dualcarbon.frontier.model import GroupFit, Model
from truth import troubles
from truth.designs import DESIGNS, Case
from truth.scoring import Score, error_of_median, score

_DIRECTIONS = (Direction.proportional(), Direction.unit(), Direction.all_proportional(), Direction.bad_only())
_RETURNS: tuple[Returns, ...] = ("bic", "variable", "constant")
_DISPOSABILITY: tuple[Disposability, ...] = ("kuosmanen", "weak", "bad_as_input")


@dataclass(frozen=True)
class Job:
    """One draw of one design for one model."""

    model: str
    design: str
    seed: int
    rows: int


@dataclass(frozen=True)
class Judged:
    """Error of an industry's median MAC, whether the fit was called identified, and by which estimate it is priced."""

    error: float
    verdict: str
    level: str


def setting(model: Model, inputs: int) -> tuple[Technology, Direction] | None:
    """The first technology and direction the model takes; BIC, then the proportional direction preferred."""
    names = [f"x{i}" for i in range(inputs)]
    for returns in _RETURNS:
        for direction in _DIRECTIONS:
            for disposability in _DISPOSABILITY:
                asked = Technology(
                    names, "y", "b", returns, disposability=disposability, reference="global", polluting=names[:1]
                )
                try:
                    model.check(asked, direction)
                except ConfigError:
                    continue
                return asked, direction
    return None


def fits_of(model: Model, cases: Sequence[Case]) -> tuple[list[GroupFit], float] | None:
    """Every industry fitted, and the seconds that took; None for a model without a setting or with too few rows."""
    found = setting(model, cases[0].data.x.shape[1])
    if found is None or any(np.count_nonzero(c.data.b > 0.0) < model.least(found[0]) for c in cases):
        return None
    begin = time.perf_counter()
    fits = [model.solve(case.data, *found) for case in cases]
    return fits, time.perf_counter() - begin


def run(job: Job) -> Score | None:
    """Draw, fit, score."""
    cases = DESIGNS[job.design](job.rows, job.seed)
    done = fits_of(registry.model(job.model), cases)
    return None if done is None else score(cases, *done)


def judge(job: Job) -> list[Judged]:
    """Draw, fit, compare verdict and error."""
    design = troubles.any_industry if job.design == troubles.NAME else DESIGNS[job.design]
    cases = design(job.rows, job.seed)
    done = fits_of(registry.model(job.model), cases)
    return [
        Judged(error_of_median(case, fit), fit.verdict, str(fit.facts.get("level", "")))
        for case, fit in zip(cases, done[0] if done else [], strict=False)
    ]
