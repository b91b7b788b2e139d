"""How strongly firms of each size react: effects of digital use, and adoption as a logit with a cost threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both

Floats = NDArray[np.float64]

_ROUNDING = 1e-9
"""Asymmetry and negative eigenvalue that are rounding, of the correlations."""

_BLOCKS = 3
_NO_SOURCE = Text("由调用者给出", "given by the caller")


@dataclass(frozen=True, slots=True)
class Numbers:
    """Coefficients of the size classes with their covariance.

    Attributes
    ----------
    coef : (g,)
    vcov : (g, g)
        Zero where a coefficient is an assumption and not an estimate.
    """

    coef: Floats
    vcov: Floats

    @classmethod
    def of(cls, coef: Sequence[float], vcov: Sequence[Sequence[float]] | Floats | None = None) -> Numbers:
        """From plain numbers; without a covariance they are assumptions."""
        values = np.array(coef, dtype=np.float64)
        spread = np.zeros((values.size, values.size)) if vcov is None else np.array(vcov, dtype=np.float64)
        return cls(values, spread)

    @classmethod
    def from_estimate(cls, estimate: Estimate, names: Sequence[str]) -> Numbers:
        """One regression with a coefficient for each class, as a threshold regression gives it.

        Raises
        ------
        ConfigError
            The estimate has no such coefficient.
        """
        absent = [name for name in names if name not in estimate.names]
        if absent:
            raise ConfigError(
                Text("估计中没有这些系数", "the estimate has no such coefficients"),
                expected=both(", ".join(estimate.names)),
                found=both(", ".join(absent)),
                remedy=Text("按规模从小到大列出系数名", "name the coefficients from the smallest class to the largest"),
            )
        at = [estimate.names.index(name) for name in names]
        return cls(estimate.coef[at], estimate.vcov[np.ix_(at, at)])

    @classmethod
    def from_split(cls, estimates: Sequence[Estimate], name: str) -> Numbers:
        """One regression for each class, on firms of its own: no covariance between the classes."""
        found = [cls.from_estimate(estimate, [name]) for estimate in estimates]
        return cls(np.array([one.coef[0] for one in found]), np.diag([one.vcov[0, 0] for one in found]))


@dataclass(frozen=True, slots=True)
class SizeEffects:
    """What digital use does to CO2 and output in each size class, and how adoption answers to its cost.

    A firm adopts where its net cost lies below its threshold, which is logistic: with the share r of the cost c taken
    over, P = 1 / (1 + exp(-(a + k r))), a its log odds today, k = `slope` of its class (c over the scale of the
    threshold). Adoption then changes ln CO2 by `rise` x `co2` and ln output by `rise` x `output`.

    Attributes
    ----------
    labels : tuple of Text, g
        From the smallest class to the largest.
    cuts : tuple of float, g - 1
        A firm at a cut belongs to the class above.
    co2, output : (g,)
        Change of ln CO2, ln output, as digital use rises by one unit. `output` is NaN where it was not estimated.
    slope : (g,)
        Rise of the log odds of adoption as its whole cost is taken over.
    vcov : (3g, 3g)
        Joint covariance of (co2, output, slope).
    source : Text
    """

    labels: tuple[Text, ...]
    cuts: tuple[float, ...]
    co2: Floats
    output: Floats
    slope: Floats
    vcov: Floats
    source: Text

    def __post_init__(self) -> None:
        _require_shapes(self)
        _require_covariance(self.vcov)
        if not np.all(self.slope > 0.0):
            raise DataError(
                Text("采用概率不随成本补贴上升", "adoption does not rise as its cost falls"),
                expected=Text("各规模的斜率大于零", "slopes above zero in every size class"),
                found=both(", ".join(f"{v:g}" for v in self.slope)),
                remedy=Text(
                    "检查斜率的符号：它是成本全部免除时对数优势的上升",
                    "check the sign: the slope is the rise of the log odds as the whole cost is taken over",
                ),
            )
        for name in ("co2", "output", "slope", "vcov"):
            own = np.array(getattr(self, name), dtype=np.float64)
            own.flags.writeable = False
            object.__setattr__(self, name, own)

    @property
    def classes(self) -> int:
        """How many size classes."""
        return len(self.labels)

    @property
    def centre(self) -> Floats:
        """(co2, output, slope), (3g,), zero for an output that was not estimated."""
        return np.asarray(np.nan_to_num(np.concatenate([self.co2, self.output, self.slope])), dtype=np.float64)

    def draws(self, count: int, seed: int, block: int = 100) -> Floats:
        """Draws of (co2, output, slope) from the normal law of the estimates, (count, 3g).

        One spawned stream for each block of draws, so that a longer run begins with the draws of a shorter one. The
        root of the covariance is the symmetric one, which is unique: no sign or order of eigenvectors enters.
        """
        mean = self.centre
        values, vectors = np.linalg.eigh(0.5 * (self.vcov + self.vcov.T))
        root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        blocks = -(-count // block)
        streams = np.random.default_rng(seed).spawn(blocks)
        normal = np.concatenate([stream.standard_normal((block, mean.size)) for stream in streams])[:count]
        return np.asarray(mean + normal @ root, dtype=np.float64)


def size_effects(
    cuts: Sequence[float],
    co2: Numbers,
    slope: Numbers | float,
    output: Numbers | None = None,
    *,
    cross: Mapping[str, Floats] | None = None,
    labels: Sequence[Text] | None = None,
    source: Text = _NO_SOURCE,
) -> SizeEffects:
    """The effects by size from what regressions gave.

    Parameters
    ----------
    cuts : g - 1 sizes, increasing
    co2, output : coefficients of digital use in regressions of ln CO2 and ln output, smallest class first
    slope : rise of the log odds as the whole cost is taken over; one number is an assumption for all classes
    cross : covariances between blocks, (g, g), under "co2_output", "co2_slope", "output_slope"; zero by default
    labels : names of the classes; small and large for two
    source : where the numbers come from

    Raises
    ------
    ConfigError
        Lengths that differ, unknown blocks.
    DataError
        A covariance that is none, a slope not above zero.

    Examples
    --------
    >>> found = size_effects([1e7], Numbers.of([-0.7, -2.2], [[0.25, 0.0], [0.0, 0.09]]), slope=2.0)
    >>> found.labels[0].en, found.draws(3, seed=1).shape
    ('small firms', (3, 6))
    """
    g = len(cuts) + 1
    tilt = slope if isinstance(slope, Numbers) else Numbers.of([float(slope)] * g)
    made = Numbers(np.full(g, np.nan), np.zeros((g, g))) if output is None else output
    blocks = (co2, made, tilt)
    if any(b.coef.shape != (g,) or b.vcov.shape != (g, g) for b in blocks):
        raise _wrong_lengths(g, [b.coef.size for b in blocks], [b.vcov.shape for b in blocks])
    joint = np.zeros((_BLOCKS * g, _BLOCKS * g))
    for k, block in enumerate(blocks):
        joint[k * g : (k + 1) * g, k * g : (k + 1) * g] = block.vcov
    places = {"co2_output": (0, 1), "co2_slope": (0, 2), "output_slope": (1, 2)}
    for name, part in (cross or {}).items():
        if name not in places or np.shape(part) != (g, g):
            raise _unknown_block(name, tuple(places), np.shape(part), g)
        i, j = places[name]
        joint[i * g : (i + 1) * g, j * g : (j + 1) * g] = part
        joint[j * g : (j + 1) * g, i * g : (i + 1) * g] = np.transpose(part)
    names = tuple(labels) if labels is not None else _names(g)
    return SizeEffects(names, tuple(map(float, cuts)), co2.coef, made.coef, tilt.coef, joint, source)


def _names(g: int) -> tuple[Text, ...]:
    if g == 2:
        return Text("小企业", "small firms"), Text("大企业", "large firms")
    return tuple(Text("规模 {k}", "size {k}").format(k=k) for k in range(1, g + 1))


def _require_shapes(found: SizeEffects) -> None:
    g = len(found.labels)
    increasing = all(a < b for a, b in zip(found.cuts, found.cuts[1:], strict=False)) and np.all(
        np.isfinite(found.cuts)
    )
    sizes = [np.size(v) for v in (found.co2, found.output, found.slope)]
    known = np.all(np.isfinite(found.co2)) and np.all(np.isfinite(found.slope))
    whole = np.shape(found.vcov) == (_BLOCKS * g, _BLOCKS * g)
    if g < 2 or len(found.cuts) != g - 1 or not increasing or sizes != [g] * _BLOCKS or not known or not whole:
        raise _wrong_lengths(g, sizes, [np.shape(found.vcov)])


def _wrong_lengths(g: int, sizes: Sequence[int], shapes: Sequence[tuple[int, ...]]) -> ConfigError:
    return ConfigError(
        Text("规模组与系数的个数不符", "size classes and coefficients do not match"),
        expected=Text(
            "至少两组，分界递增，每组各有一个有限的系数；现为 {g} 组",
            "at least two classes, cuts that increase, one finite coefficient for each of the {g} classes",
        ).format(g=g),
        found=Text(
            "CO2、产出、斜率的系数个数：{s}；协方差的形状：{v}",
            "coefficients of CO2, output, slope: {s}; shapes of covariances: {v}",
        ).format(s=list(sizes), v=", ".join(map(str, shapes))),
        remedy=Text(
            "分界数加一等于系数个数；每个系数在协方差中占一行一列",
            "give one coefficient more than there are cuts, and a row and a column of the covariance for each",
        ),
    )


def _unknown_block(name: str, known: Sequence[str], shape: tuple[int, ...], g: int) -> ConfigError:
    return ConfigError(
        Text("跨块协方差不能用", "a covariance between blocks cannot be used"),
        expected=Text("{k}，形状 ({g}, {g})", "{k}, of shape ({g}, {g})").format(k=" | ".join(known), g=g),
        found=both(f"{name}, {shape}"),
        remedy=Text("改正名称或形状", "correct the name or the shape"),
    )


def _require_covariance(vcov: Floats) -> None:
    lowest = skew = float("nan")
    if np.all(np.isfinite(vcov)):
        spread = np.sqrt(np.abs(vcov.diagonal()))
        unit = vcov / np.outer(np.where(spread > 0.0, spread, 1.0), np.where(spread > 0.0, spread, 1.0))
        skew = float(np.max(np.abs(unit - unit.T), initial=0.0))
        lowest = float(np.linalg.eigvalsh(0.5 * (unit + unit.T))[0])
    if skew <= _ROUNDING and lowest >= -_ROUNDING:
        return
    raise DataError(
        Text("联合协方差矩阵不成立", "the joint covariance is no covariance"),
        expected=Text("对称、半正定、有限", "symmetric, positive semidefinite, finite"),
        found=Text(
            "相关系数的最大不对称 {s:.3g}，最小特征值 {e:.3g}",
            "of the correlations: asymmetry up to {s:.3g}, smallest eigenvalue {e:.3g}",
        ).format(s=skew, e=lowest),
        remedy=Text(
            "检查各块与跨块协方差：相关系数不能超过 1", "check the blocks and their crosses: no correlation beyond 1"
        ),
    )
