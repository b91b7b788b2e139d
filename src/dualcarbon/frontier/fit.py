"""From a panel to inefficiency and marginal abatement cost: one frontier per group, by any registered model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import registry
from dualcarbon.frontier.model import CODE, STATUSES, GroupData, GroupFit, Model

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_IN_ORDER = InOrder()
_NUMBERS = ("inefficiency", "abatement_room", "mac", "mac_low", "mac_high")


@dataclass(frozen=True, slots=True)
class _Columns:
    """The panel as arrays: x (n, m), y, b (n,), firm and period codes, and which rows carry data."""

    x: Array
    y: Array
    b: Array
    unit: Index
    time: Index
    usable: NDArray[np.bool_]


def fit(
    panel: Panel,
    technology: Technology,
    direction: Direction,
    model: str | Model = "translog_ml",
    *,
    engine: Engine = _IN_ORDER,
) -> FrontierResult:
    """Inefficiency and marginal abatement cost of every observation against the frontier of its group.

    Groups are the combinations of `technology.group_by`; a model that does not pool periods has, under
    `reference="contemporaneous"`, one frontier per group and period. The engine runs the groups.

    Parameters
    ----------
    panel : Panel
        With the columns of the technology, the good output in currency and CO2 in tonnes.
    technology : Technology
    direction : Direction
    model : str or Model
        A name in the registry, or an object with the shape of `Model`.
    engine : Engine
        How the groups are run; never changes a number.

    Returns
    -------
    FrontierResult
        `table` in the row order of the panel. Rows with a missing, infinite or nonpositive input or good output, or
        missing CO2, are "missing"; groups with fewer rows with CO2 > 0 than the model needs are "refused" and their
        diagnostics say too_few. `diagnostics`: group columns, status, why_zh, why_en, rows, usable, then the model's
        facts.

    Raises
    ------
    ConfigError
        If the model is unknown or does not support the technology or the direction, or a grouping column has the name
        of a diagnostic.
    SchemaError
        If a column is absent or not numeric.
    DataError
        If CO2 is negative somewhere or a grouping column has missing values.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> x, r, u = draw.lognormal(size=400), draw.normal(size=400), 0.2 * np.abs(draw.normal(size=400))
    >>> frame = pl.DataFrame({"firm": np.arange(400) // 4, "year": np.arange(400) % 4, "x": x})
    >>> frame = frame.with_columns(y=x * np.exp(0.2 * r - u), co2=x * np.exp(r + u))
    >>> technology = Technology(["x"], "y", "co2", returns="constant")
    >>> result = fit(Panel.from_frame(frame, id="firm", time="year"), technology, Direction.proportional())
    >>> round(result.diagnostics["elasticity_pooled"][0], 1)
    0.2
    """
    chosen = registry.model(model) if isinstance(model, str) else model
    chosen.check(technology, direction)
    columns = _columns(panel, technology)
    keys = _group_keys(panel, technology, chosen)
    codes = panel.codes(*keys)
    blocks = _blocks(codes, columns.usable)
    fits = engine.map(lambda rows: _solve(columns, rows, chosen, technology, direction), blocks)
    return FrontierResult(
        table=_table(panel, blocks, fits),
        diagnostics=_diagnostics(panel, keys, codes, columns, fits),
        model=chosen.name,
        technology=technology,
        direction=direction,
        measure=chosen.measure,
        warnings=_warnings(panel, technology, chosen, fits),
    )


def _columns(panel: Panel, technology: Technology) -> _Columns:
    x = np.column_stack(panel.arrays(*technology.inputs))
    y, b = panel.arrays(technology.good, technology.bad)
    _refuse_negative(panel, technology.bad, b)
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(x).all(axis=1) & (x > 0.0).all(axis=1) & np.isfinite(y) & (y > 0.0) & np.isfinite(b)
    return _Columns(x, y, b, panel.codes(panel.id), panel.codes(panel.time), usable)


def _refuse_negative(panel: Panel, bad: str, b: Array) -> None:
    rows = np.flatnonzero(b < 0.0)
    if rows.size:
        first = panel.frame.select(panel.id, panel.time)[rows[:5].tolist()].rows()
        raise DataError(
            Text("{c} 有负值", "{c} has negative values").format(c=bad),
            expected=both(f"{bad} >= 0"),
            found=Text("{n} 行为负，前几个 {f}", "{n} rows negative, first {f}").format(n=rows.size, f=first),
            remedy=Text("改正或删去这些行", "correct or drop these rows"),
        )


def _group_keys(panel: Panel, technology: Technology, model: Model) -> tuple[str, ...]:
    split = not model.pools and technology.reference == "contemporaneous"
    return tuple(dict.fromkeys((*technology.group_by, *((panel.time,) if split else ()))))


def _blocks(codes: Index, usable: NDArray[np.bool_]) -> list[Index]:
    """Usable rows of each group, in the order of the panel."""
    if not codes.size:
        return []
    rows = np.flatnonzero(usable)
    order = rows[np.argsort(codes[rows], kind="stable")]
    ends = np.cumsum(np.bincount(codes[rows], minlength=int(codes.max()) + 1))
    return np.split(order, ends[:-1])


def _dense(codes: Index) -> Index:
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def _solve(columns: _Columns, rows: Index, model: Model, technology: Technology, direction: Direction) -> GroupFit:
    b = columns.b[rows]
    least, positive = model.least(technology), int(np.count_nonzero(b > 0.0))
    if positive < least:
        return _too_few(b, positive, least)
    data = GroupData(columns.x[rows], columns.y[rows], b, _dense(columns.unit[rows]), _dense(columns.time[rows]))
    return model.solve(data, technology, direction)


def _too_few(b: Array, positive: int, least: int) -> GroupFit:
    empty = np.full(b.size, np.nan)
    status = np.where(b > 0.0, CODE["refused"], CODE["no_bad"]).astype(np.int8)
    why = Text(
        "可用观测 {k} 个（排放大于零），本模型至少需要 {l} 个",
        "{k} usable observations (CO2 above zero), the model needs {l}",
    )
    return GroupFit(empty, empty, empty, empty, empty, status, "too_few", why.format(k=positive, l=least))


def _table(panel: Panel, blocks: Sequence[Index], fits: Sequence[GroupFit]) -> pl.DataFrame:
    numbers = {name: np.full(panel.n, np.nan) for name in _NUMBERS}
    status = np.full(panel.n, CODE["missing"], dtype=np.uint8)
    for rows, done in zip(blocks, fits, strict=True):
        for name, values in numbers.items():
            values[rows] = getattr(done, name)
        status[rows] = done.status
    words = pl.Series("status", STATUSES).gather(status)
    return panel.frame.select(panel.id, panel.time).with_columns(
        *(pl.Series(name, values) for name, values in numbers.items()), words
    )


def _diagnostics(
    panel: Panel, keys: Sequence[str], codes: Index, columns: _Columns, fits: Sequence[GroupFit]
) -> pl.DataFrame:
    groups = len(fits)
    first = np.unique(codes, return_index=True)[1]
    labels = panel.frame.select(keys)[first.tolist()] if keys else pl.DataFrame()
    positive = columns.usable & (columns.b > 0.0)
    base: Mapping[str, object] = {
        "status": [f.verdict for f in fits],
        "why_zh": [f.why.zh for f in fits],
        "why_en": [f.why.en for f in fits],
        "rows": np.bincount(codes, minlength=groups),
        "usable": np.bincount(codes[positive], minlength=groups),
    }
    facts = dict.fromkeys(key for f in fits for key in f.facts)
    values = {key: pl.Series(key, [f.facts.get(key) for f in fits], strict=False) for key in facts}
    _refuse_clash([key for key in keys if key in base or key in values])
    return pl.DataFrame({**labels.to_dict(), **base, **values})


def _refuse_clash(names: Sequence[str]) -> None:
    if names:
        raise ConfigError(
            Text("分组列与诊断列重名", "a grouping column has the name of a diagnostic"),
            expected=Text("不同于诊断列的列名", "names that no diagnostic has"),
            found=both(", ".join(names)),
            remedy=Text("给分组列改名", "rename the grouping column"),
        )


def _warnings(panel: Panel, technology: Technology, model: Model, fits: Sequence[GroupFit]) -> tuple[Text, ...]:
    said = [] if model.warning is None else [model.warning]
    if model.pools and technology.reference == "contemporaneous" and panel.frame[panel.time].n_unique() > 1:
        said.append(
            Text(
                "{m} 不按年分设前沿：同组各年共用一个前沿（reference 取 contemporaneous 与 pooled 结果相同）",
                "{m} has no frontier per period: all periods of a group share one, whether reference is "
                "contemporaneous or pooled",
            ).format(m=model.label)
        )
    refused = sum(f.verdict in ("too_few", "trivial") for f in fits)
    if refused:
        text = Text(
            "{g} 个前沿中 {k} 个不予给出，原因见 diagnostics",
            "{k} of {g} frontiers are refused; diagnostics says why",
        )
        said.append(text.format(k=refused, g=len(fits)))
    return tuple(said)
