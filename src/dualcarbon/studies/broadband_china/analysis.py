"""Everything the study estimates, on one source of cities and across sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from dualcarbon import policy
from dualcarbon.core.engine import Engine
from dualcarbon.core.text import Text
from dualcarbon.policy.bacon import decompose
from dualcarbon.policy.checks.side_by_side import SideBySide, attempt
from dualcarbon.policy.place_reach import County
from dualcarbon.policy.spatial import SpatialEffect, contiguity, spatial_did
from dualcarbon.studies.broadband_china.config import BroadbandStudy
from dualcarbon.studies.broadband_china.samples import FIRST, MUNICIPALITIES, Cities

MAIN = "callaway_santanna"
PICTURED = ("callaway_santanna", "sun_abraham", "imputation", "event_study")
ROBUST = "imputation"
"""Estimator of the robustness table: robust to heterogeneous effects, and able to use cities with missing years."""

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimated:
    """The estimates on the first source.

    Attributes
    ----------
    match : Match
    design : Design
    main : Effect
    compared : SideBySide
        Every estimator.
    bacon : Decomposition
    honest : tuple of Honest
        Relative magnitudes and smoothness.
    """

    match: policy.Match
    design: policy.Design
    main: policy.Effect
    compared: SideBySide
    bacon: policy.Decomposition
    honest: tuple[policy.Honest, ...]

    @property
    def pictured(self) -> tuple[policy.Effect, ...]:
        """The effects of the event-study picture."""
        return tuple(a.effect for a in self.compared.done if a.key in PICTURED and a.effect is not None)


@dataclass(frozen=True, slots=True)
class Checked:
    """The checks on the first source, and the other samples.

    `spatial` is None where the source names no provinces.
    """

    in_units: policy.PlaceboUnits
    in_time: SideBySide
    without_cohorts: SideBySide
    concurrent: SideBySide
    robustness: SideBySide
    spatial: SpatialEffect | None


def estimate(cities: Cities, config: BroadbandStudy) -> Estimated:
    """The effect by every estimator, what two-way averages, and how far trends may differ."""
    match = cities.matched(config)
    sample = _design(match, config)
    compared = policy.compare_estimators(sample)
    main = policy.evaluate(sample, policy.registry.estimator(MAIN), LEVEL)
    honest = tuple(policy.honest(main, restriction=kind) for kind in ("relative_magnitude", "smoothness"))
    return Estimated(match, sample, main, compared, decompose(sample), honest)


def check(found: Estimated, every: tuple[Cities, ...], config: BroadbandStudy, engine: Engine) -> Checked:
    """Placebos, cohorts, concurrent policies, other samples, and what happened next door."""
    panel, others = every[0].with_concurrent(found.match, config)
    asked = config.policy
    return Checked(
        in_units=policy.placebo_in_units(found.design, draws=config.study.draws, seed=config.study.seed, engine=engine),
        in_time=policy.placebo_in_time(found.design, method=MAIN),
        without_cohorts=policy.leave_out(found.design, method=MAIN),
        concurrent=policy.concurrent(
            panel, asked.outcome, FIRST, policies=others, gaps="drop_units", comparison=asked.comparison
        ),
        robustness=_robustness(found, every, config),
        spatial=_spatial(found, every[0], config),
    )


def _design(match: policy.Match, config: BroadbandStudy, *, anticipation: int = 0, keep: bool = False) -> policy.Design:
    """The sample: complete cities, or all city-years where the estimator can use them."""
    asked = config.policy
    return policy.design(
        match.panel,
        asked.outcome,
        FIRST,
        comparison=asked.comparison,
        window=asked.window,
        anticipation=anticipation,
        gaps="keep" if keep else "drop_units",
    )


_Sample = tuple[str, Text, Callable[[], policy.Design]]
"""Key, label, and how the sample is made."""


def _robustness(found: Estimated, every: tuple[Cities, ...], config: BroadbandStudy) -> SideBySide:
    """The effect on other samples and other readings of the list, by one estimator."""
    rows = (*_readings(found, every[0], config), *(row for cities in every[1:] for row in _elsewhere(cities, config)))
    estimator = policy.registry.estimator(ROBUST)
    attempts = tuple(attempt(key, label, make, found.design, estimator, LEVEL) for key, label, make in rows)
    return SideBySide(
        number=Text("稳健性", "Robustness"),
        title=Text("换样本、换口径后的效应（{m}）", "The effect on other samples and readings ({m})").format(
            m=estimator.label
        ),
        heading=Text("样本", "Sample"),
        attempts=attempts,
        sample=found.design,
        level=LEVEL,
        notes=_about_samples(every[1:], config),
        key="robustness",
        baseline=attempts[0].effect,
    )


def _readings(found: Estimated, first: Cities, config: BroadbandStudy) -> tuple[_Sample, ...]:
    """The same cities, read otherwise."""
    return (
        ("base", Text("基准：{s}", "Base: {s}").format(s=first.label), lambda: found.design),
        (
            "anticipation",
            Text("允许提前一年反应", "One year of anticipation"),
            lambda: _design(found.match, config, anticipation=1),
        ),
        ("municipalities", Text("剔除直辖市", "Without the municipalities"), lambda: _without(found.design)),
        ("treat_city", _county("所在城市视为受处理", "treat their city"), lambda: _read(first, config, "treat_city")),
        ("drop_city", _county("剔除所在城市", "take their city out"), lambda: _read(first, config, "drop_city")),
    )


def _elsewhere(cities: Cities, config: BroadbandStudy) -> tuple[_Sample, ...]:
    """Another source, with and without cities that lack years."""
    whole = Text("{s}，全部城市-年份", "{s}, all city-years").format(s=cities.label)
    complete = Text("{s}，仅年年齐全的城市", "{s}, complete cities only").format(s=cities.label)
    return (
        (f"{cities.key}_all", whole, lambda: _design(cities.matched(config), config, keep=True)),
        (f"{cities.key}_complete", complete, lambda: _design(cities.matched(config), config)),
    )


def _about_samples(others: tuple[Cities, ...], config: BroadbandStudy) -> tuple[Text, ...]:
    base = Text("虚线为基准。", "The dashed line is the base.")
    if not others:
        return (base,)
    source = Text(
        "虚线为基准。CEADs 的样本来自另一来源，城市与年份均不同。",
        "The dashed line is the base. CEADs samples are another source, of other cities and years.",
    )
    matched = (
        Text("{s}：{n}", "{s}: {n}").format(s=cities.panel.provenance.name, n=cities.matched(config).notes[0])
        for cities in others
    )
    return (source, *matched)


def _county(zh: str, en: str) -> Text:
    return Text("试点县区：{c}", "Pilot counties {c}").format(c=Text(zh, en))


def _read(cities: Cities, config: BroadbandStudy, county: County) -> policy.Design:
    return _design(cities.matched(config, county), config)


def _without(sample: policy.Design) -> policy.Design:
    """The sample without the four municipalities."""
    names = pl.Series([str(name) for name in sample.unit_names]).str.strip_suffix("市")
    keep = ~names.is_in(MUNICIPALITIES).to_numpy()[sample.unit]
    return sample.only(keep, Text("直辖市", "municipalities"))


def _spatial(found: Estimated, cities: Cities, config: BroadbandStudy) -> SpatialEffect | None:
    """Spatial Durbin DID with the cities of the same province as neighbours; None where provinces are unknown."""
    if cities.province is None:
        return None
    panel = found.match.panel
    homes = panel.frame.select(panel.id, cities.province).unique()
    pairs = homes.join(homes, on=cities.province, how="inner", suffix="_2", validate="m:m")
    edges = pairs.filter(pl.col(panel.id) < pl.col(f"{panel.id}_2")).select(panel.id, f"{panel.id}_2")
    return spatial_did(
        panel,
        config.policy.outcome,
        FIRST,
        weights=replace(contiguity(panel, edges), label=Text("同省的城市", "cities of the same province")),
        gaps="drop_units",
        seed=config.study.seed,
    )
