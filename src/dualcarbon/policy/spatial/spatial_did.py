"""Did pollution move next door: spatial lag and spatial Durbin difference-in-differences with two-way effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.options import bad_option, require_choice
from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.text import Text
from dualcarbon.policy.design import Design, Gaps, design
from dualcarbon.policy.faults import needs_balance
from dualcarbon.policy.spatial.estimation import Covariance, Fitted, Model, fitted, setting_of
from dualcarbon.policy.spatial.impacts import Impacts, impacts
from dualcarbon.policy.spatial.spatial_result import EDGE, SpatialEffect, spatial_effect
from dualcarbon.policy.spatial.variables import Variables, variables
from dualcarbon.policy.spatial.weights import Weights, require_same_units

IN_MEMORY = Provenance(Text("内存中的表", "table in memory"))


def spatial_did(
    panel: Panel,
    outcome: str,
    first_treated: str | None = None,
    *,
    weights: Weights,
    model: Model = "sdm",
    treated: str | None = None,
    controls: Sequence[str] = (),
    durbin: Sequence[str] | None = None,
    covariance: Covariance = "cluster",
    corrected: bool = True,
    draws: int = 1000,
    seed: int = 0,
    gaps: Gaps = "refuse",
    level: float = 0.95,
) -> SpatialEffect:
    """A policy's effect on its own place and on its neighbours.

        sar:  y = rho W y + b D + x c + unit + period + e
        sdm:  y = rho W y + b D + theta W D + x c + W x d + unit + period + e
        sem:  y = b D + x c + unit + period + u,   u = rho W u + e

    by quasi-maximum likelihood, the effects transformed away (Lee & Yu 2010), and from it the average direct, indirect
    and total impacts of the treatment and the controls (LeSage & Pace 2009).

    Parameters
    ----------
    panel : Panel
        Every unit in every period.
    outcome, first_treated, treated, controls, gaps
        As for `did`.
    weights : Weights
        They name the panel's units, in whatever order.
    model : {"sdm", "sar", "sem"}
    durbin : sequence of str, optional
        Which of "treatment" and the controls have spatial lags (sdm); all by default.
    covariance : {"cluster", "ml"}
        Sandwich clustered by unit (any distribution, dependence and variances over a unit's periods), or the inverse
        information (independent normal errors of equal variance).
    corrected : bool
        False estimates the effects with everything else: rho and the variance are then biased when units or periods
        are few.
    draws, seed : int
        Of the simulated errors of the impacts.
    level : float

    Returns
    -------
    SpatialEffect
        `.rho`, `.coef`, `.impacts`, `.direct`, `.indirect`, `.total`, `.tests`, `.table()`, `.figure()`, `.words()`.

    Raises
    ------
    ConfigError, SchemaError
        An option or column cannot be used, or the weights are too large (the message says what is possible).
    DataError
        The weights name other units than the panel, or units lack periods.
    NotIdentifiedError
        Nobody is treated, nobody has a neighbour, or the effects determine the treatment.

    Notes
    -----
    Units that leave the sample leave the weights too, which are then normalised anew: a note counts them. Treatment
    that begins at several times enters as one effect, with the weights of two-way effects.

    Examples
    --------
    >>> import polars as pl
    >>> from dualcarbon.policy.spatial import nearest
    >>> r = np.random.default_rng(1)
    >>> city, year = np.repeat(np.arange(80), 8), np.tile(np.arange(2010, 2018), 80)
    >>> frame = {"city": city, "year": year, "lat": r.uniform(25, 35, 80)[city], "lon": r.uniform(105, 115, 80)[city]}
    >>> frame["first"] = np.where(city < 30, 2014, 0)
    >>> frame["y"] = r.normal(size=80)[city] - 1.0 * (city < 30) * (year >= 2014) + 0.1 * r.normal(size=640)
    >>> panel = Panel.from_frame(pl.DataFrame(frame), id="city", time="year")
    >>> found = spatial_did(panel, "y", "first", weights=nearest(panel, k=5))
    >>> abs(found.direct + 1.0) < 0.05, abs(found.rho) < 0.2
    (True, True)
    """
    sample = design(panel, outcome, first_treated, treated=treated, controls=controls, gaps=gaps, comparison="not_yet")
    require_same_units(weights, tuple(panel.frame[panel.id].unique(maintain_order=True).to_list()))
    return evaluate(
        sample,
        weights,
        model=model,
        durbin=durbin,
        covariance=covariance,
        corrected=corrected,
        draws=draws,
        seed=seed,
        level=level,
        provenance=panel.provenance,
    )


def evaluate(
    sample: Design,
    weights: Weights,
    *,
    model: Model = "sdm",
    durbin: Sequence[str] | None = None,
    covariance: Covariance = "cluster",
    corrected: bool = True,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    provenance: Provenance = IN_MEMORY,
) -> SpatialEffect:
    """`spatial_did` on a design already made; the weights may name further units.

    Raises
    ------
    ConfigError, DataError, NotIdentifiedError
        As for `spatial_did`.
    """
    _require_options(model, covariance, draws, level)
    if not sample.balanced:
        raise needs_balance("spatial_did", int(np.count_nonzero(np.bincount(sample.unit) < len(sample.periods))))
    within = weights.only(sample.unit_names)
    data = variables(sample, within, durbin if model == "sdm" else ())
    setting = setting_of(within, corrected)
    found = fitted(data, setting, model, covariance)
    effects = impacts(
        found.chosen.coef, *_moving(found, model), data.own, data.durbin, setting, within.n,
        draws=draws, seed=seed, level=level,
    )  # fmt: skip
    notes = _notes(sample, weights, within, data, found, effects, covariance, corrected)
    return spatial_effect(sample, provenance, within, model, data, found, effects, level, notes)


def _moving(found: Fitted, model: Model) -> tuple[float, NDArray[np.float64]]:
    """rho and the covariance behind the impacts; a spatial error moves nobody's mean."""
    k = len(found.chosen.coef)
    vcov = found.vcov[: k + 1, : k + 1].copy()
    if model != "sem":
        return found.chosen.rho, vcov
    vcov[k], vcov[:, k] = 0.0, 0.0
    return 0.0, vcov


def _require_options(model: str, covariance: str, draws: int, level: float) -> None:
    require_choice("model", model, get_args(Model))
    require_choice("covariance", covariance, get_args(Covariance))
    if draws < 100:
        raise bad_option("draws", Text("至少 100", "at least 100"), draws)
    if not 0 < level < 1:
        raise bad_option("level", Text("0 与 1 之间，如 0.95", "between 0 and 1, such as 0.95"), level)


def _notes(
    sample: Design,
    weights: Weights,
    within: Weights,
    data: Variables,
    found: Fitted,
    effects: Impacts,
    covariance: Covariance,
    corrected: bool,
) -> tuple[Text, ...]:
    notes = [within.note(), _RULES[covariance], _CORRECTED[corrected]]
    if weights.n > within.n:
        notes.append(
            Text(
                "{k} 个单位不在样本中，其权重一并移出，权重重新标准化",
                "{k} units are not in the sample; they left the weights, which were normalised anew",
            ).format(k=weights.n - within.n)
        )
    if data.collinear:
        notes.append(Text("因共线而略去：{c}", "left out as collinear: {c}").format(c=", ".join(data.collinear)))
    if found.chosen.edge:
        notes.append(EDGE)
    if effects.refused:
        notes.append(
            Text(
                "{k} 次抽取的 rho 越界，已重抽", "{k} draws of rho fell outside its interval and were repeated"
            ).format(k=effects.refused)
        )
    if len(sample.cohorts) > 1:
        notes.append(
            Text(
                "处理分 {k} 批开始，合为一个效应：效应在批次间不同时，双向固定效应的加权可能为负",
                "treatment begins in {k} cohorts, as one effect: where effects differ, weights may be negative",
            ).format(k=len(sample.cohorts))
        )
    return tuple(notes)


_RULES = {
    "cluster": Text("标准误：夹心估计，按单位聚类", "errors: sandwich, clustered by unit"),
    "ml": Text("标准误：信息矩阵之逆", "errors: inverse information"),
}
_CORRECTED = {
    True: Text(
        "双向固定效应经变换消去，无附带参数偏误（Lee & Yu 2010）",
        "two-way effects transformed away, free of the bias of incidental parameters (Lee & Yu 2010)",
    ),
    False: Text(
        "双向固定效应直接估计，未修正偏误",
        "two-way effects estimated directly, the bias of incidental parameters not removed",
    ),
}
