"""The links of the chain as plain functions: a firm table in, what the exhibits read out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from dualcarbon import frontier
from dualcarbon.core.engine import Engine
from dualcarbon.core.errors import ConvergenceError, DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.studies.cmri2024 import adoption, firms, industries, market, regress
from dualcarbon.studies.cmri2024.results import Refused, Regressions, Results, Sample, Truth
from dualcarbon.studies.config import FirmStudy
from dualcarbon.studies.progress import Reporter, Silent

if TYPE_CHECKING:
    from dualcarbon.panel.survey import Survey

DEFAULT = "translog_ml"
REPLICATION = "quadratic"
_NO_NUMBER = (DataError, NotIdentifiedError, ConvergenceError)
"""What these firms do not tell; the report goes on without it and says why."""


def prepared(panel: Panel, config: FirmStudy) -> Panel:
    """Usable rows with CO2 and the columns of the regressions.

    Raises
    ------
    SchemaError, DataError
        If the study needs a column that is absent, or CO2 under a boundary is zero everywhere.
    """
    firms.require(panel, config)
    return firms.regressors(firms.accounts(firms.usable(panel, config), config), config)


def fitted(panel: Panel, config: FirmStudy, model: str, engine: Engine) -> FrontierResult:
    """One frontier per industry, pooled over years; the replication has variable returns, as in the literature."""
    part = config.technology
    technology = Technology(
        part.inputs,
        part.good,
        part.bad,
        returns=part.returns if model == DEFAULT else "variable",
        group_by=part.group_by,
        reference="global",
    )
    return frontier.fit(panel, technology, Direction.proportional(), model, engine=engine)


def regressed(panel: Panel, default: FrontierResult, config: FirmStudy, reporter: Reporter) -> Regressions:
    """The nine columns of Tables 4-2 to 4-4."""
    return regress.regressions(panel, default, config, reporter)


def known_truth(survey: Survey) -> Truth:
    """What the survey planted, in the columns the exhibits join."""
    table = survey.truth.industries.select(
        industries.GROUP,
        pl.col("mac_median").alias("truth_mac_median"),
        pl.col("room_mean").alias("truth_room_mean"),
    )
    return Truth(table, survey.truth.effects)


def traded(
    panel: Panel,
    frontiers: tuple[FrontierResult, FrontierResult],
    regressions: Regressions,
    config: FirmStudy,
    engine: Engine,
) -> market.MarketResults | Refused:
    """The carbon market of the last year, or why there is none; the frontiers are the default and the replication."""
    table = industries.summary(panel, *frontiers)
    try:
        return market.traded(panel, *frontiers, table, regressions.median_assets_cny, config, engine)
    except _NO_NUMBER as error:
        return Refused.by(error)


def adopted(panel: Panel, regressions: Regressions, config: FirmStudy) -> adoption.AdoptionResults | Refused:
    """The adoption policies for small firms, or why there are none."""
    try:
        return adoption.adopted(panel, regressions, config)
    except _NO_NUMBER as error:
        return Refused.by(error)


def assembled(
    config: FirmStudy,
    panel: Panel,
    frontiers: tuple[FrontierResult, FrontierResult],
    regressions: Regressions,
    trade: market.MarketResults | Refused,
    policies: adoption.AdoptionResults | Refused,
    truth: Truth | None,
) -> Results:
    """Everything the exhibits read; the frontiers are the default and the replication."""
    table = industries.summary(panel, *frontiers)
    if truth is not None:
        table = table.join(truth.industries, on=industries.GROUP, how="left", validate="1:1")
    return Results(config, _sample(panel), table, *frontiers, regressions, trade, policies, truth)


def estimate(survey: Survey, config: FirmStudy, engine: Engine) -> Results:
    """The whole chain on a simulated survey, in memory."""
    panel = prepared(survey.panel, config)
    frontiers = fitted(panel, config, DEFAULT, engine), fitted(panel, config, REPLICATION, engine)
    found = regressed(panel, frontiers[0], config, Silent())
    trade, policies = traded(panel, frontiers, found, config, engine), adopted(panel, found, config)
    return assembled(config, panel, frontiers, found, trade, policies, known_truth(survey))


def _sample(panel: Panel) -> Sample:
    first, last = panel.frame.select(
        pl.col(panel.time).min().cast(pl.Int64).alias("first"), pl.col(panel.time).max().cast(pl.Int64).alias("last")
    ).row(0)
    return Sample(
        provenance=panel.provenance,
        rows=panel.n,
        firms=panel.frame[panel.id].n_unique(),
        first_year=first,
        last_year=last,
        drops=panel.drops,
        notes=panel.notes,
    )
