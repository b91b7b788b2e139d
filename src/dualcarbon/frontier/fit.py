"""From a panel to inefficiency and marginal abatement cost: one frontier per group, by any registered model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import registry
from dualcarbon.frontier.model import CODE, STATUSES, GroupFit, Model, refused
from dualcarbon.frontier.observations import Observations, frontiers, group_data, group_keys, observations
from dualcarbon.frontier.reference import Block

Array = NDArray[np.float64]

_IN_ORDER = InOrder()
_NUMBERS = ("inefficiency", "abatement_room", "mac", "mac_low", "mac_high")


def fit(
    panel: Panel,
    technology: Technology,
    direction: Direction,
    model: str | Model = "translog_ml",
    *,
    engine: Engine = _IN_ORDER,
) -> FrontierResult:
    """Inefficiency and marginal abatement cost of every observation against the frontier of its group.

    Groups are the combinations of `technology.group_by`; a model that does not pool periods has, unless
    `reference="global"`, one frontier per group and period. The engine runs the frontiers.

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
        facts. Further columns of a model (prices of further bads, say) stand at the end of `table`.

    Raises
    ------
    ConfigError
        If the model is unknown or does not support the technology or the direction, a custom direction moves a column
        that is not in the technology, or a grouping column has the name of a diagnostic.
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
    _check_reference(technology, chosen)
    _check_outputs(technology, chosen)
    columns = observations(panel, technology, direction)
    keys = group_keys(panel, technology, chosen)
    parts = frontiers(panel, technology, chosen, columns)
    fits = engine.map(lambda block: _solve(columns, block, chosen, technology, direction), parts)
    return FrontierResult(
        table=_table(panel, parts, fits),
        diagnostics=_diagnostics(panel, keys, parts, columns, fits),
        model=chosen.name,
        technology=technology,
        direction=direction,
        measure=chosen.measure,
        warnings=_warnings(panel, technology, chosen, fits),
    )


def altered(technology: Technology, **changes: Any) -> Technology:
    """The technology with some arguments of its constructor replaced."""
    t = technology
    given = {
        "inputs": t.inputs,
        "good": t.goods,
        "bad": t.bads,
        "returns": t.returns,
        "disposability": t.disposability,
        "group_by": t.group_by,
        "reference": t.reference,
        "window": t.window,
        "polluting": dict(zip(t.polluting, t.content, strict=True)) if t.content else t.polluting,
    }
    return Technology(**(given | changes))


def _check_reference(technology: Technology, model: Model) -> None:
    if model.pools and technology.reference not in ("contemporaneous", "global"):
        raise ConfigError(
            Text("{m}不支持这个参照集", "{m} does not support this reference set").format(m=model.label),
            expected=both('reference="global"'),
            found=both(f'reference="{technology.reference}"'),
            remedy=Text(
                "参数模型用全部时期拟合一个前沿；其他参照集请用包络类模型",
                "a parametric model fits one frontier to all periods; for other sets use an envelopment model",
            ),
        )


def _check_outputs(technology: Technology, model: Model) -> None:
    if not model.several and len(technology.goods) + len(technology.bads) > 2:
        raise ConfigError(
            Text("{m}只支持一种好产出和一种坏产出", "{m} takes one good and one bad output").format(m=model.label),
            expected=both("good, bad"),
            found=both(f"good={technology.goods}, bad={technology.bads}"),
            remedy=Text("多种产出请用包络类模型", "for several outputs use an envelopment model"),
        )


def _solve(columns: Observations, block: Block, model: Model, technology: Technology, direction: Direction) -> GroupFit:
    b = columns.bads[block.rows, 0]
    least, positive = model.least(technology), int(np.count_nonzero(b > 0.0))
    if positive < least:
        return _too_few(b, positive, least)
    return model.solve(group_data(columns, block), technology, direction)


def _too_few(b: Array, positive: int, least: int) -> GroupFit:
    why = Text(
        "可用观测 {k} 个（排放大于零），本模型至少需要 {l} 个",
        "{k} usable observations (CO2 above zero), the model needs {l}",
    )
    return refused(b, "too_few", why.format(k=positive, l=least))


def _table(panel: Panel, parts: Sequence[Block], fits: Sequence[GroupFit]) -> pl.DataFrame:
    further = tuple(dict.fromkeys(name for done in fits for name in done.columns))
    numbers = {name: np.full(panel.n, np.nan) for name in (*_NUMBERS, *further)}
    status = np.full(panel.n, CODE["missing"], dtype=np.uint8)
    for block, done in zip(parts, fits, strict=True):
        rows = block.rows[block.evaluated]
        for name in _NUMBERS:
            numbers[name][rows] = getattr(done, name)[block.evaluated]
        for name, values in done.columns.items():
            numbers[name][rows] = values[block.evaluated]
        status[rows] = done.status[block.evaluated]
    words = pl.Series("status", STATUSES).gather(status)
    series = {name: pl.Series(name, values) for name, values in numbers.items()}
    main, last = ([series[name] for name in names] for names in (_NUMBERS, further))
    return panel.frame.select(panel.id, panel.time).with_columns(*main, words, *last)


def _diagnostics(
    panel: Panel, keys: Sequence[str], parts: Sequence[Block], columns: Observations, fits: Sequence[GroupFit]
) -> pl.DataFrame:
    labels = panel.frame.select(keys)[[block.label for block in parts]] if keys else pl.DataFrame()
    base: Mapping[str, object] = {
        "status": [f.verdict for f in fits],
        "why_zh": [f.why.zh for f in fits],
        "why_en": [f.why.en for f in fits],
        "rows": [block.members for block in parts],
        "usable": [int(np.count_nonzero(columns.bads[p.rows[p.evaluated], 0] > 0.0)) for p in parts],
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
                "{m} 不按年分设前沿：同组各年共用一个前沿（reference 取 contemporaneous 与 global 结果相同）",
                "{m} has no frontier per period: all periods of a group share one, whether reference is "
                "contemporaneous or global",
            ).format(m=model.label)
        )
    refused = sum(f.verdict in ("too_few", "trivial") for f in fits)
    if refused:
        text = Text(
            "{g} 个前沿中 {k} 个不予给出，原因见诊断表。",
            "{k} of {g} frontiers are refused; the table of diagnostics says why.",
        )
        said.append(text.format(k=refused, g=len(fits)))
    return tuple(said)
