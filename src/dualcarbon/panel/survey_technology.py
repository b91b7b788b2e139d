"""Technologies whose frontier and marginal abatement cost are known in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text

Floats = NDArray[np.float64]


def _refuse(found: str, zh: str, en: str) -> ConfigError:
    return ConfigError(
        Text("模拟技术的参数有误", "the parameters of the simulated technology are wrong"),
        expected=Text(zh, en),
        found=Text(found, found),
        remedy=Text("改正参数", "correct the parameters"),
    )


@dataclass(frozen=True, slots=True)
class CesByproduct:
    """A by-product technology with two inputs, sizes over orders of magnitude, and a frontier of CES shape.

    With l1, l2 the logs of labour and capital (deviations from a reference), F the composite input and r the log of
    CO2 per composite input,

        ln F = w l1 + (1 - w) l2 - c (l1 - l2)^2
        q = de exp(rho r),  ln y = s [ln F + ln(q + 1 - de) / rho],  ln b = ln F + r  on the frontier,
        d ln y / d ln b = s e,  e = q / (q + 1 - de);   MAC = s e y / b.

    F is homogeneous of degree one; inefficiency u scales (y, b) to (y exp(-u), b exp(u)). There is no technical
    change: one frontier per industry holds for all years.

    Parameters
    ----------
    rho : float < 1, or None
        Substitution between CO2 and the composite input. None: solved so that the planted effect on ln MAC with
        controls follows from the planted effect on ln CO2.
    de : float in (0, 1)
        Elasticity e at r = 0.
    returns : float > 0
        s, returns to scale of the good output.
    labour : float in (0, 1)
        w.
    curvature : float >= 0
        c.
    """

    rho: float | None = None
    de: float = 0.2
    returns: float = 1.0
    labour: float = 0.55
    curvature: float = 0.02

    def __post_init__(self) -> None:
        fine = 0.0 < self.de < 1.0 and self.returns > 0.0 and 0.0 < self.labour < 1.0 and self.curvature >= 0.0
        if not fine or (self.rho is not None and not self.rho < 1.0):
            raise _refuse(
                repr(self),
                "rho < 1；0 < de < 1；returns > 0；0 < labour < 1；curvature >= 0",
                "rho < 1; 0 < de < 1; returns > 0; 0 < labour < 1; curvature >= 0",
            )

    @property
    def substitution(self) -> float:
        """rho, which must have been given or solved."""
        if self.rho is None:
            raise _refuse("rho=None", "已解出的 rho", "a rho that has been solved")
        return self.rho

    def composite(self, labour: Floats, capital: Floats) -> Floats:
        """ln F of log inputs (n,)."""
        gap = labour - capital
        return self.labour * labour + (1.0 - self.labour) * capital - self.curvature * gap * gap

    def good(self, composite: Floats, intensity: Floats) -> Floats:
        """ln y on the frontier at log intensity r (n,)."""
        return self.returns * (composite + _ces(self.substitution, self.de, intensity))

    def elasticity(self, intensity: Floats) -> Floats:
        """d ln y / d ln b on the frontier (n,)."""
        return self.returns * _share(self.substitution, self.de, intensity)

    def log_price(self, intensity: Floats) -> Floats:
        """h(r) = ln MAC at ln F = 0 (n,); ln MAC = h(r) + (s - 1) ln F."""
        ces = _ces(self.substitution, self.de, intensity)
        return np.log(self.elasticity(intensity)) + self.returns * ces - intensity

    def log_price_slope(self, intensity: Floats) -> Floats:
        """h'(r) = s e - 1 + rho (1 - e), shape (n,); with s = 1 it is -(1 - rho)(1 - e)."""
        share = _share(self.substitution, self.de, intensity)
        return self.returns * share - 1.0 + self.substitution * (1.0 - share)

    def mean_slope(self, rho: float, spread: float) -> float:
        """E h'(r) for r normal with mean 0 and that standard deviation, by Gauss-Hermite quadrature."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(64)
        share = _share(rho, self.de, spread * nodes)
        slope = self.returns * share - 1.0 + rho * (1.0 - share)
        return float((weights * slope).sum() / weights.sum())


def _ces(rho: float, de: float, intensity: Floats) -> Floats:
    """ln(q + 1 - de) / rho; its limit de r at rho = 0."""
    if rho == 0.0:
        return de * intensity
    return np.asarray(np.log1p(de * np.expm1(rho * intensity)) / rho)


def _share(rho: float, de: float, intensity: Floats) -> Floats:
    """q / (q + 1 - de) as a logistic, which neither overflows nor cancels."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * (rho * intensity + np.log(de / (1.0 - de)))))


@dataclass(frozen=True, slots=True)
class QuadraticTechnology:
    """A technology whose directional distance function is exactly quadratic; sizes within a factor of five.

    In units of the industry, with x = w x1 + (1 - w) x2 the composite input, z carbon slack and s = 2 x + z the sum of
    both outputs, the frontier is

        b = 0.7 s - 0.4 x + 0.25 z^2,  y = s - b,  t = db/ds = 0.7 + 0.5 z,  MAC = dy/db = (1 - t) / t,

    so D(x, y, b) = b - [0.7 (y + b) - 0.4 x + 0.25 (y + b - 2 x)^2] is quadratic, linear in the direction (1, -1).
    Inefficiency u moves (y, b) to (y - u, b + u). Effects of digital use are not planted: they follow.

    Parameters
    ----------
    labour : float in (0, 1)
        w.
    """

    labour: float = 0.55

    def __post_init__(self) -> None:
        if not 0.0 < self.labour < 1.0:
            raise _refuse(repr(self), "0 < labour < 1", "0 < labour < 1")

    def composite(self, labour: Floats, capital: Floats) -> Floats:
        """x of inputs in units of the reference (n,)."""
        return self.labour * labour + (1.0 - self.labour) * capital

    def bad(self, composite: Floats, both: Floats) -> Floats:
        """b on the frontier given x and s = y + b (n,)."""
        slack = both - 2.0 * composite
        return 0.7 * both - 0.4 * composite + 0.25 * slack * slack

    def trade_off(self, slack: Floats) -> Floats:
        """t = db/ds (n,)."""
        return 0.7 + 0.5 * slack


SurveyTechnology = CesByproduct | QuadraticTechnology
