"""Errors correlated within clusters."""

from __future__ import annotations

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Clusters, Covariance, CovarianceRule, Fitted


def cluster(fitted: Fitted) -> Covariance:
    """(N-1)/(N-K) G/(G-1) bread (sum of s_g s_g') bread over clusters; t with G - 1 degrees of freedom.

    K counts the regressors and the rank of the effects that are not nested in the cluster (1, the constant, if all
    are): the default of R fixest. Liang & Zeger (1986), https://doi.org/10.1093/biomet/73.1.13.

    Raises
    ------
    NotIdentifiedError
        With fewer than two clusters.
    """
    from dualcarbon.kernels.cluster import cluster_meat

    clusters = _required(fitted)
    n, groups, k = fitted.n, clusters.count, clusters.parameters
    meat = cluster_meat(fitted.scores(), clusters.codes, groups)
    factor = (n - 1) / (n - k) * groups / (groups - 1)
    rule = Text(
        "按 {c} 聚类（{g} 组）：(N-1)/(N-K) × G/(G-1)，K = {k}，嵌套于聚类的效应不计",
        "clustered by {c} ({g} clusters): (N-1)/(N-K) * G/(G-1), K = {k} without effects nested in the cluster",
    ).format(c=clusters.name, g=groups, k=k)
    return Covariance(factor * (fitted.bread @ meat @ fitted.bread), float(groups - 1), rule)


def _required(fitted: Fitted) -> Clusters:
    clusters = fitted.clusters
    if clusters is None:
        raise ConfigError(
            Text("没有聚类变量", "no cluster is given"),
            expected=Text("cluster=列名", "cluster=column"),
            found=Text("无", "none"),
            remedy=Text("给出 cluster=", "give cluster="),
        )
    if clusters.count < 2:
        raise NotIdentifiedError(
            Text("聚类数太少", "too few clusters"),
            expected=Text("至少两个聚类", "at least two clusters"),
            found=both(f"{clusters.name}: {clusters.count}"),
            remedy=Text("换一个更细的聚类变量", "cluster by something finer"),
        )
    return clusters


RULE = CovarianceRule("cluster", True, cluster)
