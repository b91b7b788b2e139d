"""What is not known for certain, as a law: each input of a simulation with its source."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.footprint import shipped

Floats = NDArray[np.float64]


class Law(Protocol):
    """An input: a name for people, a source, a status, and its quantiles."""

    @property
    def label(self) -> Text:
        """What it is."""
        ...

    @property
    def source(self) -> Text:
        """Where it comes from."""
        ...

    @property
    def status(self) -> str:
        """One of `shipped.STATUSES`."""
        ...

    def quantile(self, level: Floats) -> Floats:
        """Value below which the share `level` lies, (n,)."""
        ...

    def described(self) -> Text:
        """The law and its parameters in words."""
        ...


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every value from `low` to `high` alike.

    Examples
    --------
    >>> Uniform(Text("存量", "stock"), 2.0, 4.0).quantile(np.array([0.25])).tolist()
    [2.5]
    """

    label: Text
    low: float
    high: float
    source: Text = shipped.USER
    status: str = "given"

    def __post_init__(self) -> None:
        _require(self.label, "low < high", lambda a, b: a < b, low=self.low, high=self.high)

    def quantile(self, level: Floats) -> Floats:
        """low + u (high - low)."""
        return np.asarray(self.low + level * (self.high - self.low))

    def described(self) -> Text:
        """The law and its parameters in words."""
        return Text("均匀（{a}，{b}）", "uniform ({a}, {b})").format(a=f"{self.low:g}", b=f"{self.high:g}")


@dataclass(frozen=True, slots=True)
class Triangular:
    """From `low` over the likeliest value `mode` to `high`.

    Examples
    --------
    >>> Triangular(Text("用电", "energy"), 0.0, 1.0, 2.0).quantile(np.array([0.125, 0.5])).tolist()
    [0.5, 1.0]
    """

    label: Text
    low: float
    mode: float
    high: float
    source: Text = shipped.USER
    status: str = "given"

    def __post_init__(self) -> None:
        expected = "low <= mode <= high, low < high"
        given = {"low": self.low, "mode": self.mode, "high": self.high}
        _require(self.label, expected, lambda a, m, b: a <= m <= b and a < b, **given)

    def quantile(self, level: Floats) -> Floats:
        """low + sqrt(u w (mode - low)) up to the mode, high - sqrt((1 - u) w (high - mode)) above; w = high - low."""
        width, left, right = self.high - self.low, self.mode - self.low, self.high - self.mode
        rising = self.low + np.sqrt(level * width * left)
        falling = self.high - np.sqrt((1.0 - level) * width * right)
        return np.where(level < left / width, rising, falling)

    def described(self) -> Text:
        """The law and its parameters in words."""
        said = Text("三角（{a}，{m}，{b}）", "triangular ({a}, {m}, {b})")
        return said.format(a=f"{self.low:g}", m=f"{self.mode:g}", b=f"{self.high:g}")


@dataclass(frozen=True, slots=True)
class Lognormal:
    """A median times the exponential of a normal variable with standard deviation `sigma`.

    Examples
    --------
    >>> Lognormal(Text("台数", "units"), 3.0, 0.2).quantile(np.array([0.5])).tolist()
    [3.0]
    """

    label: Text
    median: float
    sigma: float
    source: Text = shipped.USER
    status: str = "given"

    def __post_init__(self) -> None:
        given = {"median": self.median, "sigma": self.sigma}
        _require(self.label, "median > 0, sigma > 0", lambda m, s: m > 0.0 and s > 0.0, **given)

    def quantile(self, level: Floats) -> Floats:
        """median x exp(sigma z(u)), z the normal quantile."""
        from scipy.special import ndtri

        return np.asarray(self.median * np.exp(self.sigma * ndtri(level)))

    def described(self) -> Text:
        """The law and its parameters in words."""
        said = Text("对数正态（中位数 {m}，对数标准差 {s}）", "lognormal (median {m}, log standard deviation {s})")
        return said.format(m=f"{self.median:g}", s=f"{self.sigma:g}")


def shipped_laws(model: str) -> dict[str, Law]:
    """The inputs of a shipped simulation by name: `stations` or `data_centres`."""
    return {row["key"]: _law(row) for row in shipped.rows("inputs") if row["model"] == model}


def _law(row: dict[str, str]) -> Law:
    label, source, status = shipped.label(row), shipped.source(row), row["status"]
    first, second = float(row["first"]), float(row["second"])
    if row["law"] == "uniform":
        return Uniform(label, first, second, source, status)
    if row["law"] == "triangular":
        return Triangular(label, first, second, float(row["third"]), source, status)
    return Lognormal(label, first, second, source, status)


def _require(label: Text, expected: str, holds: Callable[..., bool], **given: float) -> None:
    if all(isinstance(v, Real) and math.isfinite(v) for v in given.values()) and holds(*given.values()):
        return
    raise ConfigError(
        Text("输入“{l}”的分布参数不对", "the law of the input '{l}' has wrong parameters").format(l=label),
        expected=both(expected),
        found=both(", ".join(f"{name}={value!r}" for name, value in given.items())),
        remedy=Text("改正参数；确定的值不必作为输入", "correct the parameters; what is certain is no input"),
    )
