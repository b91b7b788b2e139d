"""The test of a U or an inverted U."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.options import require_level
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text
from dualcarbon.effects.added import regress_with, treatment_of, used
from dualcarbon.effects.covariance import Vcov

if TYPE_CHECKING:
    from dualcarbon.kernels.fieller import RatioSet

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """Whether a quadratic rises and then falls, or falls and then rises, within a range.

    Attributes
    ----------
    inverted : bool
        Whether the estimated curvature is negative.
    low, high : float
        The range.
    slope_low, slope_high : float
        b1 + 2 b2 x at its ends.
    p_low, p_high : float
        One-sided, against the shape's sign of each slope.
    p : float
        Of the shape: the larger of the two. Above 0.5 where the turning point lies outside the range.
    turning_point : float
        -b1 / (2 b2).
    interval : RatioSet
        Fieller's set of the turning point; `kind` interval, complement or line.
    level : float
    """

    inverted: bool
    low: float
    high: float
    slope_low: float
    slope_high: float
    p_low: float
    p_high: float
    p: float
    turning_point: float
    interval: RatioSet
    level: float

    @property
    def inside(self) -> bool:
        """Whether the turning point lies within the range."""
        return self.low < self.turning_point < self.high

    @property
    def verdict(self) -> Text:
        """The result in words."""
        name = Text("倒 U 形", "inverted U") if self.inverted else Text("U 形", "U")
        if not self.inside:
            return Text("转折点 {t} 在样本范围之外：不是{s}", "turning point {t} outside the range: no {s}").format(
                t=f"{self.turning_point:.4g}", s=name
            )
        return Text("{s}，p = {p}，转折点 {t}", "{s}, p = {p}, turning point {t}").format(
            s=name, p=f"{self.p:.4f}", t=f"{self.turning_point:.4g}"
        )


def lind_mehlum(
    coef: Sequence[float] | Floats, vcov: Floats, low: float, high: float, *, df: float, level: float = 0.95
) -> Shape:
    """The test of Lind & Mehlum (2010) on y = b1 x + b2 x^2 for low <= x <= high.

    An inverted U needs b1 + 2 b2 low > 0 and b1 + 2 b2 high < 0: it is accepted if both one-sided t tests reject
    (Sasabuchi 1980), so its p value is the larger of the two. The turning point -b1 / (2 b2) has Fieller's set.

    Parameters
    ----------
    coef : (2,)
        On x and its square.
    vcov : (2, 2)
    low, high : float
        Range of x, usually that of the data.
    df : float
        Degrees of freedom of the t distribution; inf for the normal.
    level : float

    Notes
    -----
    Lind & Mehlum (2010), Oxford Bulletin of Economics and Statistics 72, 109-118,
    https://doi.org/10.1111/j.1468-0084.2009.00569.x. Sasabuchi (1980), Biometrika 67, 429-439,
    https://doi.org/10.1093/biomet/67.2.429.

    Examples
    --------
    >>> shape = lind_mehlum([4.0, -2.0], np.diag([0.01, 0.01]), 0.0, 3.0, df=np.inf)
    >>> shape.inverted, shape.turning_point, shape.p < 1e-6
    (True, 1.0, True)
    """
    from scipy.stats import t as student

    from dualcarbon.kernels.fieller import fieller

    require_level(level)
    b, v = np.asarray(coef, dtype=np.float64), np.asarray(vcov, dtype=np.float64)
    sign = -1.0 if b[1] < 0.0 else 1.0
    slopes, ps = [], []
    for end, wanted in ((low, -sign), (high, sign)):
        row = np.array([1.0, 2.0 * end])
        slope = float(row @ b)
        slopes.append(slope)
        ps.append(float(student.sf(wanted * slope / np.sqrt(float(row @ v @ row)), df)))
    critical = float(student.ppf(0.5 + level / 2.0, df))
    spread = (float(v[0, 0]), -2.0 * float(v[0, 1]), 4.0 * float(v[1, 1]))
    found = fieller(float(b[0]), -2.0 * float(b[1]), spread, critical)
    turning = float(-b[0] / (2.0 * b[1]))
    return Shape(sign < 0.0, low, high, slopes[0], slopes[1], ps[0], ps[1], max(ps), turning, found, level)


@dataclass(frozen=True, slots=True)
class InvertedU:
    """A quadratic regression and the test of its shape; `estimate` has the treatment first and its square second."""

    estimate: Estimate
    shape: Shape

    def __repr__(self) -> str:
        return f"{self.estimate!r}\n  {self.shape.verdict.en}; Fieller {self.shape.interval}"


def inverted_u(
    panel: Panel,
    *,
    outcome: str,
    treatment: str,
    controls: Sequence[str] = (),
    absorb: str | None = "firm_id + year",
    cluster: str | None = None,
    weights: str | None = None,
    vcov: str | Vcov | None = None,
    sample: pl.Expr | None = None,
    level: float = 0.95,
) -> InvertedU:
    """Whether the outcome rises with the treatment and then falls (or the reverse), over the range of the data.

    Regresses the outcome on the treatment and its square and applies `lind_mehlum` between the smallest and the largest
    treatment of the rows used.

    Parameters
    ----------
    panel : Panel
    outcome, treatment : str
        Terms; the outcome a column or its logarithm.
    controls, absorb, cluster, weights, vcov, sample
        As for `split`.
    level : float

    Raises
    ------
    NotIdentifiedError
        The treatment and its square are not both identified, for example where it takes two values only.
    SchemaError, DataError, ConfigError
        As for `fit`.
    """
    require_level(level)
    options = (outcome, treatment, controls, absorb, cluster, weights)
    values, rows = used(panel, options, sample)
    name = treatment_of(options)
    square = pl.Series(f"{name}^2", values**2)
    estimate = regress_with(panel, options, [pl.Series(name, values), square], vcov, sample)
    if {name, square.name} & set(estimate.collinear):
        raise NotIdentifiedError(
            Text("处理变量与其平方不能分开", "the treatment and its square cannot be told apart"),
            expected=Text("至少三个不同的取值", "at least three values"),
            found=Text("共线：{c}", "collinear: {c}").format(c=", ".join(estimate.collinear)),
            remedy=Text(
                "换用连续的处理变量；若其均值远大于变动，先减去均值",
                "use a continuous treatment; subtract its mean first where that is far larger than its variation",
            ),
        )
    at = [estimate.names.index(one) for one in (name, square.name)]
    here = values[rows]
    shape = lind_mehlum(
        estimate.coef[at],
        estimate.vcov[np.ix_(at, at)],
        float(here.min()),
        float(here.max()),
        df=estimate.df,
        level=level,
    )
    return InvertedU(estimate, shape)
