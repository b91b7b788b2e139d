"""Errors correlated within clusters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.codes import compact
from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Clusters, Covariance, Fitted, clusters_by, few_clusters
from dualcarbon.effects.semidefinite import require_variance, semidefinite

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Errors correlated within clusters; `Cluster("firm_id + year")` as `vcov=`, or the word with `cluster=`.

    Parameters
    ----------
    by : str, optional
        Column (or combination `a^b`) of the clusters; `a + b` for several ways. Without it those of `cluster=`.
    """

    by: str | None = None
    name = "cluster"

    @property
    def clustered(self) -> bool:
        """Whether it needs `cluster=`."""
        return self.by is None

    def compute(self, fitted: Fitted) -> Covariance:
        """The covariance; see `clustered`."""
        return clustered(fitted, required(fitted, self.by, self.name))


def clustered(fitted: Fitted, clusters: Clusters) -> Covariance:
    """(N-1)/(N-K) G/(G-1) bread (sum of s_g s_g') bread over clusters; t with G - 1 degrees of freedom.

    With several ways the sum is that over the clusters of each way, less those over the intersections of two, and so
    on; G is the number of clusters in the way that has fewest. Negative eigenvalues, which the difference can have, are
    set to zero, and a note says so; see `semidefinite`. Cameron, Gelbach & Miller (2011),
    https://doi.org/10.1198/jbes.2010.07136.

    K counts the regressors and the rank of the effects that are not nested in a way (1, the constant, if all
    are): the default of R fixest. Liang & Zeger (1986), https://doi.org/10.1093/biomet/73.1.13.

    Below 30 clusters the estimate carries a note.

    Raises
    ------
    NotIdentifiedError
        If the scores cancel within the clusters, so that a coefficient has no variance.
    """
    meat = _meat(fitted.x, fitted.weights * fitted.residuals, clusters.ways)
    counts = (fitted.n, clusters.count, clusters.parameters)
    found = from_meat(meat, fitted.bread, clusters.name, len(clusters.ways), counts, fitted.squares())
    return replace(found, clusters=clusters)


def from_meat(
    meat: Floats, bread: Floats, name: str, ways: int, counts: tuple[int, int, int], squares: float
) -> Covariance:
    """The covariance from the sum over the clusters, (k, k), given N, G, K and the sum of w e^2."""
    n, groups, k = counts
    vcov, cut = bread @ meat @ bread, False
    factor = (n - 1) / (n - k) * groups / (groups - 1)
    rule = Text(
        "按 {c} 聚类（{g} 组）：(N-1)/(N-K) × G/(G-1)，K = {k}，嵌套于聚类的效应不计",
        "clustered by {c} ({g} clusters): (N-1)/(N-K) * G/(G-1), K = {k} without effects nested in the cluster",
    ).format(c=name, g=groups, k=k)
    if ways > 1:
        vcov, cut = semidefinite(vcov, bread)
    require_variance(vcov, bread, squares, rule)
    return Covariance(
        factor * vcov, float(groups - 1), rule, (*few_clusters(groups), *((NOT_SEMIDEFINITE,) if cut else ())), cut=cut
    )


NOT_SEMIDEFINITE = Text(
    "多维聚类的差不是半正定的：负特征值已置零，按聚类最少的一维聚类更稳妥",
    "the difference of the ways was not positive semidefinite: negative eigenvalues were set to zero; "
    "clusters of the way that has fewest are safer",
)


def _meat(x: Floats, pull: Floats, ways: tuple[Codes, ...]) -> Floats:
    """Signed sum over the ways and their intersections, of scores x times pull, (k, k)."""
    from dualcarbon.kernels.cluster import cluster_meat

    k = x.shape[1]
    meat = np.zeros((k, k))
    for size in range(1, len(ways) + 1):
        for chosen in combinations(ways, size):
            codes = _intersection(chosen)
            meat -= (-1) ** size * cluster_meat(x, codes, int(codes.max()) + 1, pull)
    return meat


def _intersection(ways: tuple[Codes, ...]) -> Codes:
    codes = ways[0]
    for further in ways[1:]:
        levels = int(further.max()) + 1
        codes = compact(codes * levels + further, (int(codes.max()) + 1) * levels)[0]
    return codes


def required(fitted: Fitted, by: str | None, name: str) -> Clusters:
    """The clusters named by the covariance itself, else those of the fit.

    Raises
    ------
    ConfigError
        Without any.
    NotIdentifiedError
        With fewer than two clusters.
    """
    clusters = fitted.clusters if by is None else clusters_by(fitted, by, name)
    if clusters is None:
        raise ConfigError(
            Text("没有聚类变量", "no cluster is given"),
            expected=Text("cluster=列名", "cluster=column"),
            found=Text("无", "none"),
            remedy=Text("给出 cluster=", "give cluster="),
        )
    require_several(clusters.name, clusters.count)
    return clusters


def require_several(name: str, count: int) -> None:
    """Refuse fewer than two clusters."""
    if count < 2:
        raise NotIdentifiedError(
            Text("聚类数太少", "too few clusters"),
            expected=Text("至少两个聚类", "at least two clusters"),
            found=both(f"{name}: {count}"),
            remedy=Text("换一个更细的聚类变量", "cluster by something finer"),
        )


RULE = Cluster()
