"""The confidential survey's stand-in: same schema, the report's structure, and a truth that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.factors import FactorSet, load_factor_set
from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.text import Text, both
from dualcarbon.panel.survey_digital import DESIGN, Mask, Traits, digital_share, draw_traits, specifications
from dualcarbon.panel.survey_faults import add_faults, no_faults
from dualcarbon.panel.survey_firms import Firms, draw_firms, draw_inputs, industry_codes, industry_column, mix
from dualcarbon.panel.survey_noise import KINDS, Noise, draw_kinds, measurement_errors, split_fuels
from dualcarbon.panel.survey_plant import Planted, Stage, coal_share, plant_ces
from dualcarbon.panel.survey_quadratic import plant_quadratic
from dualcarbon.panel.survey_tables import (
    Scales,
    survey_frame,
    truth_effects,
    truth_industries,
    truth_rows,
)
from dualcarbon.panel.survey_technology import CesByproduct, Floats, QuadraticTechnology, SurveyTechnology
from dualcarbon.panel.truth import ReportTruth, Truth

__all__ = ["CesByproduct", "Noise", "QuadraticTechnology", "ReportTruth", "Survey", "Truth", "simulate_survey"]

REPORT_ROWS = 1_009_114
FEWEST_ROWS = 2_000
_MOST_COAL = 0.95
_STREAMS = (
    "firms",
    "inputs",
    "digital",
    "intensity",
    "inefficiency",
    "coal",
    "contamination",
    "errors",
    "fuels",
    "faults",
)


@dataclass(frozen=True, slots=True)
class Survey:
    """A simulated survey.

    Attributes
    ----------
    panel : Panel
        The survey, `provenance.simulated` True.
    truth : Truth
        What was planted and what holds.
    frame : polars.DataFrame
        The table as a user would receive it: the panel's, or with broken rows added if `dirty`.
    faults : polars.DataFrame
        `row`, `firm_id`, `year`, `column`, `fault` of every broken row; empty unless `dirty`.
    """

    panel: Panel
    truth: Truth
    frame: pl.DataFrame
    faults: pl.DataFrame

    def __repr__(self) -> str:
        return f"Survey({self.panel!r}, {self.truth!r}, {self.faults.height:,} broken rows)"


def simulate_survey(
    rows: int = REPORT_ROWS,
    seed: int = 2024,
    *,
    technology: SurveyTechnology | None = None,
    noise: Noise | None = None,
    truth: ReportTruth | None = None,
    factors: str | FactorSet = "cn_2015",
    balanced: bool = True,
    dirty: bool = False,
) -> Survey:
    """A survey of industrial firms 2008-2016 with the report's schema and a known truth.

    Every number the report prints on firms is planted where it can be (`ReportTruth`), the rest follows; the
    structure and what cannot hold together are on the methodology page `survey_simulator`.

    Parameters
    ----------
    rows : int >= 2,000
        Firm-years; exactly that many.
    seed : int >= 0
        The same seed gives the same bytes.
    technology : CesByproduct or QuadraticTechnology; default CesByproduct()
    noise : Noise; default Noise.survey()
    truth : ReportTruth; default the report's
    factors : str or FactorSet
        Turns CO2 into quantities, so that `account` with the same set and boundary ``coal_oil_power`` restores the
        recorded CO2.
    balanced : bool
        True adjusts the noise by O(1/sqrt(n)) so that the effects hold exactly in the sample: the check is then one of
        the estimation chain, not of luck. False samples plainly, for studies of coverage.
    dirty : bool
        Add broken rows to `frame`, listed in `faults`.

    Returns
    -------
    Survey

    Raises
    ------
    ConfigError
        If there are too few rows or the truth cannot be planted.

    Examples
    --------
    >>> survey = simulate_survey(rows=2_000, seed=1)
    >>> survey.panel.n, survey.panel.provenance.simulated
    (2000, True)
    """
    _require_rows(rows, seed)
    technology, noise, truth = technology or CesByproduct(), noise or Noise.survey(), truth or ReportTruth()
    chosen = load_factor_set(factors) if isinstance(factors, str) else factors
    streams = dict(zip(_STREAMS, _generators(seed), strict=True))
    firms = draw_firms(streams["firms"], rows)
    stage, kinds, coal = _stage(streams, firms, technology, noise, truth, balanced)
    if isinstance(technology, CesByproduct):
        planted = plant_ces(streams, stage, technology)
    else:
        planted = plant_quadratic(streams, stage, technology)
    scales = Scales.for_medians(planted, firms, _by_industry(truth.mac_target()))
    frame = _record(streams, stage, planted, scales, kinds, coal, noise, chosen)
    panel = Panel.from_frame(frame, id="firm_id", time="year", schema="firm", provenance=_provenance(seed))
    known = _truth(frame, stage, planted, scales, kinds)
    table, faults = add_faults(streams["faults"], frame) if dirty else (frame, no_faults())
    return Survey(panel, known, table, faults)


def _require_rows(rows: int, seed: int) -> None:
    if rows < FEWEST_ROWS or seed < 0:
        raise ConfigError(
            Text("模拟调查的行数或种子有误", "the rows or the seed of the simulated survey are wrong"),
            expected=Text("行数不少于 {n}，种子不小于 0", "at least {n} rows, a seed not below 0").format(
                n=FEWEST_ROWS
            ),
            found=both(f"rows={rows}, seed={seed}"),
            remedy=Text("增加行数或改正种子", "use more rows or another seed"),
        )


def _generators(seed: int) -> list[np.random.Generator]:
    return np.random.default_rng(seed).spawn(len(_STREAMS))


def _provenance(seed: int) -> Provenance:
    return Provenance(Text("模拟调查（种子 {s}）", "simulated survey (seed {s})").format(s=seed), simulated=True)


def _by_industry(values: Mapping[str, float]) -> Floats:
    return np.array([values[code] for code in industry_codes()])


def _stage(
    streams: Mapping[str, np.random.Generator],
    firms: Firms,
    technology: SurveyTechnology,
    noise: Noise,
    truth: ReportTruth,
    balanced: bool,
) -> tuple[Stage, NDArray[np.int8], Mask]:
    """What is fixed before outputs are drawn: inputs, traits, who burns coal, which rows are contaminated."""
    inputs = draw_inputs(streams["inputs"], firms, technology)
    traits = draw_traits(streams["digital"], firms, inputs)
    composite = technology.composite(inputs.labour, inputs.capital)
    kinds = draw_kinds(streams["contamination"], firms.n, noise)
    coal = _burns_coal(streams["coal"], firms, traits)
    emits = kinds != KINDS.index("zero")
    varying = isinstance(technology, CesByproduct) and technology.returns != 1.0
    specs = specifications(firms, inputs, traits, composite, emits, coal, varying)
    rooms = _by_industry(truth.room_target())
    return Stage(firms, inputs, traits, composite, specs, truth, rooms, balanced), kinds, coal


def _burns_coal(rng: np.random.Generator, firms: Firms, traits: Traits) -> Mask:
    """Rows that burn coal, (n,): a lasting taste of the firm against a chance by size and industry."""
    tilt = industry_column("coal_tilt")[firms.industry]
    chance = np.minimum(np.where(traits.is_large, DESIGN.coal_large, DESIGN.coal_small) * tilt, _MOST_COAL)
    return np.asarray(rng.random(firms.count)[firms.firm] < chance)


def _record(
    streams: Mapping[str, np.random.Generator],
    stage: Stage,
    planted: Planted,
    scales: Scales,
    kinds: NDArray[np.int8],
    coal: Mask,
    noise: Noise,
    factors: FactorSet,
) -> pl.DataFrame:
    """The survey as recorded: outputs and CO2 with errors, CO2 turned into fuels."""
    firms = stage.firms
    used = planted.regressors if stage.balanced else None
    of_good, of_bad = measurement_errors(streams["errors"], kinds, noise, used)
    output = planted.good * scales.output[firms.industry] * np.exp(of_good)
    co2 = planted.bad * scales.co2[firms.industry] * np.exp(of_bad)
    share = np.where(coal, coal_share(planted.log_coal_share, coal), 0.0)
    fuels = split_fuels(
        streams["fuels"],
        co2,
        share,
        factors.factor("coal_t").value,
        factors.factor("oil_t").value,
        _per_kwh(factors, firms),
    )
    digital = digital_share(stage.traits, firms.year, planted.loadings)
    _require_share(digital)
    return survey_frame(firms, stage.inputs, digital, output, fuels)


def _per_kwh(factors: FactorSet, firms: Firms) -> Floats:
    """Grid factor of every row, t CO2/kWh."""
    places = mix("province")[0] if factors.grid.provincial else factors.grid.areas[:1]
    years = np.arange(firms.year.min(), firms.year.max() + 1)
    table = factors.grid.table(places, years.tolist())["t_per_kwh"].to_numpy().reshape(len(places), len(years))
    place = firms.province if factors.grid.provincial else np.zeros_like(firms.province)
    return np.asarray(table[place, firms.year - years[0]])


def _require_share(digital: Floats) -> None:
    if not 0.0 < float(digital.min()) <= float(digital.max()) < 1.0:
        raise ConfigError(
            Text("数字应用超出 (0, 1)", "digital use leaves (0, 1)"),
            expected=Text("0 与 1 之间", "between 0 and 1"),
            found=both(f"{digital.min():.4f} - {digital.max():.4f}"),
            remedy=Text("改变 ReportTruth 中的效应", "change the effects of ReportTruth"),
        )


def _truth(
    frame: pl.DataFrame,
    stage: Stage,
    planted: Planted,
    scales: Scales,
    kinds: NDArray[np.int8],
) -> Truth:
    rows = truth_rows(frame, stage.firms, planted, scales, stage.traits.is_large, kinds)
    found = _found(planted, stage)
    counts = {name: len(spec.within.rows) for name, spec in stage.specs.items()}
    return Truth(
        rows=rows,
        industries=truth_industries(rows, stage.firms, stage.truth, scales),
        effects=truth_effects(found, counts, stage.truth, planted.follows),
        constants=planted.constants,
        technology=planted.technology,
    )


def _found(planted: Planted, stage: Stage) -> Mapping[str, float]:
    """Effects by column per unit of digital_share: in the sample, or in expectation where noise is not balanced."""
    if planted.effects is not None and not stage.balanced:
        return planted.effects
    log_co2 = np.log(planted.bad)
    outcome = {"mac": np.log(planted.price), "co2": log_co2, "coal": log_co2 + planted.log_coal_share}
    return {name: planted.regressors.effect(name, outcome[name.split("_")[0]]) for name in stage.specs}
