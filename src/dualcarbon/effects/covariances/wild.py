"""Errors correlated within few clusters: tests by the wild cluster bootstrap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import Clusters, Covariance, Fitted, Linear, crossing_effects, require_linear
from dualcarbon.effects.covariances.cluster import clustered, required

Floats = NDArray[np.float64]

MOST_WORK = 1_000_000_000
"""Rows x clusters x tested coefficients up to which effects that cross the clusters are taken out of the draws."""

MOST_CROSSED = 2_000
"""Clusters up to which effects may cross them."""

FEW_SIGNS = 12
"""Clusters below which Rademacher weights have too few combinations."""

GRID = 1.05 ** np.arange(-140.0, 190.0)
"""Distances from the estimate, in standard errors, among which an end of an interval is looked for."""

BISECTIONS = 60


@dataclass(frozen=True, slots=True)
class WildInference:
    """p values and intervals from the draws.

    Attributes
    ----------
    coef, se, spread : (k,)
        Coefficients, clustered errors, and sums of squared cluster scores.
    moments : (k, b, 5)
        What the statistic of each draw depends on; NaN where a coefficient is not tested.
    complete : bool
        Whether the draws are all that can occur.
    scale : (k,)
        Units of the coefficients.
    """

    coef: Floats
    se: Floats
    spread: Floats
    moments: Floats
    complete: bool
    scale: Floats

    @property
    def p(self) -> Floats:
        """Two-sided p values of the coefficients being 0, (k,)."""
        return np.array([self._p(j, self.coef[[j]])[0] for j in range(len(self.coef))])

    def interval(self, level: float = 0.95) -> Floats:
        """The values that a test at 1 - level does not reject, out to the first that it rejects, (k, 2)."""
        ends = np.array(
            [
                [self.coef[j] - side * self._reach(j, side, 1.0 - level) for side in (1.0, -1.0)]
                for j in range(len(self.coef))
            ]
        )
        return np.sort(ends * self.scale[:, None], axis=1)

    def scaled(self, scale: Floats) -> WildInference:
        """The same for coefficients multiplied by `scale`, (k,)."""
        return replace(self, scale=self.scale * scale)

    def _p(self, j: int, distances: Floats) -> Floats:
        """p values of the nulls at some distances below the estimate, (d,)."""
        from dualcarbon.kernels.wild import extreme

        if np.isnan(self.moments[j, 0, 0]):
            return np.full(len(distances), np.nan)
        counts, draws = extreme(self.moments[j], self.spread[j], distances), self.moments.shape[1]
        more = 0.0 if self.complete else 1.0
        return np.asarray((counts + more) / (draws + more), dtype=np.float64)

    def _reach(self, j: int, side: float, size: float) -> float:
        """Distance from the estimate at which p first falls to `size`; infinite if it does not."""
        if np.isnan(self.moments[j, 0, 0]):
            return float("nan")
        grid = np.concatenate([[0.0], GRID]) * self.se[j]
        rejected = np.flatnonzero(self._p(j, side * grid) <= size)
        if not len(rejected) or not np.isfinite(self.se[j]) or self.se[j] == 0.0:
            return float("inf")
        low, high = grid[rejected[0] - 1], grid[rejected[0]]
        for _ in range(BISECTIONS):
            middle = (low + high) / 2.0
            low, high = (low, middle) if self._p(j, np.array([side * middle]))[0] <= size else (middle, high)
        return float(high)


@dataclass(frozen=True, slots=True)
class WildCluster:
    """Clustered standard errors, with p values and intervals from the wild cluster bootstrap, the null imposed.

    For each coefficient apart, the null (0, or a value on the way to an end of the interval) is imposed, the restricted
    residuals of each cluster are multiplied by one random weight, and the t statistic is computed anew; p is the share
    of draws whose |t| is not below the estimate's, the estimate counted as a draw. Intervals invert the test. All draws
    are computed from cross products by cluster, exactly, with the effects taken out of each draw.

    Parameters
    ----------
    by : str, optional
        Column (or combination `a^b`) of the clusters, one way. Without it those of `cluster=`.
    draws : int
        If 2^G is at most draws + 1 and the weights are Rademacher, every combination of signs is taken once instead.
    seed : int
    weights : "rademacher" or "webb"
        Signs, or Webb's six values; prefer these with fewer than 12 clusters.
    of : tuple of str
        Coefficients to test; default all. The others get NaN.

    Notes
    -----
    `se`, `t` and `vcov` of the estimate are the clustered ones; `p`, `stars` and `interval` are the bootstrap's.

    Cameron, Gelbach & Miller (2008), https://doi.org/10.1162/rest.90.3.414; Roodman, Nielsen, MacKinnon & Webb (2019),
    https://doi.org/10.1177/1536867X19830877; Webb (2023), https://doi.org/10.1111/caje.12661.
    """

    by: str | None = None
    draws: int = 999
    seed: int = 0
    weights: Literal["rademacher", "webb"] = "rademacher"
    of: tuple[str, ...] = ()
    name = "wild"

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", (self.of,) if isinstance(self.of, str) else tuple(self.of))
        if self.draws < 1 or self.weights not in ("rademacher", "webb"):
            raise ConfigError(
                Text("wild 自助法的选项无效", "the options of the wild bootstrap are not valid"),
                expected=Text(
                    "draws 为正，weights 为 rademacher 或 webb", "draws positive, weights rademacher or webb"
                ),
                found=both(f"draws={self.draws}, weights={self.weights}"),
                remedy=Text("改正选项", "correct the option"),
            )

    @property
    def clustered(self) -> bool:
        """Whether it needs `cluster=`."""
        return self.by is None

    def compute(self, fitted: Fitted) -> Covariance:
        """The clustered covariance with the bootstrap's inference.

        Raises
        ------
        ConfigError
            With several ways of clusters, an estimator that is not least squares, an unknown coefficient, or effects
            that cross too many clusters.
        NotIdentifiedError
            With fewer than two clusters.
        """
        linear = require_linear(fitted, self.name)
        clusters = required(fitted, self.by, self.name)
        if len(clusters.ways) > 1:
            raise _several_ways(clusters)
        found = clustered(fitted, clusters)
        inference = self._inference(fitted, linear, clusters, found)
        few = self.weights == "rademacher" and clusters.count < FEW_SIGNS
        rule = Text(
            "{r}；p 值与区间由 wild 聚类自助法得出（{w}，{b}，施加原假设）",
            "{r}; p values and intervals from the wild cluster bootstrap ({w}, {b}, null imposed)",
        ).format(r=found.rule, w=self.weights, b=self._drawn(inference))
        return replace(found, rule=rule, notes=(_few_signs(clusters.count),) if few else (), inference=inference)

    def _drawn(self, inference: WildInference) -> Text:
        count = inference.moments.shape[1]
        if inference.complete:
            return Text("全部 {b} 种符号", "all {b} signs").format(b=count)
        return Text("{b} 次，种子 {s}", "{b} draws, seed {s}").format(b=count, s=self.seed)

    def _inference(self, fitted: Fitted, linear: Linear, clusters: Clusters, found: Covariance) -> WildInference:
        from dualcarbon.kernels.wild import moments, products, signs

        tested = self._tested(linear.names)
        effects = fitted.effects if crossing_effects(fitted.effects, clusters.ways) else ()
        if effects:
            _require_few(fitted.n, clusters.count, len(tested))
        codes = clusters.ways[0]
        parts = products(
            fitted.x, fitted.residuals, fitted.weights, fitted.bread,
            linear.mapping[tested], codes, clusters.count, effects,
        )  # fmt: skip
        blocks, complete = signs(clusters.count, self.draws, self.seed, self.weights == "webb")
        k = len(linear.names)
        drawn = np.full((k, sum(len(block) for block in blocks), 5), np.nan)
        spread = np.full(k, np.nan)
        for j, part in zip(tested, parts, strict=True):
            drawn[j] = np.concatenate([moments(part, fitted.bread, block) for block in blocks])
            spread[j] = float(np.sum(part.own**2))
        vcov = linear.mapping @ found.vcov @ linear.mapping.T
        coef, se, scale = linear.mapping @ linear.coef, np.sqrt(np.diag(vcov)), np.ones(k)
        for array in (coef, se, spread, drawn, scale):
            array.flags.writeable = False
        return WildInference(coef, se, spread, drawn, complete, scale)

    def _tested(self, names: tuple[str, ...]) -> list[int]:
        absent = [name for name in self.of if name not in names]
        if absent:
            raise ConfigError(
                Text("要检验的系数不在回归中", "coefficients to be tested are not in the regression"),
                expected=both(", ".join(names)),
                found=both(", ".join(absent)),
                remedy=Text("检查 of=", "check of="),
            )
        return [names.index(name) for name in (self.of or names)]


def _require_few(n: int, clusters: int, tested: int) -> None:
    if n * clusters * tested > MOST_WORK or clusters > MOST_CROSSED:
        raise ConfigError(
            Text("有效应跨越聚类，聚类过多", "effects cross too many clusters"),
            expected=Text(
                "行数 × 聚类数 × 检验系数不超过 {m:,}，聚类不超过 {c:,}",
                "rows x clusters x tested coefficients at most {m:,}, clusters at most {c:,}",
            ).format(m=MOST_WORK, c=MOST_CROSSED),
            found=both(f"{n:,} x {clusters:,} x {tested}"),
            remedy=Text(
                "用 of= 只检验所需系数，或用 cluster=（聚类众多时已可靠）",
                "test fewer coefficients with of=, or use cluster=, reliable with so many",
            ),
        )


def _several_ways(clusters: Clusters) -> ConfigError:
    return ConfigError(
        Text("wild 自助法只用一维聚类", "the wild bootstrap takes clusters of one way"),
        expected=Text("一列聚类", "one clustering"),
        found=both(clusters.name),
        remedy=Text("选聚类较少的一维", "take the way with fewer clusters"),
    )


def _few_signs(count: int) -> Text:
    return Text(
        '仅 {g} 个聚类：Rademacher 权重至多 {m} 种，p 值较粗，宜用 weights="webb"',
        'only {g} clusters: Rademacher weights have {m} combinations and p is coarse; weights="webb" is finer',
    ).format(g=count, m=2**count)


RULE = WildCluster()
