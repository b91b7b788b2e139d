"""Translog hyperbolic distance function by leave-one-out instruments."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.text import Text
from dualcarbon.frontier.models._estimate import INSTRUMENTS, Estimator
from dualcarbon.frontier.models._translog import TranslogModel

_LABEL = Text(
    "超越对数双曲距离函数（留一工具变量）", "Translog hyperbolic distance function (leave-one-out instruments)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslogIVModel(TranslogModel):
    """The translog where output and CO2 are measured with noise that does not last.

    Two-stage least squares of -ln y + P(ln x, s), s = -(ln y + ln b), the instruments being the terms of P with s
    replaced by the firm's mean s in its other rows. The slopes are projected on the monotone cone; sigma_u, sigma_v and
    the level by moments of the residuals; u = E[u | residual], MAC at the projection.

    Parameters
    ----------
    degree, change, inefficiency, room_weak, room_trivial
        As in `translog_ml`.

    Notes
    -----
    The rows and the specification are those a pooled likelihood keeps and chooses; `log_likelihood` and the BICs are
    its. Firms seen once help to find sigma_u only; too few firms seen twice: too_few. A lasting difference between
    firms biases this estimate. Statuses and interval as in `translog_ml`.

    Cuesta, Lovell & Zofio (2009), Ecological Economics 68, 2232-2242, doi:10.1016/j.ecolecon.2009.02.001; Griliches &
    Hausman (1986), J. Econometrics 31, 93-118, doi:10.1016/0304-4076(86)90058-8.
    """

    name: str = field(default="translog_iv", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)

    @property
    def estimator(self) -> Estimator:
        """Two-stage least squares."""
        return INSTRUMENTS


MODEL = TranslogIVModel()
