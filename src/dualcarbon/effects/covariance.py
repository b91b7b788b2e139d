"""The narrow waist between a fit and its standard errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate, Inference
from dualcarbon.core.text import Text, both

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Slope = tuple[Codes, Floats]

FEW_CLUSTERS = 30
"""Clusters below which an estimate carries a note."""


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
    ways: tuple[Codes, ...]
    parameters: int

    @property
    def count(self) -> int:
        """Number of clusters, in the way that has fewest."""
        return min(int(codes.max()) + 1 for codes in self.ways)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of the panel that a fit uses, for covariances that read further columns.

    Attributes
    ----------
    panel : Panel
    positions : (n,)
    """

    panel: Panel
    positions: Codes

    def column(self, name: str) -> pl.Series:
        """One column on the rows used.

        Raises
        ------
        SchemaError
            If it is absent.
        DataError
            If it has missing values there.
        """
        if name not in self.panel.frame.columns:
            raise column_absent(name, self.panel.frame.columns)
        column = self.panel.frame[name].gather(self.positions)
        empty = column.is_null() | (column.is_nan() if column.dtype.is_float() else False)
        if empty.any():
            raise values_missing(name, int(empty.sum()))
        return column


def column_absent(name: str, columns: Sequence[str]) -> SchemaError:
    """That the table has no such column."""
    return SchemaError(
        Text("协方差所需的列不在表中", "a column of the covariance is not in the table"),
        expected=both(", ".join(columns)),
        found=Text("缺 {a}", "missing {a}").format(a=name),
        remedy=Text("检查列名", "check the name"),
    )


def values_missing(name: str, rows: int) -> DataError:
    """That a column of the covariance is missing on some rows used."""
    return DataError(
        Text("协方差所需的列有缺失值", "a column of the covariance has missing values"),
        expected=Text("所用各行的 {c} 齐全", "{c} present on every row used").format(c=name),
        found=Text("{k} 行缺失", "missing on {k} rows").format(k=rows),
        remedy=Text(
            '补全，或用 sample=pl.col("{c}").is_not_null() 舍去', 'complete it, or sample=pl.col("{c}").is_not_null()'
        ).format(c=name),
    )


@dataclass(frozen=True, slots=True)
class Linear:
    """What a covariance may read of ordinary (weighted) least squares only.

    Attributes
    ----------
    coef : (k,)
        Coefficients on `Fitted.x`.
    mapping : (k, k)
        The reported coefficients as combinations of these.
    names : k reported names
    """

    coef: Floats
    mapping: Floats
    names: tuple[str, ...]


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
    effects : each (n,)
        Dense codes of the absorbed effects.
    rows : Rows or None
    linear : Linear or None
        None where the estimator is not least squares, or slopes vary by group.
    slopes : each codes (n,) and variables (n, q)
        Absorbed slopes that vary by group.
    """

    x: Floats
    residuals: Floats
    weights: Floats
    bread: Floats
    parameters: int
    clusters: Clusters | None = None
    effects: tuple[Codes, ...] = ()
    rows: Rows | None = None
    linear: Linear | None = None
    slopes: tuple[Slope, ...] = ()

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.residuals)

    def scores(self) -> Floats:
        """w x e of each row, (n, k)."""
        return self.x * (self.weights * self.residuals)[:, None]

    def squares(self) -> float:
        """Sum of w e^2."""
        return float(np.sum(self.weights * self.residuals**2))


@dataclass(frozen=True, slots=True)
class Covariance:
    """A covariance of the coefficients and what belongs to it.

    Attributes
    ----------
    vcov : (k, k)
    df : float
        Degrees of freedom of the t distribution.
    rule : Text
        The covariance and its small-sample rule.
    notes : tuple of Text
        What makes it fragile.
    clusters : Clusters or None
        The clusters used, if any.
    inference : Inference or None
        Tests that replace those of the t distribution; in terms of the reported coefficients.
    cut : bool
        Whether negative eigenvalues were set to zero, after which `vcov` is no quadratic form in the residuals.
    """

    vcov: Floats
    df: float
    rule: Text
    notes: tuple[Text, ...] = ()
    clusters: Clusters | None = None
    inference: Inference | None = None
    cut: bool = False


class Vcov(Protocol):
    """A kind of covariance.

    `clustered`: whether it needs the clusters that `cluster=` names.
    """

    @property
    def name(self) -> str: ...

    @property
    def clustered(self) -> bool: ...

    def compute(self, fitted: Fitted, /) -> Covariance: ...


@dataclass(frozen=True, slots=True)
class CovarianceRule:
    """A covariance without options, computed by a function."""

    name: str
    clustered: bool
    compute: Callable[[Fitted], Covariance]


@cache
def rules() -> Mapping[str, Vcov]:
    """The covariances by name: every file in `effects/covariances/` holds one, with its defaults, as `RULE`."""
    from dualcarbon.effects import covariances

    modules = sorted(found.name for found in iter_modules(covariances.__path__))
    found = [import_module(f"{covariances.__name__}.{module}").RULE for module in modules]
    return {rule.name: rule for rule in found}


def asked(covariance: str | Vcov | None, vcov: str | Vcov | None) -> str | Vcov | None:
    """The one of the two words that is given.

    Raises
    ------
    ConfigError
        If both are.
    """
    if covariance is not None and vcov is not None:
        raise ConfigError(
            Text("协方差给了两次", "the covariance is given twice"),
            expected=Text("vcov= 与 covariance= 二者之一", "one of vcov= and covariance="),
            found=both(f"vcov={vcov!r}, covariance={covariance!r}"),
            remedy=Text("只留 vcov=", "keep vcov="),
        )
    return vcov if covariance is None else covariance


def choose(asked: str | Vcov | None, clustered: bool | None = None) -> Vcov:
    """The covariance asked for; without a word, `cluster` if there are clusters and `iid` otherwise.

    `clustered` tells whether `cluster=` is given; None leaves that unchecked.

    Raises
    ------
    ConfigError
        If the name is unknown, or the covariance and the presence of clusters contradict each other.
    """
    name = asked or ("cluster" if clustered else "iid")
    if isinstance(name, str) and name not in rules():
        raise ConfigError(
            Text("不认识的协方差 {n}", "unknown covariance {n}").format(n=name),
            expected=both(", ".join(rules())),
            found=both(name),
            remedy=Text("从以上名称中选择", "choose one of these names"),
        )
    rule = rules()[name] if isinstance(name, str) else name
    if not callable(getattr(rule, "compute", None)):
        raise ConfigError(
            Text("vcov= 不是协方差", "vcov= is no covariance"),
            expected=Text("{r}，或 Cluster(...) 等对象", "{r}, or an object like Cluster(...)").format(
                r=", ".join(rules())
            ),
            found=both(f"{type(rule).__name__}: {rule!r}"),
            remedy=Text('写成如 vcov="hc1"', 'write it like vcov="hc1"'),
        )
    if clustered is not None and rule.clustered != clustered:
        raise ConfigError(
            Text("协方差与聚类设定矛盾", "covariance and cluster contradict each other"),
            expected=Text(
                "cluster、wild 配 cluster=列名，其余不配", "a cluster column with, and only with, 'cluster' or 'wild'"
            ),
            found=Text("协方差 {n}，聚类：{c}", "covariance {n}, cluster given: {c}").format(
                n=rule.name, c=Text("有", "yes") if clustered else Text("无", "no")
            ),
            remedy=Text("给出 cluster= 或删去它", "give cluster= or leave it out"),
        )
    return rule


def covariance_of(rule: Vcov, fitted: Fitted) -> Covariance:
    """What the covariance finds, with the clusters of the fit if it needs them and names none itself."""
    found = rule.compute(fitted)
    return replace(found, clusters=fitted.clusters) if rule.clustered and found.clusters is None else found


def with_covariance(estimate: Estimate, found: Covariance, mapping: Floats) -> Estimate:
    """The estimate with another covariance.

    Parameters
    ----------
    mapping : (k, k)
        Reported coefficients as combinations of those that `found` is the covariance of.
    """
    return replace(
        estimate,
        vcov=mapping @ found.vcov @ mapping.T,
        df=found.df,
        rule=found.rule,
        notes=found.notes,
        inference=found.inference,
        cluster=None if found.clusters is None else found.clusters.name,
        clusters=0 if found.clusters is None else found.clusters.count,
    )


def require_rows(fitted: Fitted, name: str) -> Rows:
    """The rows, or an error that the covariance needs them."""
    if fitted.rows is None:
        raise ConfigError(
            Text("此估计量不支持协方差 {n}", "this estimator has no covariance {n}").format(n=name),
            expected=Text("能读取面板列的估计", "an estimate that can read the panel's columns"),
            found=both(name),
            remedy=Text('用 cluster= 或 vcov="hc1"', 'use cluster= or vcov="hc1"'),
        )
    return fitted.rows


def require_linear(fitted: Fitted, name: str) -> Linear:
    """What least squares alone has, or an error that the covariance needs it."""
    if fitted.linear is None:
        raise ConfigError(
            Text("协方差 {n} 只用于最小二乘", "covariance {n} is for least squares only").format(n=name),
            expected=Text(
                "最小二乘（可加权、可吸收效应，无组别斜率）",
                "least squares, weighted or not, with or without effects, without slopes by group",
            ),
            found=Text("另一种估计量", "another estimator"),
            remedy=Text('用 cluster= 或 vcov="hc1"', 'use cluster= or vcov="hc1"'),
        )
    return fitted.linear


def clusters_by(fitted: Fitted, written: str, name: str) -> Clusters:
    """Clusters named like effects, `firm_id` or `firm_id + year`, on the rows of a fit."""
    from dualcarbon.core.codes import dense_codes
    from dualcarbon.effects.formula import parse
    from dualcarbon.kernels.slopes import rank_with_slopes

    rows = require_rows(fitted, name)
    groupings = parse("y ~ 1", cluster=written).clusters
    ways = tuple(dense_codes([rows.column(column) for column in grouping.columns]) for grouping in groupings)
    regressors = fitted.parameters - rank_with_slopes(fitted.effects, fitted.slopes)
    crossing = rank_across(fitted.effects, fitted.slopes, ways)
    return Clusters(" + ".join(grouping.name for grouping in groupings), ways, regressors + crossing)


def rank_across(effects: Sequence[Codes], slopes: Sequence[Slope], ways: Sequence[Codes]) -> int:
    """Rank of the constant and of the effects and slopes whose groups are not nested in a way of clusters."""
    from dualcarbon.kernels.slopes import rank_with_slopes

    crossing = [slope for slope in slopes if crossing_effects(slope[:1], ways)]
    return rank_with_slopes(crossing_effects(effects, ways), crossing)


def crossing_effects(effects: Sequence[Codes], ways: Sequence[Codes]) -> list[Codes]:
    """The effects that are nested in none of the ways."""
    from dualcarbon.kernels.groups import is_nested, levels_of

    return [effect for effect in effects if not any(is_nested(effect, codes, levels_of(effect)) for codes in ways)]


def few_clusters(count: int) -> tuple[Text, ...]:
    """A note where there are fewer than `FEW_CLUSTERS`."""
    if count >= FEW_CLUSTERS:
        return ()
    return (
        Text(
            "仅 {g} 个聚类（少于 {f}）：聚类标准误偏小，宜用 wild 自助法",
            "only {g} clusters (fewer than {f}): clustered errors tend to be too small; prefer the wild bootstrap",
        ).format(g=count, f=FEW_CLUSTERS),
    )
