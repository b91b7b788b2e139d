"""Placebo: the treatment handed to others at random, many times, exactly and at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.options import require_whole
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Fitted, Vcov, asked, choose
from dualcarbon.effects.formula import parse
from dualcarbon.effects.placebo_result import Placebo
from dualcarbon.effects.reassignment import Plan, Reassignment, WholePaths, WithinPeriods
from dualcarbon.effects.regression import regress
from dualcarbon.effects.single import Single, require_term, single
from dualcarbon.effects.words import measured

Floats = NDArray[np.float64]

BLOCK = 25
"""Draws that share a stream of random numbers, at most."""

NUMBERS = 1 << 22
"""Numbers that a block may hold: with more rows a block has fewer draws."""

BY_SCORES = ("iid", "hc1", "cluster", "driscoll_kraay", "conley")
"""Covariances of which the variance of one coefficient needs that coefficient's scores alone."""


def placebo(
    formula: str,
    panel: Panel,
    treatment: str,
    *,
    draws: int = 500,
    seed: int = 0,
    within: str | None = None,
    unit: str | None = None,
    reassignment: Reassignment | None = None,
    cluster: str | None = None,
    vcov: str | Vcov | None = None,
    covariance: str | Vcov | None = None,
    weights: str | None = None,
    sample: pl.Expr | None = None,
    engine: Engine | None = None,
) -> Placebo:
    """The coefficient of the treatment beside those it gets when the treatment goes to others at random.

    In every draw the treatment d is reassigned, d*, and the whole regression is fitted anew. By Frisch & Waugh, with
    M the residual maker of effects and controls, all draws are the columns of one matrix D* = M [d*_1 d*_2 ...]:

        b*_j = D*_j' W y~ / D*_j' W D*_j,   y~ = M y

    exactly the coefficient of the regression with d*_j in place of d. p = (1 + #{|b*| >= |b|}) / (1 + draws), equal
    to a relative 1e-9 counting, and the same with t.

    Parameters
    ----------
    formula : str
        As for `fit`.
    panel : Panel
    treatment : str
        The regressor, as it is written in the formula; its columns stand in no other regressor.
    draws, seed : int
        The same seed gives the same draws, on any number of workers.
    within : str, optional
        Column, such as `year`: rows exchange their treatment with rows of the same value. Without it units exchange
        their whole paths (see `WholePaths`).
    unit : str, optional
        Column of the units whose paths are exchanged; the id of the panel by default.
    reassignment : Reassignment, optional
        A rule of one's own instead of `within` and `unit`.
    cluster, vcov, covariance, weights, sample : as for `fit`
        For the t statistics: iid, hc1, cluster, driscoll_kraay or conley.
    engine : Engine, optional

    Raises
    ------
    ConfigError
        The treatment is not a regressor, or an option does not fit.
    NotIdentifiedError
        Its coefficient is not identified, or nothing can be exchanged.

    Notes
    -----
    Fisher (1935), The design of experiments; in this shape Chetty, Looney & Kroft (2009),
    https://doi.org/10.1257/aer.99.4.1145. The p value is exact where every reassignment was as likely as the one seen.

    Examples
    --------
    >>> r = np.random.default_rng(1)
    >>> firm, year = np.repeat(np.arange(40), 5), np.tile(np.arange(5), 40)
    >>> d = r.normal(size=200)
    >>> table = pl.DataFrame({"f": firm, "t": year, "d": d, "y": 0.5 * d + r.normal(size=200)})
    >>> found = placebo("y ~ d | f + t", Panel.from_frame(table, id="f", time="t"), "d", draws=99)
    >>> found.p, len(found.coef)
    (0.01, 99)
    """
    require_whole("draws", draws, 1)
    require_whole("seed", seed, 0)
    specification = parse(formula, cluster=cluster, weights=weights)
    rule = choose(asked(covariance, vcov), bool(specification.clusters))
    _require_by_scores(rule)
    term = require_term(specification, treatment)
    whole = regress(specification, panel, covariance=rule, sample=sample)
    seen = single(whole, panel, term)
    plan = _chosen(within, unit, reassignment).plan(panel, whole.rows, seen.values)
    sizes = block_sizes(draws, len(whole.rows))
    streams = np.random.SeedSequence(seed).spawn(len(sizes))
    work = partial(_block, seen=seen, plan=plan, rule=rule)
    parts = (engine or InOrder()).map(work, list(zip(sizes, streams, strict=True)))
    return Placebo.of(
        estimate=whole.estimate,
        treatment=treatment,
        coef=np.concatenate([coef for coef, _ in parts]),
        t=np.concatenate([t for _, t in parts]),
        seed=seed,
        scheme=plan.words,
        items=plan.items,
        alone=plan.alone,
        measured=measured(treatment, panel),
        provenance=panel.provenance,
    )


def block_sizes(draws: int, rows: int) -> list[int]:
    """Draws of each block: a function of draws and rows, never of workers."""
    most = max(1, min(BLOCK, NUMBERS // max(rows, 1)))
    return [min(most, draws - start) for start in range(0, draws, most)]


@dataclass(frozen=True, slots=True)
class Fits:
    """Coefficients, (m,), of reassigned treatments; what is left of these, (n, m), and their squares, (m,)."""

    coef: Floats
    left: Floats
    squares: Floats


def fits(seen: Single, treatments: Floats) -> Fits:
    """The coefficient of each column, (n, m), in place of the treatment; NaN where it is not identified."""
    from dualcarbon.kernels.least_squares import least_variation
    from dualcarbon.kernels.moments import centred, sums_of_squares
    from dualcarbon.kernels.tall import apply_transposed

    weights = seen.fitted.weights
    deviations, means = centred(treatments, weights)
    least = least_variation(sums_of_squares(deviations, weights), means, float(weights.sum()))
    left = seen.residual(deviations)
    squares = sums_of_squares(left, weights)
    along = apply_transposed(left, weights * seen.outcome)
    coef = np.divide(along, squares, out=np.full_like(squares, np.nan), where=squares > least)
    return Fits(coef, left, squares)


def _block(job: tuple[int, np.random.SeedSequence], seen: Single, plan: Plan, rule: Vcov) -> tuple[Floats, Floats]:
    size, stream = job
    found = fits(seen, plan.draw(np.random.default_rng(stream), size))
    return found.coef, found.coef / _errors(seen, found, rule)


def _errors(seen: Single, found: Fits, rule: Vcov) -> Floats:
    """Standard errors of the coefficients, (m,), each as the whole regression with that treatment would have it."""
    residuals = seen.outcome[:, None] - found.left * np.nan_to_num(found.coef)
    with np.errstate(invalid="ignore", divide="ignore"):
        if rule.name == "iid":
            freedom = seen.fitted.n - seen.fitted.parameters
            spread = np.einsum("n,nm,nm->m", seen.fitted.weights, residuals, residuals)
            return np.asarray(np.sqrt(spread / freedom / found.squares), dtype=np.float64)
        contributions = found.left * residuals / found.squares
    contributions[:, np.isnan(found.coef)] = 0.0
    variances = _variances(seen.fitted, contributions, rule)
    return np.sqrt(np.where(np.isnan(found.coef) | (variances < 0.0), np.nan, variances))


def _variances(fitted: Fitted, contributions: Floats, rule: Vcov) -> Floats:
    """The covariance of one coefficient per column of contributions, (n, m), taken by the rule: variances, (m,)."""
    together = fitted.clusters is None or len(fitted.clusters.ways) == 1
    parts = [contributions] if together else np.split(contributions, contributions.shape[1], axis=1)
    return np.concatenate([np.diag(_rule_on(fitted, np.ascontiguousarray(part), rule)) for part in parts])


def _rule_on(fitted: Fitted, contributions: Floats, rule: Vcov) -> Floats:
    columns = contributions.shape[1]
    ones = np.ones(fitted.n)
    bare = replace(fitted, x=contributions, residuals=ones, bread=np.eye(columns), linear=None)
    return rule.compute(bare).vcov


def _chosen(within: str | None, unit: str | None, reassignment: Reassignment | None) -> Reassignment:
    given = [name for name, one in (("within", within), ("unit", unit), ("reassignment", reassignment)) if one]
    if len(given) > 1:
        raise ConfigError(
            Text("重新分配的方式给了不止一种", "more than one way to reassign is given"),
            expected=Text("within=、unit=、reassignment= 至多其一", "at most one of within=, unit=, reassignment="),
            found=both(", ".join(given)),
            remedy=Text("只留一个", "keep one"),
        )
    if reassignment is not None:
        return reassignment
    return WholePaths(unit) if within is None else WithinPeriods(within)


def _require_by_scores(rule: Vcov) -> None:
    if rule.name not in BY_SCORES:
        raise ConfigError(
            Text("安慰剂检验不支持协方差 {n}", "a placebo has no covariance {n}").format(n=rule.name),
            expected=both(", ".join(BY_SCORES)),
            found=both(rule.name),
            remedy=Text(
                "换一种协方差；系数的 p 值与它无关", "take another; the p value of the coefficient is free of it"
            ),
        )
