"""Translog hyperbolic distance function by maximum likelihood, screened, monotone, priced at the projection."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualcarbon.core.text import Text
from dualcarbon.frontier.models._estimate import LIKELIHOOD, Estimator
from dualcarbon.frontier.models._translog import TranslogModel

_LABEL = Text("超越对数双曲距离函数（最大似然）", "Translog hyperbolic distance function (ML)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslogMLModel(TranslogModel):
    """The default model for firms.

    -ln y + P(ln x, -(ln y + ln b)) = u + v, half-normal or exponential and normal, by maximum likelihood on the rows
    that pass the conditional screen and, after the first fit, have a residual within 3.5 normal scores. t = -P_s,
    eps = t / (1 - t), MAC = eps (y / b) exp(2 u) at the projection, u = E[u | residual].

    Parameters
    ----------
    correct_noise : bool or None
        Take the noise as measurement error of equal variance in ln y and ln b, independent of each other, and remove
        the bias it puts on the elasticity. None, the default, lets the evidence decide group by group: the correction
        is made where the leave-one-out instrumented elasticity, which such noise does not bias, goes at least half of
        its way. Lasting differences in carbon intensity between firms look like noise too, and the correction would
        make them worse.
    within_firm : bool or None
        Take the slopes from changes within firms and u from a frontier per firm, which no lasting carbon intensity can
        touch. None, the default, lets the evidence decide (unless `correct_noise` is decided by hand): less noise, the
        within-firm elasticity is more than 0.2 log points above the pooled one, and s moves within firms by more than
        0.75 sigma_u. The group is then weakly identified.
    degree : 2, 3 or "bic"
        Of P.
    change : "none", "neutral", "biased", "years" or "bic"
        Technical change: a trend and its square; also the trend times every variable; a level per period. Two periods
        take a level per period for either trend; one period has none, and `why` says so.
    inefficiency : "half_normal", "exponential" or "bic"
    room_weak, room_trivial : float
        Aggregate abatement room beyond which the group is weakly identified, and refused.

    Notes
    -----
    `mac_low` and `mac_high` are the 2.5 and 97.5 % points of the distribution of u given the residual, put through the
    formula of the MAC: they say how well the firm's own position is known, not the parameters, the form, nor which of
    the estimators of the bracket is right. Statuses: ok; edge, t at a bound of the monotone cone; outlier, screened
    (priced on the frontier of the others, NaN where t is not inside (0, 1)); no_bad, b = 0; refused.

    Cuesta, Lovell & Zofio (2009), Ecological Economics 68, 2232-2242, doi:10.1016/j.ecolecon.2009.02.001; Aigner,
    Lovell & Schmidt (1977), J. Econometrics 6, 21-37, doi:10.1016/0304-4076(77)90052-5; Meeusen & van den Broeck
    (1977), International Economic Review 18, 435-444, doi:10.2307/2525757.
    """

    correct_noise: bool | None = None
    within_firm: bool | None = None
    name: str = field(default="translog_ml", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)

    @property
    def estimator(self) -> Estimator:
        """Likelihood."""
        return LIKELIHOOD

    @property
    def noise(self) -> bool | None:
        """As asked for."""
        return self.correct_noise

    @property
    def within(self) -> bool | None:
        """As asked for."""
        return self.within_firm


MODEL = TranslogMLModel()
