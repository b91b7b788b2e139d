"""What digital technology does: regressions with absorbed effects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.effects.beyond import estimate_from
from dualcarbon.effects.covariance import Clusters, Covariance, CovarianceRule, Fitted, Vcov, asked
from dualcarbon.effects.covariances.cluster import Cluster
from dualcarbon.effects.covariances.conley import Conley
from dualcarbon.effects.covariances.driscoll_kraay import DriscollKraay
from dualcarbon.effects.covariances.wild import WildCluster
from dualcarbon.effects.demand_frontier import DemandFrontier, demand_frontier
from dualcarbon.effects.fading import Fading, fading
from dualcarbon.effects.formula import parse
from dualcarbon.effects.indirect import Indirect, indirect_effect
from dualcarbon.effects.instruments import instruments
from dualcarbon.effects.instruments_result import InstrumentDiagnostics
from dualcarbon.effects.inverted_u import InvertedU, inverted_u, lind_mehlum
from dualcarbon.effects.mediation import Mediation, mediation
from dualcarbon.effects.rebound import Rebound
from dualcarbon.effects.regression import Regression, regress
from dualcarbon.effects.source import Memory, Mode
from dualcarbon.effects.specification import Factor, Grouping, Poisson, Specification, Term, Varying
from dualcarbon.effects.split import Split, split
from dualcarbon.effects.structure import Structure, structure
from dualcarbon.effects.threshold_result import ThresholdResult
from dualcarbon.effects.thresholds import threshold

_HOMES = {
    "Dynamics": "leads_lags",
    "GroupDifference": "group_result",
    "GroupSplit": "splitting",
    "Oster": "oster_bounds",
    "Placebo": "placebo_result",
    "SpecificationCurve": "curve_result",
    "Stepwise": "steps",
    "WholePaths": "reassignment",
    "WithinPeriods": "reassignment",
    "Wording": "exhibits",
    "coefficient_plot": "exhibits",
    "compare": "groups",
    "dynamics": "leads_lags",
    "oster": "oster_bounds",
    "placebo": "placebos",
    "regression_table": "exhibits",
    "shifted": "leads_lags",
    "specification_curve": "curves",
    "stepwise": "steps",
    "winsorise": "winsorising",
}
"""Names that are imported when they are first asked for."""

if TYPE_CHECKING:
    from dualcarbon.effects.curve_result import SpecificationCurve
    from dualcarbon.effects.curves import specification_curve
    from dualcarbon.effects.exhibits import Wording, coefficient_plot, regression_table
    from dualcarbon.effects.group_result import GroupDifference
    from dualcarbon.effects.groups import compare
    from dualcarbon.effects.leads_lags import Dynamics, dynamics, shifted
    from dualcarbon.effects.oster_bounds import Oster, oster
    from dualcarbon.effects.placebo_result import Placebo
    from dualcarbon.effects.placebos import placebo
    from dualcarbon.effects.reassignment import WholePaths, WithinPeriods
    from dualcarbon.effects.splitting import GroupSplit
    from dualcarbon.effects.steps import Stepwise, stepwise
    from dualcarbon.effects.winsorising import winsorise

__all__ = [
    "Cluster",
    "Clusters",
    "Conley",
    "Covariance",
    "CovarianceRule",
    "DemandFrontier",
    "DriscollKraay",
    "Dynamics",
    "Factor",
    "Fading",
    "Fitted",
    "GroupDifference",
    "GroupSplit",
    "Grouping",
    "Indirect",
    "InstrumentDiagnostics",
    "InvertedU",
    "Mediation",
    "Memory",
    "Oster",
    "Placebo",
    "Poisson",
    "Rebound",
    "Regression",
    "Specification",
    "SpecificationCurve",
    "Split",
    "Stepwise",
    "Structure",
    "Term",
    "ThresholdResult",
    "Varying",
    "Vcov",
    "WholePaths",
    "WildCluster",
    "WithinPeriods",
    "Wording",
    "coefficient_plot",
    "compare",
    "demand_frontier",
    "dynamics",
    "fading",
    "fit",
    "fit_many",
    "indirect_effect",
    "instruments",
    "inverted_u",
    "lind_mehlum",
    "mediation",
    "oster",
    "parse",
    "placebo",
    "regress",
    "regression_table",
    "shifted",
    "specification_curve",
    "split",
    "stepwise",
    "structure",
    "threshold",
    "winsorise",
]


def fit(
    formula: str,
    panel: Panel | str | Path | pl.LazyFrame | pl.DataFrame,
    *,
    cluster: str | None = None,
    vcov: str | Vcov | None = None,
    covariance: str | Vcov | None = None,
    weights: str | None = None,
    sample: pl.Expr | None = None,
    family: Poisson | None = None,
    memory: Mode | Memory | None = None,
    engine: Engine | None = None,
) -> Estimate:
    """Weighted least squares of a formula, its effects absorbed exactly; with instruments, or a Poisson likelihood.

    With ỹ, X̃ the deviations that the effects D leave, b = (X̃'W X̃)^-1 X̃'W ỹ: the coefficients on X of the regression
    on X and D (Frisch & Waugh 1933, https://doi.org/10.2307/1907330). With instruments, X̃ is its first-stage fit. A
    Poisson likelihood repeats the regression with weights and dependent variable of its own.

    Parameters
    ----------
    formula : str
        `ln_co2 ~ digital + log(size) | industry4^year + firm_id`; slopes by firm `| firm_id[trend]`; instruments
        `ln_co2 ~ size | firm_id + year | digital ~ distance`; see `parse`. Without effects the regression has a
        constant, reported as `(Intercept)`.
    panel : Panel, or a path, a folder or a pattern of Parquet files, or a polars frame
        A panel is used as it is. Anything else is held in memory if `memory` allows, and otherwise read in passes:
        the same estimate to rounding (1e-12), with covariance iid, hc1 or cluster.
    cluster : str, optional
        Column (or combination `a^b`) within which errors may be correlated; `a + b` for several ways.
    vcov : str or Vcov, optional
        `iid` (the default without cluster), `hc1`, `hc2`, `hc3`, `cluster` (the default with cluster), `wild` (with
        cluster), `driscoll_kraay`, `conley`; the same with options, `DriscollKraay(lag=2)`, `Conley(cutoff_km=50)`,
        `WildCluster("firm_id", draws=999)`, `Cluster("firm_id + year")`; or a `CovarianceRule` of one's own. The
        small-sample rule is written on the estimate, and so are notes where an error is fragile (fewer than 30
        clusters, few periods).
    covariance : str or Vcov, optional
        Another word for `vcov`.
    weights : str, optional
        Column of weights >= 0 that multiply squared residuals. Rows of weight 0 are dropped. Coefficients with weight
        2 equal those with the row twice; N counts rows.
    sample : polars.Expr, optional
        Rows to use.
    family : Poisson, optional
        `Poisson()`, `Poisson(exposure="workers")`, `Poisson(offset="ln_workers")`: counts, or any outcome >= 0, with
        mean exp(x b + effects + offset); `hc1` is the default without cluster, and the normal distribution takes the
        place of t. Rows whose mean the likelihood would drive to zero (separated) are dropped and counted.

    memory : "auto", "load", "stream" or Memory, optional
        By size (the default, from an estimate of 1 GiB on), always in memory, or always in passes; `Memory` has the
        limit and the folder for scratch files.
    engine : Engine, optional
        Runs the blocks of a regression in passes; the number of workers changes no bit.

    Returns
    -------
    Estimate
        `drops` counts the rows not used by reason: outside the sample, missing or not finite by column, not positive
        under log, zero weight, singletons (dropped until none is left). `collinear` names regressors of whose
        variation the effects and the regressors before them leave at most a share of 1e-10; `notes` say why.
        `estimator` names the method. Coefficients of endogenous regressors come first. The `r2` of a Poisson
        likelihood is McFadden's; it has no `r2_within` (NaN).

    Raises
    ------
    InputError
        A file is not there or cannot be read.
    ConfigError
        The formula or an option cannot be read, or a regression in passes lacks what is asked for.
    SchemaError
        A column is absent or not numeric.
    DataError
        No usable row, no more rows than parameters, or negative weights.
    NotIdentifiedError
        The effects determine the dependent variable or every regressor, or the instruments do not move the endogenous
        regressors; or there are fewer than two clusters.
    ConvergenceError
        Large crossing effects could not be absorbed to a relative error of 1e-10, or a likelihood has no maximum.

    See Also
    --------
    regress : the same with the arrays behind it.

    Examples
    --------
    >>> table = pl.DataFrame({"f": [1, 1, 2, 2, 3, 3], "t": [1, 2] * 3})
    >>> table = table.with_columns(x=pl.Series([0, 1, 0, 0, 0, 1]), y=pl.Series([1, 5, 2, 3, 4, 6]))
    >>> estimate = fit("y ~ x | f + t", Panel.from_frame(table, id="f", time="t"), cluster="f")
    >>> estimate.names, estimate.coef.round(12).tolist(), round(float(estimate.se[0]), 6)
    (('x',), [2.0], 1.118034)
    """
    specification = parse(formula, cluster=cluster, weights=weights, family=family)
    rule = asked(covariance, vcov)
    return estimate_from(specification, panel, covariance=rule, sample=sample, memory=memory, engine=engine)


def fit_many(
    formulas: Sequence[str],
    panel: Panel,
    *,
    cluster: str | None = None,
    vcov: str | Vcov | None = None,
    covariance: str | Vcov | None = None,
    weights: str | None = None,
    sample: pl.Expr | None = None,
    family: Poisson | None = None,
    engine: Engine | None = None,
) -> list[Estimate]:
    """The estimates of several formulas in their order, each on its own usable rows; options as for `fit`."""
    one = partial(
        fit,
        panel=panel,
        cluster=cluster,
        vcov=asked(covariance, vcov),
        weights=weights,
        sample=sample,
        family=family,
    )
    return (engine or InOrder()).map(one, formulas)


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"dualcarbon.effects.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'dualcarbon.effects' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
