"""Errors correlated within clusters."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.codes import compact
from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Clusters, Covariance, CovarianceRule, Fitted

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def cluster(fitted: Fitted) -> Covariance:
    """(N-1)/(N-K) G/(G-1) bread (sum of s_g s_g') bread over clusters; t with G - 1 degrees of freedom.

    With several ways the sum is that over the clusters of each way, less those over the intersections of two, and so
    on; G is the number of clusters in the way that has fewest. Negative eigenvalues, which the difference can have, are
    set to zero. Cameron, Gelbach & Miller (2011), https://doi.org/10.1198/jbes.2010.07136.

    K counts the regressors and the rank of the effects that are not nested in a way (1, the constant, if all
    are): the default of R fixest. Liang & Zeger (1986), https://doi.org/10.1093/biomet/73.1.13.

    Raises
    ------
    NotIdentifiedError
        With fewer than two clusters.
    """
    clusters = _required(fitted)
    n, groups, k = fitted.n, clusters.count, clusters.parameters
    vcov = fitted.bread @ _meat(fitted.scores(), clusters.ways) @ fitted.bread
    factor = (n - 1) / (n - k) * groups / (groups - 1)
    rule = Text(
        "按 {c} 聚类（{g} 组）：(N-1)/(N-K) × G/(G-1)，K = {k}，嵌套于聚类的效应不计",
        "clustered by {c} ({g} clusters): (N-1)/(N-K) * G/(G-1), K = {k} without effects nested in the cluster",
    ).format(c=clusters.name, g=groups, k=k)
    return Covariance(factor * (vcov if len(clusters.ways) == 1 else _nonnegative(vcov)), float(groups - 1), rule)


def _meat(scores: Floats, ways: tuple[Codes, ...]) -> Floats:
    from dualcarbon.kernels.cluster import cluster_meat

    k = scores.shape[1]
    meat = np.zeros((k, k))
    for size in range(1, len(ways) + 1):
        for chosen in combinations(ways, size):
            codes = _intersection(chosen)
            meat -= (-1) ** size * cluster_meat(scores, codes, int(codes.max()) + 1)
    return meat


def _intersection(ways: tuple[Codes, ...]) -> Codes:
    codes = ways[0]
    for further in ways[1:]:
        levels = int(further.max()) + 1
        codes = compact(codes * levels + further, (int(codes.max()) + 1) * levels)[0]
    return codes


def _nonnegative(vcov: Floats) -> Floats:
    values, vectors = np.linalg.eigh(vcov)
    return vcov if values[0] >= 0.0 else np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


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
