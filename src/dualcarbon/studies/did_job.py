"""A policy on a user's table: read, match places, estimate, and show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import polars as pl

from dualcarbon import policy
from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.core.exhibit import Exhibit
from dualcarbon.core.panel import Panel
from dualcarbon.core.schema import load_schema
from dualcarbon.core.text import Language, Text, both
from dualcarbon.policy.design import Comparison, Gaps
from dualcarbon.policy.place_faults import no_column
from dualcarbon.policy.place_reach import County, Province
from dualcarbon.policy.place_units import Level

KEY = "policy_design"
"""Stem of the first file written."""

_FIRST = "first_treated"
_SCHEMAS = ("city", "firm", "province")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Places:
    """How a policy list meets the table; see `policy.match_places`.

    Attributes
    ----------
    column : names of the places; by default the units of a table of cities or provinces, else the column of cities
    level : what the places are; by default provinces in a table of provinces, else cities
    within, city : columns of the provinces and cities that places lie in
    county, province, ambiguous : as for `policy.match_places`
    include : statuses of entries that are used as well; see `PolicyList.including`
    """

    column: str | None = None
    level: str | None = None
    within: str | None = None
    city: str | None = None
    county: str = "leave"
    province: str = "leave"
    ambiguous: str = "refuse"
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says.

    Attributes
    ----------
    data : data file
    outcome : column, or `ln(column)`
    policy_name, first_treated, treated : exactly one of a shipped list, a column of dates, a 0/1 column
    methods : estimators; one gives its own table, several are set side by side, "all" means every one
    comparison, controls, cluster, anticipation, window, gaps : as for `policy.did`; where units lie in the places of
        the list, clusters are the places unless units move between them
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
    panel = _with_outcome(_panel(asked), asked.outcome)
    met = _Met(panel, asked.first_treated, asked.cluster, ()) if asked.policy_name is None else _met(panel, asked)
    sample = policy.design(
        met.panel,
        asked.outcome,
        met.first_treated,
        treated=asked.treated,
        comparison=cast(Comparison, asked.comparison),
        controls=asked.controls,
        cluster=met.cluster,
        anticipation=asked.anticipation,
        window=asked.window,
        gaps=cast(Gaps, asked.gaps),
    )
    return (*met.exhibits, policy.design_table(sample), *_effects(sample, asked.methods))


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
    """The table, its keys found by the names of the first kind of panel that fits where none is named."""
    from dualcarbon.panel.plain import read_plain

    kinds = (asked.reading["schema"],) if "schema" in asked.reading else _SCHEMAS
    refused: SchemaError | None = None
    for kind in kinds:
        try:
            return read_plain(asked.data, id=asked.id, time=asked.time, **{**asked.reading, "schema": kind})
        except SchemaError as error:
            refused = refused or error
    assert refused is not None
    raise refused


def _with_outcome(panel: Panel, outcome: str) -> Panel:
    """The panel with `ln(x)` as a column of that name; values not above zero become missing and are counted."""
    inner = outcome.removeprefix("ln(").removesuffix(")")
    if outcome in panel.frame.columns or outcome != f"ln({inner})":
        return panel
    panel.arrays(inner)
    value = pl.col(inner).cast(pl.Float64)
    return panel.with_columns(pl.when(value > 0).then(value.log()).alias(outcome))


@dataclass(frozen=True, slots=True)
class _Met:
    """The panel with first treated years, their column, the clusters, and the table of how the list met it."""

    panel: Panel
    first_treated: str | None
    cluster: str | None
    exhibits: tuple[Exhibit, ...]


def _met(panel: Panel, asked: Asked) -> _Met:
    """The list matched to the panel; what the match has to say stands in its table alone."""
    places, name = asked.places, str(asked.policy_name)
    column = places.column or _place_column(panel)
    level = places.level or ("province" if panel.schema.name == "province" and column == panel.id else "city")
    first = _free(panel, _FIRST)
    match = policy.match_places(
        policy.policy_list(name).including(*places.include),
        panel,
        column,
        level=cast(Level, level),
        province_column=places.within,
        city_column=places.city,
        county=cast(County, places.county),
        province=cast(Province, places.province),
        ambiguous=places.ambiguous,
        unit_is_place=column == panel.id,
        first_column=first,
    )
    found = match.panel
    _require_settled(found, column, first)
    return _Met(
        replace(found, notes=panel.notes),
        first,
        asked.cluster or _clusters(found, column),
        (policy.match_table(match),),
    )


def _place_column(panel: Panel) -> str:
    """The units of a table of cities or provinces; elsewhere the one column called a city."""
    if panel.schema.name in ("city", "province"):
        return panel.id
    schema = load_schema("city")
    (name,) = schema.with_role("id")
    words = {word.casefold() for word in (name, *schema[name].aliases)}
    known = [c for c in panel.frame.columns if c.strip().casefold() in words and c != panel.id]
    if len(known) != 1:
        raise no_column(name, panel.frame.columns)
    return known[0]


def _free(panel: Panel, name: str) -> str:
    while name in panel.frame.columns:
        name += "_"
    return name


def _require_settled(panel: Panel, column: str, first: str) -> None:
    """No unit moves between places that the list treats differently."""
    moved = panel.frame.group_by(panel.id).agg(pl.col(first).n_unique().alias("_dates")).filter(pl.col("_dates") > 1)
    if moved.height:
        units = moved[panel.id].sort()
        raise DataError(
            Text("有的单位在受处理时间不同的地方之间迁移", "some units move between places of different treatment"),
            expected=Text(
                "每个 {i} 的 {c} 只对应一个首次处理年份", "one first treated year by {c} for each {i}"
            ).format(i=panel.id, c=column),
            found=Text("{k} 个单位，前几个 {f}", "{k} units, first {f}").format(
                k=moved.height, f=units.head(_SHOWN).to_list()
            ),
            remedy=Text(
                "给每个单位定一个地方（如首年所在地），或删去迁移的单位",
                "settle each unit in one place (such as that of its first year), or drop the units that move",
            ),
        )


def _clusters(panel: Panel, column: str) -> str | None:
    """The places, where units lie in them and never move: treatment is theirs, not the units'."""
    if column == panel.id:
        return None
    several = panel.frame.group_by(panel.id).agg(pl.col(column).n_unique().alias("_places"))
    return column if int(several["_places"].max() or 0) == 1 else None  # type: ignore[arg-type]
