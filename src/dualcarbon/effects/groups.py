"""Does the effect differ between groups: estimates by group and the tests that they are equal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine
from dualcarbon.core.errors import ConfigError, DataError, DualcarbonError, NotIdentifiedError
from dualcarbon.core.options import require_whole
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Vcov, asked
from dualcarbon.effects.formula import parse
from dualcarbon.effects.group_result import Equality, GroupDifference, Permutation
from dualcarbon.effects.group_tests import GROUP, interaction, permutation, stacked_covariance
from dualcarbon.effects.regression import Regression, regress
from dualcarbon.effects.single import require_term
from dualcarbon.effects.specification import Specification
from dualcarbon.effects.splitting import GroupSplit, as_split, divide
from dualcarbon.effects.words import measured

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


def compare(
    formula: str,
    panel: Panel,
    coefficient: str,
    *,
    by: str,
    split: GroupSplit | str | int | Sequence[float] = "median",
    cluster: str | None = None,
    vcov: str | Vcov | None = None,
    covariance: str | Vcov | None = None,
    weights: str | None = None,
    sample: pl.Expr | None = None,
    unit: str | None = None,
    draws: int = 500,
    seed: int = 0,
    engine: Engine | None = None,
) -> GroupDifference:
    """One regression per group, and three tests that a coefficient is the same in all.

    1. Full interaction (Chow 1960): all regressors and all effects interacted with the group in one regression. Its
       coefficients are those of the separate regressions; F((b_2 - b_1, ...)) with its covariance and the degrees of
       freedom of its t distribution.
    2. Stacked scores (suest; Weesie 1999): separate regressions, joint covariance G/(G-1) sum psi_c psi_c' over the
       clusters of all groups together; chi-square.
    3. Permutation (Fisher 1935) over units: group membership dealt anew among units, numbers of units kept, both
       regressions fitted anew; p = (1 + #{spread* >= spread}) / (1 + draws), the spread being the largest difference
       between two groups. Where a unit has rows in several groups, its rows in one group move together.

    Parameters
    ----------
    formula : str
        As for `fit`.
    panel : Panel
    coefficient : str
        The regressor whose coefficient is compared.
    by : str
        Column that divides; Table 4-4 has median assets.
    split : GroupSplit, "median", "values", number of quantile groups, or quantile levels
        `GroupSplit.median().first()` lets all rows of a unit follow its first value; the words follow each row's own
        value. Quantiles are those of all rows of the panel, or of all its units.
    cluster, vcov, covariance, weights, sample : as for `fit`
    unit : str, optional
        Column of the units; the id of the panel by default.
    draws : int
        Permutations; 0 for none. Each fits the whole regression once.
    seed : int
        The same seed gives the same draws, on any number of workers.
    engine : Engine, optional

    Raises
    ------
    ConfigError, SchemaError
        A word or a column is not known.
    DataError, NotIdentifiedError
        A group is empty or its coefficient is not identified: the message names the group. The column of units has
        missing values.

    Notes
    -----
    Chow (1960), https://doi.org/10.2307/1910133; Weesie (1999), Stata Technical Bulletin 52; Cleary (1999),
    https://doi.org/10.1111/0022-1082.00121, for the permutation.

    Examples
    --------
    >>> r = np.random.default_rng(3)
    >>> firm, year = np.repeat(np.arange(60), 6), np.tile(np.arange(6), 60)
    >>> d, big = r.normal(size=360), firm % 2
    >>> y = (0.2 + 0.8 * big) * d + r.normal(size=360)
    >>> table = pl.DataFrame({"f": firm, "t": year, "d": d, "y": y, "big": big})
    >>> found = compare("y ~ d | f + t", Panel.from_frame(table, id="f", time="t"), "d", by="big", split="values",
    ...                 cluster="f", draws=99)
    >>> found.interaction.p < 0.01, found.permutation.p
    (True, 0.01)
    """
    require_whole("draws", draws, 0)
    require_whole("seed", seed, 0)
    specification = parse(formula, cluster=cluster, weights=weights)
    term = require_term(specification, coefficient)
    _require_least_squares(specification)
    unit = unit or panel.id
    groups = divide(panel, by, as_split(split), unit)
    wide = panel.with_columns(pl.Series(GROUP, groups.codes).replace(-1, None))
    rule, inside = asked(covariance, vcov), pl.lit(True) if sample is None else sample
    found = [
        _one(specification, wide, label, inside & (pl.col(GROUP) == g), rule, coefficient)
        for g, label in enumerate(groups.labels)
    ]
    whole = interaction(specification, term, wide, len(found), rule, inside & pl.col(GROUP).is_not_null())
    scores = stacked_covariance(found, coefficient, wide, specification.clusters)
    dealt = permutation(
        specification, term, wide, panel.codes(unit), draws=draws, seed=seed, sample=inside, engine=engine
    )
    coef = np.array([one.estimate.coef[one.estimate.names.index(coefficient)] for one in found])
    return GroupDifference(
        coefficient=coefficient,
        groups=groups.labels,
        rule=groups.rule,
        cuts=groups.cuts,
        estimates=tuple(one.estimate for one in found),
        vcov=_joint(found, coefficient, scores),
        interaction=Equality.of(coef, whole.vcov, whole.df),
        stacked=Equality.of(coef, scores, None),
        permutation=Permutation.of(dealt.true, dealt.draws, dealt.segments, seed, dealt.whole_units),
        measured=measured(coefficient, panel),
        provenance=panel.provenance,
        unplaced=int(np.count_nonzero(groups.codes < 0)),
    )


def _joint(found: Sequence[Regression], name: str, scores: Floats) -> Floats:
    """The variances of the separate regressions with the correlations of the stacked scores."""
    at = [one.estimate.names.index(name) for one in found]
    variances = np.array([one.estimate.vcov[k, k] for one, k in zip(found, at, strict=True)])
    scale = np.sqrt(variances / np.diag(scores))
    vcov: Floats = scores * np.outer(scale, scale)
    np.fill_diagonal(vcov, variances)
    vcov.flags.writeable = False
    return vcov


def _one(
    specification: Specification, panel: Panel, label: Text, sample: pl.Expr, rule: str | Vcov | None, name: str
) -> Regression:
    """The regression of one group; what keeps it from being estimated names the group."""
    try:
        found = regress(specification, panel, covariance=rule, sample=sample)
    except (DataError, NotIdentifiedError) as error:
        raise _in_group(error, label) from error
    if name not in found.estimate.names:
        raise NotIdentifiedError(
            Text("{n} 在组「{g}」中没有可识别的系数", "{n} has no identified coefficient in group '{g}'").format(
                n=name, g=label
            ),
            expected=Text("组内在效应之外仍有变动", "variation beyond the effects inside the group"),
            found=Text("{r} 行，共线：{c}", "{r} rows, collinear: {c}").format(
                r=found.estimate.n, c=", ".join(found.estimate.collinear)
            ),
            remedy=Text("减少吸收的效应或合并组", "absorb fewer effects or merge groups"),
        )
    return found


def _in_group(error: DualcarbonError, label: Text) -> DualcarbonError:
    return type(error)(
        Text("组「{g}」：{w}", "group '{g}': {w}").format(g=label, w=error.what),
        expected=error.expected,
        found=error.found,
        remedy=error.remedy,
    )


def _require_least_squares(specification: Specification) -> None:
    if specification.endogenous or specification.family is not None:
        raise ConfigError(
            Text("分组比较只支持最小二乘", "groups are compared by least squares only"),
            expected=Text("没有工具变量与 Poisson 的公式", "a formula without instruments and Poisson"),
            found=both(specification.formula),
            remedy=Text("用普通的公式", "use a plain formula"),
        )
