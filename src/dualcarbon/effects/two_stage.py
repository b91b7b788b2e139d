"""Two-stage least squares with absorbed effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.text import Text, both
from dualcarbon.effects.sample import Sample
from dualcarbon.effects.solution import Solution, Within, chosen_names, left_out, require_rows_for
from dualcarbon.effects.specification import Specification, Term

if TYPE_CHECKING:
    from dualcarbon.kernels.least_squares import TwoStage


def solve_two_stage(specification: Specification, data: Sample, within: Within) -> Solution:
    """Two-stage least squares: endogenous regressors first, then the exogenous ones.

    With ~ what the effects leave and P the projection on exogenous regressors and instruments,
    b = ([P D~, X~]'W [P D~, X~])^-1 [P D~, X~]'W y~; residuals y~ - [D~, X~] b. Covariances read the first-stage fits
    as regressors. Theil (1953); Angrist & Pischke (2009), Mostly Harmless Econometrics, section 4.1.

    Raises
    ------
    NotIdentifiedError
        If the effects and exogenous regressors determine the endogenous ones, or the instruments left do not move them.
    DataError
        If there are no more rows than parameters of either stage.
    """
    from dualcarbon.kernels.least_squares import two_stage

    x, d, z = specification.regressors, specification.endogenous, specification.instruments
    solved = two_stage(within.values, len(x), len(d), data.weights, within.least[1:])
    notes = (
        *left_out(d, solved.endogenous, data, 1 + len(x), within),
        *left_out(x, solved.exogenous, data, 1, within),
        *left_out(z, solved.instruments, data, 1 + len(x) + len(d), within),
    )
    _require_identified(specification, solved, notes)
    kept = int(solved.exogenous.sum()) + within.rank
    require_rows_for(specification, data, kept + int(solved.instruments.sum()))
    left = float(np.sum(data.weights * solved.residuals**2))
    means = data.means[1:]
    dropped = [(d, solved.endogenous), (x, solved.exogenous), (z, solved.instruments)]
    instruments = ", ".join(chosen_names(z, solved.instruments))
    return Solution(
        names=(*chosen_names(d, solved.endogenous), *chosen_names(x, solved.exogenous)),
        x=solved.x,
        means=np.concatenate(
            [data.means[:1], means[len(x) : len(x) + len(d)][solved.endogenous], means[: len(x)][solved.exogenous]]
        ),
        coef=solved.coef,
        bread=solved.bread,
        residuals=solved.residuals,
        weights=data.weights,
        r2=1.0 - left / float(within.totals[0]),
        r2_within=1.0 - left / float(within.own[0]),
        collinear=tuple(name for terms, each in dropped for name in chosen_names(terms, ~each)),
        notes=notes,
        estimator=Text("两阶段最小二乘（工具变量 {z}）", "two-stage least squares (instruments {z})").format(
            z=instruments
        ),
    )


def _require_identified(specification: Specification, solved: TwoStage, notes: Sequence[Text]) -> None:
    if solved.identified:
        return
    why = Text("；".join(each.zh for each in notes), "; ".join(each.en for each in notes)) if notes else both("-")
    found = Text(
        "{e}：{m} 个有变动的内生变量，{l} 个可用的工具。{w}",
        "{e}: {m} endogenous that vary, {l} usable instruments. {w}",
    )
    raise NotIdentifiedError(
        Text("工具变量不能识别内生变量的系数", "the instruments do not identify the endogenous coefficients"),
        expected=Text(
            "内生变量在效应之外有变动，且工具变量（不少于内生变量）与之相关",
            "endogenous regressors that vary beyond the effects, moved by at least as many instruments",
        ),
        found=found.format(
            e=_listed(specification.endogenous), m=int(solved.endogenous.sum()), l=int(solved.instruments.sum()), w=why
        ),
        remedy=Text("减少吸收的效应，或更换工具变量", "absorb fewer effects, or choose other instruments"),
    )


def _listed(terms: Sequence[Term]) -> str:
    return ", ".join(term.name for term in terms)
