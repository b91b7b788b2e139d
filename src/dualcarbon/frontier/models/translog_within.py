"""Translog hyperbolic distance function within firms."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.text import Text
from dualcarbon.frontier.models._estimate import WITHIN, Estimator
from dualcarbon.frontier.models._translog import TranslogModel

_LABEL = Text("超越对数双曲距离函数（企业内）", "Translog hyperbolic distance function (within firm)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslogWithinModel(TranslogModel):
    """The translog where carbon intensity differs between firms for reasons no column shows.

    Least squares of -ln y + P(ln x, -(ln y + ln b)) on deviations from firm means: what lasts in a firm counts as its
    technology, not as its inefficiency. The slopes are projected on the monotone cone; sigma_u and sigma_v by the
    second and third moments of the deviations; u = E[u | residual], measured from the firm's own frontier.

    Parameters
    ----------
    degree, change, inefficiency, room_weak, room_trivial
        As in `translog_ml`.

    Notes
    -----
    The rows and the specification are those a pooled likelihood keeps and chooses; `log_likelihood` and the BICs are
    its. Too few firms seen three times, or an input that never changes within firms: too_few. A firm with fewer than
    two rows in the fit has no level: refused, the frontier stands for the others. Noise of the year biases this
    estimate most; lasting inefficiency is not seen. Other statuses and the interval as in `translog_ml`.

    Schmidt & Sickles (1984), J. Business & Economic Statistics 2, 367-374, doi:10.1080/07350015.1984.10509410;
    Cuesta, Lovell & Zofio (2009), Ecological Economics 68, 2232-2242, doi:10.1016/j.ecolecon.2009.02.001.
    """

    name: str = field(default="translog_within", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)

    @property
    def estimator(self) -> Estimator:
        """Within firm."""
        return WITHIN


MODEL = TranslogWithinModel()
