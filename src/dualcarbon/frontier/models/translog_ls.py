"""Translog hyperbolic distance function by monotone least squares with moments."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.text import Text
from dualcarbon.frontier.models._estimate import MOMENTS, Estimator
from dualcarbon.frontier.models._translog import TranslogModel

_LABEL = Text("超越对数双曲距离函数（单调最小二乘）", "Translog hyperbolic distance function (monotone least squares)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslogLSModel(TranslogModel):
    """The translog for small panels: it asks nothing of the likelihood.

    Least squares of -ln y + P(ln x, -(ln y + ln b)) on the rows of `translog_ml`, the result replaced by the nearest
    function in the mean square of P that is monotone at every row; sigma_u and sigma_v by the second and third moments
    of its residuals, the level moved so that their mean is E[u]; u = E[u | residual], MAC at the projection.

    Parameters
    ----------
    correct_noise : bool or None
        As in `translog_ml`.
    degree, change, inefficiency, room_weak, room_trivial
        As in `translog_ml`.

    Notes
    -----
    BIC is that of normal errors. Residuals with skewness <= 0 give sigma_u = 0, u = 0 and a finding. Statuses and
    interval as in `translog_ml`.

    Olson, Schmidt & Waldman (1980), J. Econometrics 13, 67-82, doi:10.1016/0304-4076(80)90043-3;
    Cuesta, Lovell & Zofio (2009), Ecological Economics 68, 2232-2242, doi:10.1016/j.ecolecon.2009.02.001.
    """

    correct_noise: bool | None = None
    name: str = field(default="translog_ls", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)

    @property
    def estimator(self) -> Estimator:
        """Least squares with moments."""
        return MOMENTS

    @property
    def noise(self) -> bool | None:
        """As asked for."""
        return self.correct_noise


MODEL = TranslogLSModel()
