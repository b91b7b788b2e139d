"""What digital technology does: regressions with absorbed effects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import polars as pl

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.effects.covariance import Clusters, Covariance, CovarianceRule, Fitted
from dualcarbon.effects.formula import parse
from dualcarbon.effects.regression import Regression, regress
from dualcarbon.effects.specification import Factor, Grouping, Specification, Term

__all__ = [
    "Clusters",
    "Covariance",
    "CovarianceRule",
    "Factor",
    "Fitted",
    "Grouping",
    "Regression",
    "Specification",
    "Term",
    "fit",
    "fit_many",
    "parse",
    "regress",
]


def fit(
    formula: str,
    panel: Panel,
    *,
    cluster: str | None = None,
    covariance: str | CovarianceRule | None = None,
    weights: str | None = None,
    sample: pl.Expr | None = None,
) -> Estimate:
    """Weighted least squares of a formula, its effects absorbed exactly.

    With ỹ, X̃ the deviations that the effects D leave, b = (X̃'W X̃)^-1 X̃'W ỹ: the coefficients on X of the regression
    on X and D (Frisch & Waugh 1933, https://doi.org/10.2307/1907330).

    Parameters
    ----------
    formula : str
        `ln_co2 ~ digital + log(size) | industry4^year + firm_id`; see `parse`. Without effects the regression has a
        constant, reported as `(Intercept)`.
    panel : Panel
    cluster : str, optional
        Column (or combination `a^b`) within which errors may be correlated; `a + b` for several ways.
    covariance : str or CovarianceRule, optional
        `iid` (the default without cluster), `hc1`, `cluster` (the default with cluster), or a rule of one's own. The
        small-sample rules are the defaults of R fixest and are written on the estimate.
    weights : str, optional
        Column of weights >= 0 that multiply squared residuals. Rows of weight 0 are dropped. Coefficients with weight
        2 equal those with the row twice; N counts rows.
    sample : polars.Expr, optional
        Rows to use.

    Returns
    -------
    Estimate
        `drops` counts the rows not used by reason: outside the sample, missing or not finite by column, not positive
        under log, zero weight, singletons (dropped until none is left). `collinear` names regressors of whose
        variation the effects and the regressors before them leave at most a share of 1e-10.

    Raises
    ------
    ConfigError
        The formula or an option cannot be read.
    SchemaError
        A column is absent or not numeric.
    DataError
        No usable row, no more rows than parameters, or negative weights.
    NotIdentifiedError
        The effects determine the dependent variable or every regressor; or there are fewer than two clusters.
    ConvergenceError
        Large crossing effects could not be absorbed to a relative error of 1e-10.

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
    specification = parse(formula, cluster=cluster, weights=weights)
    return regress(specification, panel, covariance=covariance, sample=sample).estimate


def fit_many(
    formulas: Sequence[str],
    panel: Panel,
    *,
    cluster: str | None = None,
    covariance: str | CovarianceRule | None = None,
    weights: str | None = None,
    sample: pl.Expr | None = None,
    engine: Engine | None = None,
) -> list[Estimate]:
    """The estimates of several formulas in their order, each on its own usable rows; options as for `fit`."""
    one = partial(fit, panel=panel, cluster=cluster, covariance=covariance, weights=weights, sample=sample)
    return (engine or InOrder()).map(one, formulas)
