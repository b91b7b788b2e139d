"""A policy on a user's table: read, match places, estimate, and show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import polars as pl

from dualcarbon import policy
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import Exhibit
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Language, Text, both
from dualcarbon.policy.design import Comparison, Gaps
from dualcarbon.policy.place_reach import County, Province
from dualcarbon.policy.place_units import Level

KEY = "policy_design"
"""Stem of the first file written."""

_FIRST = "first_treated"


@dataclass(frozen=True, slots=True)
class Places:
    """How a policy list meets the table; see `policy.match_places`."""

    column: str = "city"
    level: str = "city"
    within: str | None = None
    county: str = "leave"
    province: str = "leave"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says.

    Attributes
    ----------
    data : data file
    outcome : column, or `ln(column)`
    policy_name, first_treated, treated : exactly one of a shipped list, a column of dates, a 0/1 column
    methods : estimators; one gives its own table, several are set side by side, "all" means every one
    comparison, controls, cluster, anticipation, window, gaps : as for `policy.did`
    id, time : key columns
    places : how a list meets the table
    reading : schema, sheet, encoding, separator
    """

    data: Path
    outcome: str
    policy_name: str | None = None
    first_treated: str | None = None
    treated: str | None = None
    methods: tuple[str, ...] = ("callaway_santanna",)
    comparison: str = "never"
    controls: tuple[str, ...] = ()
    cluster: str | None = None
    anticipation: int = 0
    window: tuple[int, int] | None = None
    gaps: str = "refuse"
    id: str | None = None
    time: str | None = None
    places: Places = Places()
    reading: Mapping[str, str] = field(default_factory=dict)


def run(asked: Asked) -> tuple[Exhibit, ...]:
    """Match table (with a list), design, effects, pictures: in the order they are read.

    Raises
    ------
    InputError, SchemaError, DataError
        The file cannot be read, or does not fit.
    ConfigError, NotIdentifiedError
        An option cannot be used, or there is no effect to estimate.
    """
    _require_one_timing(asked)
    panel, matched = _timed(_with_outcome(_panel(asked), asked.outcome), asked)
    sample = policy.design(
        panel,
        asked.outcome,
        asked.first_treated if asked.policy_name is None else _FIRST,
        treated=asked.treated,
        comparison=cast(Comparison, asked.comparison),
        controls=asked.controls,
        cluster=asked.cluster,
        anticipation=asked.anticipation,
        window=asked.window,
        gaps=cast(Gaps, asked.gaps),
    )
    return (*matched, policy.design_table(sample), *_effects(sample, asked.methods))


def write(exhibits: Sequence[Exhibit], out: Path, languages: Sequence[Language]) -> list[Path]:
    """Every exhibit in every format that can hold it, in these languages."""
    from dualcarbon.report import render

    return [path for item in exhibits for path in render(item, out, languages)]


def _effects(sample: policy.Design, methods: Sequence[str]) -> tuple[Exhibit, ...]:
    if len(methods) == 1 and methods[0] != "all":
        effect = policy.evaluate(sample, policy.registry.estimator(methods[0]))
        picture = (policy.event_study_figure(effect),) if effect.event.height else ()
        return (policy.effect_table(effect), *picture)
    found = policy.compare_estimators(sample, methods=None if "all" in methods else methods)
    paths = [a.effect for a in found.done if a.effect is not None and a.effect.event.height]
    return (found.table(), found.figure(), *((policy.event_study_figure(paths),) if paths else ()))


def _require_one_timing(asked: Asked) -> None:
    given = {"--policy": asked.policy_name, "--first-treated": asked.first_treated, "--treated": asked.treated}
    said = [f"{name} {value}" for name, value in given.items() if value is not None]
    if len(said) == 1:
        return
    raise ConfigError(
        Text("处理时点不明", "the timing of treatment is not given"),
        expected=Text("恰一个：{o}", "exactly one of {o}").format(o=", ".join(given)),
        found=both(", ".join(said) or "-"),
        remedy=Text(
            "用 --policy 选一份名单（{p}），或用 --first-treated 指明首次处理年份列",
            "choose a list with --policy ({p}), or name the column of first treated years with --first-treated",
        ).format(p=" | ".join(policy.policies())),
    )


def _panel(asked: Asked) -> Panel:
    from dualcarbon.panel.plain import read_plain

    reading = {"schema": "city"} | dict(asked.reading) if asked.policy_name is not None else dict(asked.reading)
    return read_plain(asked.data, id=asked.id, time=asked.time, **reading)


def _with_outcome(panel: Panel, outcome: str) -> Panel:
    """The panel with `ln(x)` as a column of that name; values not above zero become missing and are counted."""
    inner = outcome.removeprefix("ln(").removesuffix(")")
    if outcome in panel.frame.columns or outcome != f"ln({inner})":
        return panel
    panel.arrays(inner)
    value = pl.col(inner).cast(pl.Float64)
    return panel.with_columns(pl.when(value > 0).then(value.log()).alias(outcome))


def _timed(panel: Panel, asked: Asked) -> tuple[Panel, tuple[Exhibit, ...]]:
    """The panel with first treated years of the list, and the table of how the list met it."""
    if asked.policy_name is None:
        return panel, ()
    places = asked.places
    match = policy.match_places(
        policy.policy_list(asked.policy_name),
        panel,
        places.column,
        level=cast(Level, places.level),
        province_column=places.within,
        county=cast(County, places.county),
        province=cast(Province, places.province),
        unit_is_place=places.column == panel.id,
        first_column=_FIRST,
    )
    return match.panel, (policy.match_table(match),)
