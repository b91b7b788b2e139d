"""The survey under a technology whose directional distance function is exactly quadratic."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dualcarbon.panel.survey_balance import regressors
from dualcarbon.panel.survey_digital import DESIGN
from dualcarbon.panel.survey_firms import bounded_normal
from dualcarbon.panel.survey_plant import Planted, Stage, factors_for, log_coal_share
from dualcarbon.panel.survey_technology import Floats, QuadraticTechnology
from dualcarbon.panel.truth import EFFECTS

_SLACK_LIMIT = 0.35
_MOST_LOSS = 0.9
_FIRM_SLACK, _ROW_SLACK, _DIGITAL_SLACK = 0.10, 0.08, -0.04


def plant_quadratic(
    streams: Mapping[str, np.random.Generator], stage: Stage, technology: QuadraticTechnology
) -> Planted:
    """Slack z falls with digital use; inefficiency takes at most 0.9 of the good output.

    z = 0.35 tanh[(0.10 firm + 0.08 row - 0.04 digital) / 0.35] with standardised parts; u = 0.9 y (1 - exp(-k |n|)),
    k by industry such that the mean of u / (b + u) meets the target. Effects of digital use follow.
    """
    firms, traits = stage.firms, stage.traits
    loadings = (DESIGN.per_log_asset, DESIGN.trait, DESIGN.trait, 1.0)
    digital = (DESIGN.trait * (traits.small + traits.large) + traits.within) / DESIGN.trait
    raw = _FIRM_SLACK * bounded_normal(streams["intensity"], firms.count, 4.0)[firms.firm]
    raw += _ROW_SLACK * bounded_normal(streams["intensity"], firms.n, 4.0) + _DIGITAL_SLACK * digital
    slack = _SLACK_LIMIT * np.tanh(raw / _SLACK_LIMIT)
    total = 2.0 * stage.composite + slack
    bad = technology.bad(stage.composite, total)
    good = total - bad
    draw = np.abs(bounded_normal(streams["inefficiency"], firms.n, 4.0))

    def loss(k: Floats) -> Floats:
        return np.asarray(-_MOST_LOSS * good * np.expm1(-k[firms.industry] * draw))

    factor = factors_for(
        lambda k: loss(k) / (bad + loss(k)), firms.industry, stage.room_target, 4.0 * stage.room_target
    )
    inefficiency = loss(factor)
    trade_off = technology.trade_off(slack)
    price = (1.0 - trade_off) / trade_off
    return Planted(
        good=good - inefficiency,
        bad=bad + inefficiency,
        price=price,
        inefficiency=inefficiency,
        room=inefficiency / (bad + inefficiency),
        elasticity=price * bad / good,
        intensity=slack,
        log_coal_share=log_coal_share(streams["coal"], firms),
        loadings=loadings,
        effects=None,
        constants={},
        technology=technology,
        follows=tuple(EFFECTS),
        regressors=regressors(stage.specs, loadings, firms.n),
    )
