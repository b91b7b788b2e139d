"""From true outputs and CO2 to what a survey records: errors, contamination, fuels, and broken rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.panel.survey_balance import Regressors, balance_errors
from dualcarbon.panel.survey_firms import bounded_normal
from dualcarbon.panel.survey_technology import Floats

KINDS = ("none", "outlier", "zero", "tiny")
"""Kinds of contamination; arrays hold their positions."""

_TINY = 1e-6
_LEAST, _MOST = 0.6, 1.6
_ERROR_LIMIT = 4.5


@dataclass(frozen=True, slots=True)
class Noise:
    """Measurement error and contamination.

    Parameters
    ----------
    y, b : float >= 0
        Standard deviation of the log-normal error in output and in CO2 (all fuels of a row alike).
    outliers : float in [0, 1)
        Share of rows with output or CO2 (one of the two) times or divided by 4 to 40.
    zeros : float in [0, 1)
        Share of rows that report no energy at all.
    tiny : float in [0, 1)
        Share of rows whose energy is about a millionth of the truth.

    Examples
    --------
    >>> Noise.survey().zeros
    0.01
    """

    y: float = 0.10
    b: float = 0.10
    outliers: float = 0.01
    zeros: float = 0.01
    tiny: float = 0.01

    def __post_init__(self) -> None:
        shares = (self.outliers, self.zeros, self.tiny)
        if min(self.y, self.b, *shares) < 0.0 or sum(shares) >= 1.0:
            raise ConfigError(
                Text("测量误差的参数有误", "the parameters of the measurement error are wrong"),
                expected=Text("不小于 0，三个份额之和小于 1", "not below 0, the three shares adding to less than 1"),
                found=both(repr(self)),
                remedy=Text("改正 Noise 的参数", "correct the arguments of Noise"),
            )

    @classmethod
    def none(cls) -> Noise:
        """No error, no contamination."""
        return cls(0.0, 0.0, 0.0, 0.0, 0.0)

    @classmethod
    def survey(cls) -> Noise:
        """What a large survey looks like: 10 % error; 1 % each of gross outliers, no energy, a unit slip of 1e-6."""
        return cls()


def draw_kinds(rng: np.random.Generator, n: int, noise: Noise) -> NDArray[np.int8]:
    """Kind of contamination of each row (n,): exactly the shares, rounded to whole rows."""
    kinds = np.zeros(n, dtype=np.int8)
    counts = [round(n * share) for share in (noise.outliers, noise.zeros, noise.tiny)]
    chosen = rng.permutation(n)[: sum(counts)]
    kinds[chosen] = np.repeat(np.arange(1, 4, dtype=np.int8), counts)
    return kinds


def measurement_errors(
    rng: np.random.Generator, kinds: NDArray[np.int8], noise: Noise, used: Regressors | None
) -> tuple[Floats, Floats]:
    """Log errors of output and of CO2, (n,) each; -inf where no energy is reported.

    With regressors, errors are made orthogonal to them.
    """
    n = len(kinds)
    good = noise.y * bounded_normal(rng, n, _ERROR_LIMIT)
    bad = noise.b * bounded_normal(rng, n, _ERROR_LIMIT)
    outliers = np.flatnonzero(kinds == KINDS.index("outlier"))
    shift = np.log(10.0) * rng.uniform(_LEAST, _MOST, outliers.size) * rng.choice([-1.0, 1.0], outliers.size)
    of_good = rng.random(outliers.size) < 0.5
    good[outliers] += np.where(of_good, shift, 0.0)
    bad[outliers] += np.where(of_good, 0.0, shift)
    bad[kinds == KINDS.index("tiny")] += np.log(_TINY)
    if used is not None:
        good, bad = (balance_errors(errors, kinds, used) for errors in (good, bad))
    bad[kinds == KINDS.index("zero")] = -np.inf
    return good, bad


@dataclass(frozen=True, slots=True)
class Fuels:
    """Energy use of each row (n,): t, t, kWh."""

    coal_t: Floats
    oil_t: Floats
    power_kwh: Floats


def split_fuels(
    rng: np.random.Generator,
    co2: Floats,
    coal_share: Floats,
    per_coal_t: float,
    per_oil_t: float,
    per_kwh: Floats,
) -> Fuels:
    """Quantities that the factors turn back into `co2` (t): coal by its share, 5-35 % of the rest oil, then power."""
    oil_share = rng.uniform(0.05, 0.35, len(co2))
    coal = co2 * coal_share
    rest = co2 - coal
    oil = rest * oil_share
    return Fuels(coal / per_coal_t, oil / per_oil_t, (rest - oil) / per_kwh)
