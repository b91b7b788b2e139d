"""Diagnostics of instruments: how strong they are, what holds if they are weak, whether they agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.options import require_level
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Vcov, asked, choose
from dualcarbon.effects.formula import parse
from dualcarbon.effects.instruments_result import (
    AndersonRubin,
    EffectiveF,
    FirstStage,
    InstrumentDiagnostics,
    Test,
    chi_squared,
    f_test,
)
from dualcarbon.effects.instruments_stages import Stages
from dualcarbon.effects.regression import assemble
from dualcarbon.effects.sample import take_sample
from dualcarbon.effects.solution import within_effects
from dualcarbon.effects.specification import Specification
from dualcarbon.effects.two_stage import solve_two_stage

Floats = NDArray[np.float64]

BIASES = (0.05, 0.10, 0.20, 0.30)
"""Shares of the worst-case bias for which critical values of the effective F statistic are given."""


def instruments(
    formula: str,
    panel: Panel,
    *,
    cluster: str | None = None,
    vcov: str | Vcov | None = None,
    covariance: str | Vcov | None = None,
    weights: str | None = None,
    sample: pl.Expr | None = None,
    level: float = 0.95,
) -> InstrumentDiagnostics:
    """Diagnostics of the instruments of a two-stage least squares regression.

    All are computed on variables without the effects and the exogenous regressors. With Z the l instruments, D the m
    endogenous regressors, V the first-stage residuals and F statistics from the covariance asked for:
    first stages and their F; Cragg-Donald, the least eigenvalue of the iid first-stage F matrix; Kleibergen-Paap, the
    rk Wald statistic over l; Anderson-Rubin, the F of Z in the regression of y - D b; for one endogenous regressor its
    confidence set and the effective F of Montiel Olea & Pflueger with critical values; with l > m the test of
    overidentification, Sargan's under iid and Hansen's otherwise; Wu-Hausman, the F of V in the regression of y on D
    and V.

    Parameters
    ----------
    formula : str
        With instruments: `ln_co2 ~ size | firm_id + year | digital ~ distance`.
    panel, cluster, vcov, covariance, weights, sample
        As for `dualcarbon.effects.fit`. Covariances that rest on scores: iid, hc1, cluster, driscoll_kraay, conley.
    level : float
        Of the Anderson-Rubin confidence set.

    Raises
    ------
    ConfigError
        If the formula has no instruments, the covariance does not rest on scores, or the level is not in (0, 1).
    NotIdentifiedError
        If the instruments do not move the endogenous regressors, determine them entirely, or are as many as the
        degrees of freedom of the covariance.

    Examples
    --------
    >>> r = np.random.default_rng(0)
    >>> z, u, v = r.normal(size=(3, 500))
    >>> table = pl.DataFrame({"f": range(500), "t": 1, "y": z + v + u, "d": z + v, "z": z})
    >>> found = instruments("y ~ 1 | d ~ z", Panel.from_frame(table, id="f", time="t"), vcov="hc1")
    >>> found.kleibergen_paap.statistic > 100.0, found.anderson_rubin.shape
    (True, 'interval')
    """
    require_level(level)
    specification = parse(formula, cluster=cluster, weights=weights)
    if not specification.endogenous:
        raise _no_instruments(specification)
    rule = choose(asked(covariance, vcov), bool(specification.clusters))
    data = take_sample(specification, panel, sample)
    within = within_effects(specification, data)
    solution = solve_two_stage(specification, data, within)
    stages = Stages(specification, panel, rule, data, within, solution)
    stages.require_degrees()
    return InstrumentDiagnostics(
        estimate=stages.second.estimate,
        first_stages=_first_stages(stages),
        cragg_donald=_cragg_donald(stages),
        kleibergen_paap=_kleibergen_paap(stages),
        anderson_rubin=_anderson_rubin(stages, level),
        effective_f=_effective_f(stages),
        overidentification=_overidentification(stages),
        wu_hausman=_wu_hausman(stages),
        source=panel.provenance.name,
        simulated=panel.provenance.simulated,
    )


def _first_stages(stages: Stages) -> tuple[FirstStage, ...]:
    """First stage of each endogenous regressor: all coefficients, F of the instruments, their partial R2."""
    from dualcarbon.kernels.moments import sums_of_squares

    _, d, _ = stages.left
    coef, residuals = stages.reduced
    before = sums_of_squares(d, stages.data.weights)
    after = sums_of_squares(residuals[:, 1:], stages.data.weights)
    found = []
    for j in range(d.shape[1]):
        block = slice((1 + j) * stages.size, (2 + j) * stages.size)
        test = stages.f(coef[:, 1 + j], stages.joint.vcov[block, block], stages.joint.df)
        found.append(FirstStage(_one_first_stage(stages, j), test, 1.0 - float(after[j] / before[j])))
    return tuple(found)


def _one_first_stage(stages: Stages, j: int) -> Estimate:
    """Regression of an endogenous regressor on instruments and exogenous regressors."""
    from dualcarbon.kernels.least_squares import projection

    x, d, z = stages.kept
    at = np.concatenate([z, x])
    values, weights = stages.within.values, stages.data.weights
    regressors = values[:, at]
    coef, bread, residuals = projection(regressors, regressors, values[:, [d[j]]], weights)
    left = float(np.sum(weights * residuals[:, 0] ** 2))
    s = stages.specification
    every = (*s.regressors, *s.endogenous, *s.instruments)
    solution = replace(
        stages.solution,
        names=tuple(every[k - 1].name for k in at),
        x=regressors,
        means=stages.data.means[[d[j], *at]],
        coef=coef[:, 0],
        bread=bread,
        residuals=residuals[:, 0],
        r2=1.0 - left / float(stages.within.totals[d[j]]),
        r2_within=1.0 - left / float(stages.within.own[d[j]]),
        estimator=Text("最小二乘（第一阶段）", "least squares (first stage)"),
    )
    found = assemble(
        s, stages.panel, stages.rule, stages.data, solution, stages.within.rank, stages.within.iterations, None
    )
    return replace(found.estimate, depvar=every[d[j] - 1].name)


def _cragg_donald(stages: Stages) -> float:
    """The statistic in F form."""
    from dualcarbon.kernels.instruments import cragg_donald

    return cragg_donald(stages.gram, stages.reduced[0][:, 1:], stages.sigma)


def _kleibergen_paap(stages: Stages) -> Test:
    """The rk Wald statistic in F form; for several endogenous regressors its distribution is that of its rank."""
    from dualcarbon.kernels.instruments import kleibergen_paap

    size, coef = stages.size, stages.reduced[0]
    statistic = kleibergen_paap(stages.gram, coef[:, 1:], stages.sigma, stages.joint.vcov[size:, size:])
    freedom = size - coef.shape[1] + 2
    return replace(f_test(statistic * size / freedom, freedom, stages.joint.df), statistic=statistic)


def _anderson_rubin(stages: Stages, level: float) -> AndersonRubin:
    """The test of all endogenous coefficients being 0, and for one of them the confidence set."""
    from scipy.stats import f

    from dualcarbon.kernels.instruments import anderson_rubin_set

    coef, size = stages.reduced[0], stages.size
    test = stages.f(coef[:, 0], stages.joint.vcov[:size, :size], stages.joint.df)
    if coef.shape[1] > 2:
        return AndersonRubin(test, level, None)
    critical = float(f.ppf(level, size, stages.joint.df))
    unit = float(stages.units[0] / stages.units[1])
    found = anderson_rubin_set(coef[:, 0], coef[:, 1], stages.joint.vcov, critical)
    return AndersonRubin(test, level, tuple((low * unit, high * unit) for low, high in found))


def _effective_f(stages: Stages) -> EffectiveF | None:
    """The effective F statistic; None with several endogenous regressors."""
    from dualcarbon.kernels.instruments import effective_f

    coef = stages.reduced[0]
    if coef.shape[1] > 2:
        return None
    found = effective_f(stages.gram, coef[:, 1], stages.joint.vcov, np.array(BIASES))
    critical, conservative = (
        dict(zip(BIASES, values.tolist(), strict=True)) for values in (found.critical, found.conservative)
    )
    return EffectiveF(found.statistic, critical, conservative)


def _overidentification(stages: Stages) -> Test | None:
    """Sargan's test under iid, Hansen's otherwise; None where there are no more instruments than regressors."""
    from dualcarbon.kernels.instruments import hansen_j
    from dualcarbon.kernels.moments import cross_sums

    y, d, z = stages.left
    freedom = stages.size - d.shape[1]
    if not freedom:
        return None
    weights, residuals = stages.data.weights, stages.solution.residuals / stages.units[0]
    if stages.rule.name == "iid":
        meat = stages.gram * float(np.sum(weights * residuals**2)) / len(y)
    else:
        found = stages.stacked(z, residuals[:, None], stages.gram, len(stages.kept[0]) + stages.size)
        meat = stages.gram @ found.vcov @ stages.gram / _factor(stages)
    statistic = hansen_j(cross_sums(z, y[:, None], weights)[:, 0], cross_sums(z, d, weights), meat)
    return chi_squared(statistic, freedom)


def _factor(stages: Stages) -> float:
    """The small-sample factor of hc1 and cluster on the first stage, by which the test is not scaled."""
    n, first = len(stages.data.rows), len(stages.kept[0]) + stages.size
    clusters = stages.joint.clusters or stages.second.fitted.clusters
    shift = first - len(stages.solution.coef)
    if stages.rule.name == "hc1":
        return n / (n - first - stages.within.rank)
    if stages.rule.name == "cluster" and clusters is not None:
        own = clusters.parameters if stages.joint.clusters is not None else clusters.parameters + shift
        return (n - 1) / (n - own) * clusters.count / (clusters.count - 1)
    return 1.0


def _wu_hausman(stages: Stages) -> Test:
    """F of the first-stage residuals in the regression of the dependent variable on these and its regressors."""
    from dualcarbon.kernels.least_squares import projection
    from dualcarbon.kernels.moments import cross_products

    y, d, _ = stages.left
    m = d.shape[1]
    regressors = np.column_stack([d, stages.reduced[1][:, 1:]])
    coef, _, residuals = projection(regressors, regressors, y[:, None], stages.data.weights)
    gram = cross_products(regressors, stages.data.weights)
    found = stages.stacked(regressors, residuals, gram, len(stages.kept[0]) + 2 * m)
    return stages.f(coef[m:, 0], found.vcov[m:, m:], found.df)


def _no_instruments(specification: Specification) -> ConfigError:
    return ConfigError(
        Text("公式中没有工具变量", "the formula has no instruments"),
        expected=both("y ~ x | firm + year | d ~ z"),
        found=both(specification.formula),
        remedy=Text("在第二个 | 之后写「内生变量 ~ 工具变量」", "write `endogenous ~ instruments` behind a second |"),
    )
