"""Least squares with absorbed effects and clustered errors, shared by the regression designs of the room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConvergenceError, DataError, NotIdentifiedError
from dualcarbon.core.text import Text
from dualcarbon.policy.design import Design

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

TOLERANCE = 1e-10
FEW = 30
"""Clusters below which the clustered error is called fragile."""


@dataclass(frozen=True, slots=True)
class Regression:
    """Coefficients of the regressors that are kept, r of k.

    Attributes
    ----------
    kept : (k,) bool
        Regressors that the effects and the regressors before them do not determine.
    coef : (r,)
    vcov : (r, r)
        (N-1)/(N-K) G/(G-1) bread (sum of s_g s_g') bread over clusters.
    bread : (r, r)
    x, residuals : (n, r), (n,)
        Of the rows used, partialled out.
    used : (N,) bool
        Rows used: rows alone in a group of an effect say nothing and are left out.
    groups, parameters : int
        Clusters G; K: regressors and the rank of the effects not nested in the clusters.
    cluster : Text
    """

    kept: Mask
    coef: Floats
    vcov: Floats
    bread: Floats
    x: Floats
    residuals: Floats
    used: Mask
    groups: int
    parameters: int
    cluster: Text

    @property
    def n(self) -> int:
        """Rows used."""
        return len(self.residuals)

    @property
    def factor(self) -> float:
        """Small-sample factor, (N-1)/(N-K) G/(G-1)."""
        return (self.n - 1) / (self.n - self.parameters) * self.groups / (self.groups - 1)

    @property
    def df(self) -> float:
        """Degrees of freedom of the t distribution, G - 1."""
        return float(self.groups - 1)

    @property
    def rule(self) -> Text:
        """How the errors were computed."""
        return Text(
            "按 {c} 聚类（{g} 组）：(N-1)/(N-K) × G/(G-1)，K = {k}，嵌套于聚类的效应不计",
            "clustered by {c} ({g} clusters): (N-1)/(N-K) * G/(G-1), K = {k} without effects nested in the cluster",
        ).format(c=self.cluster, g=self.groups, k=self.parameters)

    @property
    def notes(self) -> tuple[Text, ...]:
        """Rows left out, and what makes the errors fragile."""
        return (*alone(int(np.count_nonzero(~self.used))), *few_clusters(self.groups))


def within(
    outcome: Floats,
    regressors: Floats,
    effects: Sequence[Codes],
    cluster: Codes,
    cluster_name: Text,
) -> Regression:
    """Least squares of the outcome on the regressors and the dummies of the effects.

    Parameters
    ----------
    outcome : (N,)
    regressors : (N, k)
        Those that must give way where there is collinearity stand last.
    effects : each (N,), codes
    cluster : (N,), codes
    cluster_name : Text

    Raises
    ------
    NotIdentifiedError
        With fewer than two clusters.
    DataError
        With no more rows than parameters.
    ConvergenceError
        If the effects cannot be absorbed to 1e-10.

    Notes
    -----
    K as in R fixest. Liang & Zeger (1986), https://doi.org/10.1093/biomet/73.1.13.
    """
    from dualcarbon.kernels.groups import group_sums, is_nested, rank_of_effects, without_singletons
    from dualcarbon.kernels.least_squares import least_squares

    used = without_singletons([dense(e) for e in effects])
    groupings, clusters = [dense(e[used]) for e in effects], dense(cluster[used])
    values, least = _absorbed(np.column_stack([outcome[used], regressors[used]]), groupings)
    fitted = least_squares(values, np.ones(len(values)), least)
    sizes = [int(e.max(initial=-1)) + 1 for e in (*groupings, clusters)]
    groups, n = sizes[-1], len(values)
    outer = [e for e, size in zip(groupings, sizes, strict=False) if not is_nested(e, clusters, size)]
    parameters = len(fitted.coef) + rank_of_effects(outer)
    require_clusters(groups, cluster_name)
    require_rows(n, parameters)
    x = np.ascontiguousarray(values[:, 1:][:, fitted.kept])
    influence = group_sums(x, fitted.residuals, clusters, groups) @ fitted.bread
    vcov = (n - 1) / (n - parameters) * groups / (groups - 1) * influence.T @ influence
    return Regression(
        fitted.kept, fitted.coef, vcov, fitted.bread, x, fitted.residuals, used, groups, parameters, cluster_name
    )


def dense(codes: Codes) -> Codes:
    """Codes 0..g-1 in the order of the values, (n,)."""
    return np.asarray(np.unique(codes, return_inverse=True)[1], dtype=np.int64)


def _absorbed(values: Floats, effects: Sequence[Codes]) -> tuple[Floats, Floats]:
    """The columns without the effects, and the variation up to which each regressor counts as determined."""
    from dualcarbon.kernels.absorb import partial_out
    from dualcarbon.kernels.least_squares import least_variation
    from dualcarbon.kernels.moments import sums_of_squares

    means, ones = values.mean(axis=0), np.ones(len(values))
    values -= means
    least = least_variation(sums_of_squares(values, ones), means, float(len(values)))
    found = partial_out(values, effects, ones, tolerance=TOLERANCE)
    if not found.converged:
        raise ConvergenceError(
            Text("吸收效应的迭代未收敛", "absorbing the effects did not converge"),
            expected=Text("相对误差不超过 {t}", "relative error at most {t}").format(t=f"{TOLERANCE:.0e}"),
            found=Text("{k} 次迭代后为 {e}", "{e} after {k} iterations").format(
                k=found.iterations, e=f"{found.error:.1e}"
            ),
            remedy=Text("合并稀疏的组", "merge sparse groups"),
        )
    return found.values, least[1:]


def require_clusters(groups: int, name: Text) -> None:
    """Raise `NotIdentifiedError` with fewer than two clusters."""
    if groups < 2:
        raise NotIdentifiedError(
            Text("聚类数太少", "too few clusters"),
            expected=Text("至少两个聚类", "at least two clusters"),
            found=Text("{c}：{k} 个", "{c}: {k}").format(c=name, k=groups),
            remedy=Text("换一个更细的聚类变量", "cluster by something finer"),
        )


def require_rows(n: int, parameters: int) -> None:
    """Raise `DataError` with no more rows than parameters."""
    if n <= parameters:
        raise DataError(
            Text("行数不多于参数个数", "no more rows than parameters"),
            expected=Text("多于 {k} 行", "more than {k} rows").format(k=parameters),
            found=Text("{n} 行", "{n} rows").format(n=n),
            remedy=Text(
                "减少效应或变量，放宽匹配，或扩大样本",
                "use fewer effects or variables, match less strictly, or use more rows",
            ),
        )


def few_clusters(groups: int) -> tuple[Text, ...]:
    """A note below `FEW` clusters."""
    if groups >= FEW:
        return ()
    return (
        Text(
            "只有 {g} 个聚类：聚类标准误与联合检验可能偏乐观",
            "only {g} clusters: clustered errors and joint tests may be optimistic",
        ).format(g=groups),
    )


def one_treated(design: Design) -> tuple[Text, ...]:
    """A note where all treated units are in one cluster: its own noise is in the effect, not in the error."""
    if len(np.unique(design.cluster[design.ever])) > 1:
        return ()
    return (
        Text(
            "受处理单位同属一个聚类：聚类标准误不含其自身的波动，远远偏小；请用个体安慰剂检验推断",
            "all treated units lie in one cluster: clustered errors miss its own noise and are far too small; "
            "use placebo_in_units",
        ),
    )


def alone(rows: int) -> tuple[Text, ...]:
    """A note on rows alone in a group of an effect."""
    if not rows:
        return ()
    return (
        Text("{k} 行独占某一效应的组，未使用", "{k} rows alone in a group of an effect are not used").format(k=rows),
    )


def collinear(names: Sequence[str], kept: Mask) -> tuple[Text, ...]:
    """A note on each control, k of them, that is not kept."""
    return tuple(
        Text("控制变量 {x} 与效应或其他变量共线，未进入", "control {x} is collinear and left out").format(x=name)
        for name, yes in zip(names, kept, strict=True)
        if not yes
    )
