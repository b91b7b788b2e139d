"""The narrow waist between a fit and its standard errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Clusters:
    """Clusters of rows in one or several ways.

    Attributes
    ----------
    name : str
    ways : each (n,)
        Dense codes.
    parameters : int
        K without effects nested in a way.
    """

    name: str
    ways: tuple[NDArray[np.int64], ...]
    parameters: int

    @property
    def count(self) -> int:
        """Number of clusters, in the way that has fewest."""
        return min(int(codes.max()) + 1 for codes in self.ways)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a covariance may read of a least-squares fit.

    Attributes
    ----------
    x : (n, k)
        Regressors, partialled out.
    residuals, weights : (n,)
    bread : (k, k)
        Inverse of X' W X.
    parameters : int
        K: regressors and the rank of the absorbed effects (or the constant).
    clusters : Clusters or None
    """

    x: Floats
    residuals: Floats
    weights: Floats
    bread: Floats
    parameters: int
    clusters: Clusters | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.residuals)

    def scores(self) -> Floats:
        """w x e of each row, (n, k)."""
        return self.x * (self.weights * self.residuals)[:, None]


@dataclass(frozen=True, slots=True)
class Covariance:
    """Covariance of the coefficients, (k, k), the degrees of freedom of their t distribution, and the rule in words."""

    vcov: Floats
    df: float
    rule: Text


@dataclass(frozen=True, slots=True)
class CovarianceRule:
    """A kind of covariance; a file in `effects/covariances/` whose `RULE` is one of these is found by its name."""

    name: str
    clustered: bool
    compute: Callable[[Fitted], Covariance]


@cache
def rules() -> Mapping[str, CovarianceRule]:
    """The covariances by name."""
    from dualcarbon.effects import covariances

    modules = sorted(found.name for found in iter_modules(covariances.__path__))
    found = [import_module(f"{covariances.__name__}.{module}").RULE for module in modules]
    return {rule.name: rule for rule in found}


def choose(asked: str | CovarianceRule | None, clustered: bool) -> CovarianceRule:
    """The rule asked for; without a word, `cluster` if there are clusters and `iid` otherwise.

    Raises
    ------
    ConfigError
        If the name is unknown, or the rule and the presence of clusters contradict each other.
    """
    if isinstance(asked, CovarianceRule):
        rule = asked
    else:
        name = asked or ("cluster" if clustered else "iid")
        if name not in rules():
            raise ConfigError(
                Text("不认识的协方差 {n}", "unknown covariance {n}").format(n=name),
                expected=both(", ".join(rules())),
                found=both(name),
                remedy=Text("从以上名称中选择", "choose one of these names"),
            )
        rule = rules()[name]
    if rule.clustered != clustered:
        raise ConfigError(
            Text("协方差与聚类设定矛盾", "covariance and cluster contradict each other"),
            expected=Text(
                "协方差 cluster 配 cluster=列名，其余不配", "a cluster column with, and only with, 'cluster'"
            ),
            found=Text("协方差 {n}，聚类：{c}", "covariance {n}, cluster given: {c}").format(
                n=rule.name, c=Text("有", "yes") if clustered else Text("无", "no")
            ),
            remedy=Text("给出 cluster= 或删去它", "give cluster= or leave it out"),
        )
    return rule
