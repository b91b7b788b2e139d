"""Quadratic directional distance function by maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.text import Text
from dualcarbon.frontier.models._estimate import LIKELIHOOD, Estimator
from dualcarbon.frontier.models._quadratic import QuadraticStochasticModel

_LABEL = Text("二次型方向距离函数（最大似然）", "Quadratic directional distance function (ML)")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadraticMLModel(QuadraticStochasticModel):
    """The stochastic quadratic directional distance function.

    b + P(x, y + b) = u + v in units of the means over the rows of the fit, t = -P_s, MAC = (1 - t) / t ybar / bbar,
    room = u bbar / b, which may exceed 1.
    Half-normal or exponential u and normal v by maximum likelihood on the rows of `translog_ml`, then the nearest
    function that meets the restrictions at every row.

    Parameters
    ----------
    correct_noise : bool or None
        Remove the bias of noise of equal variance in y / ybar and b / bbar; None lets the evidence decide as in
        `translog_ml`. Noise that grows with size is not of this kind, so the default is not to.
    restrictions : Restrictions
        As in `quadratic`, imposed by projection at every row of the fit.
    degree, change, inefficiency, room_weak, room_trivial
        As in `translog_ml`.

    Notes
    -----
    `mac_low` and `mac_high` are NaN: along (1, -1) the price does not depend on u. Statuses: ok; edge, t at a bound of
    the cone; negative, t outside (0, 1) where that is not imposed; outlier, screened (priced on the frontier of the
    others); no_bad, b = 0; refused. Variable returns only.

    Faere, Grosskopf, Noh & Weber (2005), J. Econometrics 126, 469-492, doi:10.1016/j.jeconom.2004.05.010; Aigner,
    Lovell & Schmidt (1977), J. Econometrics 6, 21-37, doi:10.1016/0304-4076(77)90052-5.
    """

    correct_noise: bool | None = False
    name: str = field(default="quadratic_ml", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)

    @property
    def estimator(self) -> Estimator:
        """Likelihood."""
        return LIKELIHOOD

    @property
    def noise(self) -> bool | None:
        """As asked for."""
        return self.correct_noise


MODEL = QuadraticMLModel()
