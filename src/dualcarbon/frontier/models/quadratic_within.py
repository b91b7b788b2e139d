"""Quadratic directional distance function within firms."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.text import Text
from dualcarbon.frontier.models._estimate import WITHIN, Estimator
from dualcarbon.frontier.models._quadratic import QuadraticStochasticModel

_LABEL = Text("二次型方向距离函数（企业内）", "Quadratic directional distance function (within firm)")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadraticWithinModel(QuadraticStochasticModel):
    """The quadratic directional distance function on deviations from firm means.

    Estimated as `translog_within`: what lasts in a firm, in units of the means, counts as its technology.

    Parameters
    ----------
    restrictions : Restrictions
        As in `quadratic`, imposed by projection at every row of the fit. Null-jointness cannot
        be: it binds the level, which is not estimated.
    degree, change, inefficiency, room_weak, room_trivial
        As in `translog_ml`.

    Notes
    -----
    Function, price, room, interval, statuses and returns are those of `quadratic_ml`.
    Panels that cannot carry it as in `translog_within`.

    Faere, Grosskopf, Noh & Weber (2005), J. Econometrics 126, 469-492, doi:10.1016/j.jeconom.2004.05.010; Schmidt &
    Sickles (1984), J. Business & Economic Statistics 2, 367-374, doi:10.1080/07350015.1984.10509410.
    """

    name: str = field(default="quadratic_within", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)

    @property
    def estimator(self) -> Estimator:
        """Within firm."""
        return WITHIN


MODEL = QuadraticWithinModel()
