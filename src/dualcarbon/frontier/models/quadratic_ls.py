"""Quadratic directional distance function by monotone least squares with moments."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.text import Text
from dualcarbon.frontier.models._estimate import MOMENTS, Estimator
from dualcarbon.frontier.models._quadratic import QuadraticStochasticModel

_LABEL = Text("二次型方向距离函数（单调最小二乘）", "Quadratic directional distance function (monotone least squares)")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadraticLSModel(QuadraticStochasticModel):
    """The quadratic directional distance function without a likelihood.

    Least squares, the nearest function that meets the restrictions, then sigma_u, sigma_v and the level by moments of
    the residuals.

    Parameters
    ----------
    correct_noise : bool or None
        As in `quadratic_ml`.
    restrictions : Restrictions
        As in `quadratic`, imposed by projection at every row of the fit. Null-jointness binds
        the function before the moments set its level.
    degree, change, inefficiency, room_weak, room_trivial
        As in `translog_ml`.

    Notes
    -----
    Function, price, room, interval, statuses and returns are those of `quadratic_ml`.

    Faere, Grosskopf, Noh & Weber (2005), J. Econometrics 126, 469-492, doi:10.1016/j.jeconom.2004.05.010; Olson,
    Schmidt & Waldman (1980), J. Econometrics 13, 67-82, doi:10.1016/0304-4076(80)90043-3.
    """

    correct_noise: bool | None = False
    name: str = field(default="quadratic_ls", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)

    @property
    def estimator(self) -> Estimator:
        """Least squares with moments."""
        return MOMENTS

    @property
    def noise(self) -> bool | None:
        """As asked for."""
        return self.correct_noise


MODEL = QuadraticLSModel()
