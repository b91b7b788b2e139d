"""The three-step indirect effect with cluster bootstrap, kept for comparison with the older literature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.codes import compact
from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.options import is_whole
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.formula import parse
from dualcarbon.effects.mediation import least_squares, panel_rows
from dualcarbon.effects.sample import Sample, take_sample
from dualcarbon.effects.single import place_of
from dualcarbon.effects.specification import Varying

Floats = NDArray[np.float64]
Seeds = list[np.random.SeedSequence]

DENSE = 64
"""Groups of effects that cross the clusters up to which a draw is a sum of cross products."""

LEGACY = Text(
    "三步法，供对照：只有在中介变量给定处理后外生时才是因果的间接效应，这通常不成立（江艇，2022）；优先用两步法。",
    "Three steps, for comparison: an indirect effect in the causal sense only if the mediator is exogenous given the "
    "treatment, which is rarely so (Jiang 2022); prefer the two steps.",
)


@dataclass(frozen=True, slots=True)
class Indirect:
    """The product of coefficients and its bootstrap.

    Attributes
    ----------
    value : float
        a b.
    se, low, high, p : float
        Standard deviation of the draws, percentile interval, and twice the smaller share of draws beyond zero.
    share : float
        a b / c, of the total effect.
    total, first, second : Estimate
        Y on T (c), M on T (a), Y on T and M (c', b).
    draws : (d,)
        a b of each draw; NaN where a draw does not determine it. Read-only.
    level : float
    """

    value: float
    se: float
    low: float
    high: float
    p: float
    share: float
    total: Estimate
    first: Estimate
    second: Estimate
    draws: Floats
    level: float

    @property
    def warning(self) -> Text:
        """What the number is not."""
        return LEGACY

    def __repr__(self) -> str:
        return (
            f"Indirect(a b = {self.value:.6g} ({self.se:.6g}), {100 * self.level:g} % "
            f"[{self.low:.6g}, {self.high:.6g}], share of total {self.share:.4f}, {len(self.draws)} draws)\n"
            f"  {LEGACY.en}"
        )


def indirect_effect(
    panel: Panel,
    *,
    outcome: str,
    treatment: str,
    mediator: str,
    controls: Sequence[str] = (),
    absorb: str | None = "firm_id + year",
    cluster: str = "firm_id",
    weights: str | None = None,
    sample: pl.Expr | None = None,
    draws: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> Indirect:
    """The indirect effect a b of M = a T + X + effects and Y = c' T + b M + X + effects, clusters resampled.

    A draw takes as many clusters as there are, with replacement; one drawn twice counts as two, with effects of their
    own where an effect is nested in the cluster. After such effects are out, the cross products of a draw are sums of
    those of its clusters, so that no draw reads a row. Effects that cross the clusters enter as dummies, up to `DENSE`
    groups; beyond that each draw absorbs them anew.

    Parameters
    ----------
    panel : Panel
    outcome, treatment, mediator : str
        Terms; outcome and mediator a column or its logarithm.
    controls, absorb, weights, sample
        As for `split`.
    cluster : str
        What is resampled: one way.
    draws : int
    seed : int
        Each draw has a stream of its own.
    level : float

    Raises
    ------
    ConfigError
        Clusters of several ways, varying slopes, or fewer than two draws.
    NotIdentifiedError
        Fewer than half of the draws determine the effect.

    Notes
    -----
    Baron & Kenny (1986), https://doi.org/10.1037/0022-3514.51.6.1173. Bootstrap of the product: Preacher & Hayes
    (2008), https://doi.org/10.3758/BRM.40.3.879.
    """
    right = " + ".join([treatment, *controls])
    bar = f" | {absorb}" if absorb else ""
    widest = parse(f"{outcome} ~ {treatment} + {mediator} + {right}{bar}", cluster=cluster, weights=weights)
    if (
        len(widest.clusters) != 1
        or any(isinstance(effect, Varying) for effect in widest.effects)
        or not is_whole(draws, 2)
        or not is_whole(seed, 0)
        or not 0.0 < level < 1.0
    ):
        raise _bad_option(cluster, draws, seed, level)
    data = take_sample(widest, panel, sample)
    common = panel_rows(panel, data.rows)
    estimated = partial(least_squares, cluster=cluster, weights=weights)
    total = estimated(f"{outcome} ~ {right}{bar}", common)
    first = estimated(f"{mediator} ~ {right}{bar}", common)
    second = estimated(f"{outcome} ~ {treatment} + {mediator} + {right}{bar}", common)
    names = [term.name for term in widest.regressors[:2]]
    wanted = ((total, names[0]), (first, names[0]), (second, names[1]))
    c, a, b = (float(fit.coef[place_of(fit, name)]) for fit, name in wanted)
    found = _draws(data, np.random.SeedSequence(seed).spawn(draws))
    se, low, high, p = _summary(found, level)
    return Indirect(a * b, se, low, high, p, a * b / c, total, first, second, found, level)


def _draws(data: Sample, seeds: Seeds) -> Floats:
    """a b of each draw; the columns of the sample are Y, T, M and the controls."""
    from dualcarbon.kernels.cluster_products import cluster_products, resampled_products
    from dualcarbon.kernels.groups import is_nested, levels_of

    codes = data.clusters[0]
    nested = [effect for effect in data.effects if is_nested(effect, codes, levels_of(effect))]
    crossing = [effect for effect in data.effects if not is_nested(effect, codes, levels_of(effect))]
    if sum(levels_of(effect) for effect in crossing) > DENSE:
        return np.array([_absorbed_draw(data, seed) for seed in seeds])
    columns = [data.values, *(np.eye(levels_of(effect))[effect] for effect in crossing)]
    if not nested:
        columns.append(np.ones((len(codes), 1)))
    values = np.column_stack(columns)
    if nested:
        values = _out(values, nested, data.weights)
    products = cluster_products(np.ascontiguousarray(values), data.weights, codes, levels_of(codes))
    return _products_effect(resampled_products(products, seeds), data.values.shape[1])


def _out(values: Floats, effects: Sequence[NDArray[np.int64]], weights: Floats) -> Floats:
    from dualcarbon.kernels.absorb import partial_out

    return partial_out(np.ascontiguousarray(values), effects, weights).values


def _products_effect(products: Floats, own: int) -> Floats:
    """a b from cross products (d, m, m) of Y, T, M, controls (the first `own`) and dummies."""
    from dualcarbon.kernels.cluster_products import batched_coefficients

    others = [1, *range(3, products.shape[1])]
    a = batched_coefficients(products, 2, others)[:, 0]
    b = batched_coefficients(products, 0, [2, *others])[:, 0]
    return np.asarray(a * b, dtype=np.float64)


def _absorbed_draw(data: Sample, seed: np.random.SeedSequence) -> float:
    """One draw with all effects absorbed anew: clusters as often as drawn are rows weighted as often."""
    from dualcarbon.kernels.cluster_products import drawn_counts
    from dualcarbon.kernels.groups import levels_of
    from dualcarbon.kernels.moments import cross_products

    codes = data.clusters[0]
    counts = drawn_counts(levels_of(codes), [seed])[0][codes]
    keep = counts > 0.0
    weights = data.weights[keep] * counts[keep]
    effects = [compact(effect[keep], levels_of(effect))[0] for effect in data.effects]
    values = _out(data.values[keep], effects, weights)
    return float(_products_effect(cross_products(values, weights)[None], values.shape[1])[0])


def _summary(found: Floats, level: float) -> tuple[float, float, float, float]:
    """Standard deviation, interval and p value of the draws (d,)."""
    from dualcarbon.kernels.resampling import percentile_interval

    known = found[np.isfinite(found)]
    if len(known) < max(2, len(found) // 2):
        raise NotIdentifiedError(
            Text("多数抽样不能确定间接效应", "most draws do not determine the indirect effect"),
            expected=Text("至少一半的抽样可识别", "at least half of the draws identified"),
            found=Text("{k} / {n}", "{k} of {n}").format(k=len(known), n=len(found)),
            remedy=Text("增加聚类数，或少吸收效应", "use more clusters or absorb fewer effects"),
        )
    low, high = percentile_interval(known, level)
    beyond = min(float(np.mean(known <= 0.0)), float(np.mean(known >= 0.0)))
    found.flags.writeable = False
    return float(np.std(known, ddof=1)), low, high, min(1.0, 2.0 * beyond)


def _bad_option(cluster: str, draws: int, seed: int, level: float) -> ConfigError:
    return ConfigError(
        Text("自助法设定无效", "the bootstrap cannot be run as set"),
        expected=Text(
            "一维聚类，不吸收变斜率，draws ≥ 2，seed ≥ 0，0 < level < 1",
            "clusters of one way, no varying slopes, draws >= 2, seed >= 0, 0 < level < 1",
        ),
        found=both(f"cluster={cluster!r}, draws={draws}, seed={seed}, level={level}"),
        remedy=Text("改正该项", "correct it"),
    )
