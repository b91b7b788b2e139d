"""Whom treated units are compared with: a propensity from what was known before, and weights by matching on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.options import bad_option, require_choice
from dualcarbon.core.text import Text

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
Scale = Literal["logit", "probability"]


@dataclass(frozen=True, slots=True)
class Scores:
    """Propensities of units: log odds and probabilities, both (u,)."""

    index: Floats
    probability: Floats


@dataclass(frozen=True, slots=True)
class Weights:
    """What matching gives.

    Attributes
    ----------
    pool : (c,)
        Weights of the comparison units; they sum to the number of treated units that found somebody.
    found : (t,) bool
        Whether a treated unit found somebody.
    """

    pool: Floats
    found: Mask


class Matching(Protocol):
    """A way to weight comparison units so that they resemble the treated.

    `refit` says whether the propensity is fitted anew when treated units off the common support have left: weights that
    are odds resemble the treated whom the propensity was fitted on, and only these.
    """

    @property
    def refit(self) -> bool: ...

    @property
    def words(self) -> Text:
        """What it does, for the notes."""
        ...

    def weights(self, treated: Scores, pool: Scores) -> Weights:
        """Weights of the comparison units."""
        ...


@dataclass(frozen=True, slots=True)
class Nearest:
    """The k nearest comparison units of each treated unit, each with weight 1/k.

    Parameters
    ----------
    caliper : float or None
        Largest distance: in standard deviations of the log odds (0.2: Austin 2011, https://doi.org/10.1002/pst.433), or
        in probability where `on` says so; None for none.
    replacement : bool
        Whether a comparison unit may serve several treated units. Without it treated units choose in the order of
        falling propensity, and go without where nobody is left.
    k : int
    on : {"logit", "probability"}
        What distance is measured in.

    Notes
    -----
    Of two comparison units at the same distance the one with the lower propensity is taken, of equal ones one by the
    order of units. A treated unit with fewer than k within the caliper spreads its weight over those it has.
    """

    caliper: float | None = 0.2
    replacement: bool = True
    k: int = 1
    on: Scale = "logit"

    refit = False

    def __post_init__(self) -> None:
        require_choice("on", self.on, get_args(Scale))
        if self.k < 1:
            raise bad_option("k", Text("正整数", "a positive number"), self.k)
        if self.caliper is not None and not self.caliper > 0:
            raise bad_option("caliper", Text("正数或 None", "a positive number or None"), self.caliper)

    @property
    def words(self) -> Text:
        """What it does, for the notes."""
        units = (
            Text(" 个对数几率标准差", " standard deviations of the log odds")
            if self.on == "logit"
            else Text("（概率）", " in probability")
        )
        within = Text("不限卡尺", "no caliper") if self.caliper is None else Text("卡尺 {c}{u}", "caliper {c}{u}")
        again = Text("有放回", "with replacement") if self.replacement else Text("无放回", "without replacement")
        return Text("{k} 近邻匹配，{w}，{a}", "{k} nearest, {w}, {a}").format(
            k=self.k, w=within.format(c=f"{self.caliper or 0:g}", u=units), a=again
        )

    def weights(self, treated: Scores, pool: Scores) -> Weights:
        """Weights of the comparison units."""
        from dualcarbon.kernels.matching import nearest, nearest_once, shares

        mine, theirs = (treated.index, pool.index) if self.on == "logit" else (treated.probability, pool.probability)
        unit = float(np.std(np.concatenate([mine, theirs]), ddof=1)) if self.on == "logit" else 1.0
        reach = np.inf if self.caliper is None else self.caliper * unit
        order = np.argsort(theirs, kind="stable")
        turn = np.arange(len(mine)) if self.replacement else np.argsort(-mine, kind="stable")
        pick = nearest if self.replacement else nearest_once
        chosen = pick(mine[turn], theirs[order], self.k, reach)
        found = np.zeros(len(mine), dtype=np.bool_)
        found[turn] = chosen[:, 0] >= 0
        return Weights(_put_back(shares(chosen, len(theirs)), order), found)


@dataclass(frozen=True, slots=True)
class Kernel:
    """All comparison units near a treated unit, the nearer the more: Epanechnikov weights 1 - (distance / bandwidth)^2.

    Parameters
    ----------
    bandwidth : float
        In probability.
    """

    bandwidth: float = 0.06

    refit = False

    def __post_init__(self) -> None:
        if not self.bandwidth > 0:
            raise bad_option("bandwidth", Text("正数", "a positive number"), self.bandwidth)

    @property
    def words(self) -> Text:
        """What it does, for the notes."""
        said = Text("核匹配（Epanechnikov），带宽 {b}（概率）", "kernel (Epanechnikov), bandwidth {b} in probability")
        return said.format(b=f"{self.bandwidth:g}")

    def weights(self, treated: Scores, pool: Scores) -> Weights:
        """Weights of the comparison units."""
        from dualcarbon.kernels.matching import epanechnikov

        order = np.argsort(pool.probability, kind="stable")
        weights, count = epanechnikov(treated.probability, pool.probability[order], self.bandwidth)
        return Weights(_put_back(weights, order), count > 0)


@dataclass(frozen=True, slots=True)
class Weighting:
    """All comparison units, weighted by their odds p / (1 - p), which sum to the number of treated units.

    The propensity is fitted anew when treated units off the common support have left.
    """

    refit = True

    @property
    def words(self) -> Text:
        """What it does, for the notes."""
        return Text(
            "逆概率加权（比较单位按几率加权）", "inverse probability weighting (comparison units by their odds)"
        )

    def weights(self, treated: Scores, pool: Scores) -> Weights:
        """Weights of the comparison units."""
        odds = np.exp(pool.index - pool.index.max(initial=-np.inf))
        return Weights(len(treated.index) * odds / odds.sum(), np.ones(len(treated.index), dtype=np.bool_))


def _put_back(sorted_weights: Floats, order: Codes) -> Floats:
    weights = np.empty_like(sorted_weights)
    weights[order] = sorted_weights
    return weights
