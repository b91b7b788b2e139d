"""Quadratic directional distance function by leave-one-out instruments."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.text import Text
from dualcarbon.frontier.models._estimate import INSTRUMENTS, Estimator
from dualcarbon.frontier.models._quadratic import QuadraticStochasticModel

_LABEL = Text(
    "二次型方向距离函数（留一工具变量）", "Quadratic directional distance function (leave-one-out instruments)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadraticIVModel(QuadraticStochasticModel):
    """The quadratic directional distance function with s = y + b instrumented.

    Estimated as `translog_iv`: the instruments hold the firm's mean s in its other rows.

    Parameters
    ----------
    restrictions : Restrictions
        As in `quadratic`, imposed by projection at every row of the fit. Null-jointness cannot
        be imposed.
    degree, change, inefficiency, room_weak, room_trivial
        As in `translog_ml`.

    Notes
    -----
    Function, price, room, interval, statuses and returns are those of `quadratic_ml`.
    Panels that cannot carry it as in `translog_iv`.

    Faere, Grosskopf, Noh & Weber (2005), J. Econometrics 126, 469-492, doi:10.1016/j.jeconom.2004.05.010; Griliches &
    Hausman (1986), J. Econometrics 31, 93-118, doi:10.1016/0304-4076(86)90058-8.
    """

    name: str = field(default="quadratic_iv", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)

    @property
    def estimator(self) -> Estimator:
        """Two-stage least squares."""
        return INSTRUMENTS


MODEL = QuadraticIVModel()
