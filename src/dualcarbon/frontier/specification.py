"""How far the answer depends on choices nobody can test: models x restriction sets x trims, side by side."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

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
from dualcarbon.frontier.fit import altered, fit
from dualcarbon.frontier.model import Model
from dualcarbon.frontier.observations import frontiers, group_data, observations
from dualcarbon.frontier.specification_table import PANEL_UNIT, panel_table, reasons_table

if TYPE_CHECKING:
    from dualcarbon.core.exhibit import Table

Mask = NDArray[np.bool_]
Trim = Literal["none", "screen"] | float

MODELS = ("quadratic", "translog_lp", "translog_ml", "envelopment")
"""The models compared unless others are named: the literature's, its form in logs, the default for firms, the
envelopment."""
TRIMS: tuple[Trim, ...] = ("none", "screen", 0.01, 0.05)
RETURNS = ("variable", "constant", "bic")
_IN_ORDER = InOrder()
_PRICED = ("ok", "kink", "edge", "zero", "negative")
_SHARES = ("ok", "kink", "edge", "zero", "infinite", "negative")
_VERDICTS = ("identified", "weakly_identified", "trivial", "too_few")
_SCHEMA: Mapping[str, Any] = {
    "model": pl.String,
    "restrictions": pl.String,
    "trim": pl.String,
    "returns": pl.String,
    "n": pl.Int64,
    **{f"{name}_share": pl.Float64 for name in _SHARES},
    "room": pl.Float64,
    "mac_median": pl.Float64,
    "mac_weighted": pl.Float64,
    "mac_mean": pl.Float64,
    "near_range": pl.Float64,
    "status": pl.String,
    **dict.fromkeys(_VERDICTS, pl.Int64),
    "why_zh": pl.String,
    "why_en": pl.String,
}


@dataclass(frozen=True, slots=True)
class SpecificationPanel:
    """One row per specification.

    Attributes
    ----------
    frame : polars.DataFrame
        `model`, `restrictions` (null where the model has no such choice), `trim` (none, screen, or the share left out
        at either end of b / y), `returns`; `n` rows left by the trim with CO2 > 0; shares of these by status; `room`,
        aggregate share of CO2; `mac_median`, CO2-weighted `mac_weighted` and plain `mac_mean` over rows with a finite
        price; `near_range`, ln range of the mean MAC over near-optimal fits, median over frontiers, NaN where the model
        has none; `status`, the worst verdict of its frontiers, or unsupported; counts by verdict; `why_zh`, `why_en`,
        the commonest reason.
    labels : mapping from model to Text
    warnings : tuple of Text
        Of the models.
    source : Text
    simulated : bool
    """

    frame: pl.DataFrame
    labels: Mapping[str, Text]
    warnings: tuple[Text, ...]
    source: Text
    simulated: bool

    def table(self, unit: Text = PANEL_UNIT) -> Table:
        """The panel for print; `unit` is that of the MAC."""
        return panel_table(self, unit)

    def reasons(self) -> Table:
        """The reasons for the verdicts, under the numbers that `table` gives them."""
        return reasons_table(self)


def specification_panel(
    panel: Panel,
    technology: Technology,
    direction: Direction,
    models: Sequence[str | Model] = MODELS,
    *,
    trims: Sequence[Trim] = TRIMS,
    engine: Engine = _IN_ORDER,
) -> SpecificationPanel:
    """The same data under every combination of model, restriction set and trim.

    Models with a choice of restrictions are run under every named set. A trim acts within the groups of the technology,
    on rows with CO2 > 0: "screen" keeps what the conditional screen finds plausible, a share leaves out as many of the
    lowest and of the highest values of b / y; the models' own screens are off where they have the option. A model that
    does not support the returns of the technology is run under the first it does of variable, constant, bic; the row
    says which.

    Parameters
    ----------
    panel : Panel
    technology : Technology
    direction : Direction
    models : sequence of str or Model
    trims : sequence of "none", "screen" or float in (0, .5)
    engine : Engine

    Raises
    ------
    ConfigError
        If a model is unknown, a trim is not allowed, or no specification is supported.
    SchemaError, DataError
        As `fit`.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> x, r, u = draw.lognormal(size=400), draw.normal(size=400), 0.2 * np.abs(draw.normal(size=400))
    >>> frame = pl.DataFrame({"firm": np.arange(400) // 4, "year": np.arange(400) % 4, "x": x})
    >>> frame = frame.with_columns(y=x * np.exp(0.1 * r - u), b=x * np.exp(0.3 * r + u))
    >>> panel = Panel.from_frame(frame, id="firm", time="year")
    >>> found = specification_panel(panel, Technology(["x"], "y", "b"), Direction.proportional(), ["quadratic"])
    >>> found.frame.height, found.frame["restrictions"].n_unique()
    (16, 4)
    """
    _check_trims(trims)
    chosen = [registry.model(model) if isinstance(model, str) else model for model in models]
    variants = [(model, *variant) for model in chosen for variant in _variants(model)]
    trimmed = [(trim, _trimmed(panel, technology, direction, trim)) for trim in trims]
    rows, warnings, errors = [], [], []
    for model, name, varied in variants:
        for trim, part in trimmed:
            try:
                result = _supported(part, technology, direction, varied, engine)
            except ConfigError as error:
                errors.append(error)
                rows.append(_unsupported(model, name, trim, technology, part, error))
                continue
            warnings += [] if model.warning is None else [model.warning]
            rows.append(_row(part, result, model, name, trim))
    if errors and len(errors) == len(rows):
        raise errors[0]
    return SpecificationPanel(
        frame=pl.DataFrame(rows, schema=_SCHEMA),
        labels={model.name: model.label for model in chosen},
        warnings=tuple(dict.fromkeys(warnings)),
        source=panel.provenance.name,
        simulated=panel.provenance.simulated,
    )


def _check_trims(trims: Sequence[Trim]) -> None:
    wrong = [t for t in trims if t not in ("none", "screen") and not (isinstance(t, float) and 0.0 < t < 0.5)]
    if wrong or not trims:
        raise ConfigError(
            Text("剔除规则有误", "a trim is not allowed"),
            expected=Text('"none"、"screen" 或 0 与 0.5 之间的比例', '"none", "screen" or a share between 0 and 0.5'),
            found=both(repr(wrong or list(trims))),
            remedy=Text("改正 trims", "correct trims"),
        )


def _variants(model: Model) -> Iterator[tuple[str | None, Model]]:
    """The model under every restriction set it can choose, its own screen and trims off."""
    own: set[str] = {f.name for f in dataclasses.fields(model) if f.init} if dataclasses.is_dataclass(model) else set()
    off: dict[str, object] = {name: False for name in ("screen", "trims") if name in own}
    plain = _with(model, off)
    if "restrictions" not in own:
        yield None, plain
        return
    from dualcarbon.frontier.models.quadratic import RESTRICTIONS

    for name, rule in RESTRICTIONS.items():
        yield name, _with(plain, {"restrictions": rule})


def _with(model: Any, options: Mapping[str, object]) -> Model:
    changed: Model = dataclasses.replace(model, **options) if options else model
    return changed


def _trimmed(panel: Panel, technology: Technology, direction: Direction, trim: Trim) -> Panel:
    """The panel without the rows that a trim leaves out; rows without CO2 stay, for the models to count."""
    if trim == "none":
        return panel
    from dualcarbon.frontier.models._rows import usable
    from dualcarbon.frontier.models._trims import kept
    from dualcarbon.frontier.models.translog_lp import MODEL as POOLS

    found = observations(panel, technology, direction)
    gone = np.zeros(panel.n, dtype=np.bool_)
    for block in frontiers(panel, technology, POOLS, found):
        data = group_data(found, block)
        keep = usable(data, True).plausible if trim == "screen" else kept(data.y, data.b, float(trim))
        gone[block.rows] = (data.b > 0.0) & ~keep
    reason = Text("规格面板的剔除：{t}", "trim of the specification panel: {t}").format(t=trim)
    return panel.keep(pl.lit(pl.Series(~gone)), reason)


def _supported(
    panel: Panel, technology: Technology, direction: Direction, model: Model, engine: Engine
) -> FrontierResult:
    """The fit under the returns of the technology or, where the model refuses them, the first others it takes."""
    refused: ConfigError | None = None
    for returns in dict.fromkeys((technology.returns, *RETURNS)):
        asked = altered(technology, returns=returns)
        try:
            model.check(asked, direction)
        except ConfigError as error:
            refused = refused or error
            continue
        return fit(panel, asked, direction, model, engine=engine)
    assert refused is not None
    raise refused


def _unsupported(
    model: Model, name: str | None, trim: Trim, technology: Technology, panel: Panel, error: ConfigError
) -> dict[str, object]:
    n = panel.frame.filter(pl.col(technology.bad) > 0.0).height
    row = dict.fromkeys(_SCHEMA)
    said = {"why_zh": error.what.zh, "why_en": error.what.en, "status": "unsupported"}
    return row | {"model": model.name, "restrictions": name, "trim": str(trim), "n": n} | said


def _row(panel: Panel, result: FrontierResult, model: Model, name: str | None, trim: Trim) -> dict[str, object]:
    table = result.table.with_columns(bad=panel.frame[result.technology.bad].cast(pl.Float64))
    table = table.filter(~pl.col("status").is_in(["missing", "no_bad"]))
    n, b = table.height, pl.col("bad")
    priced = table.filter(pl.col("status").is_in(_PRICED) & pl.col("mac").is_finite())
    roomy = table.filter(pl.col("abatement_room").is_finite())
    known = result.diagnostics
    near = known["near_range"].drop_nulls().drop_nans() if "near_range" in known.columns else pl.Series([])
    counts = {v: int((known["status"] == v).sum()) for v in _VERDICTS}
    worst = next((v for v in reversed(_VERDICTS) if counts[v]), "too_few")
    zh, en = _commonest(known.filter(pl.col("status") == worst))
    return {
        "model": model.name,
        "restrictions": name,
        "trim": str(trim),
        "returns": result.technology.returns,
        "n": n,
        **{f"{s}_share": int((table["status"] == s).sum()) / n if n else math.nan for s in _SHARES},
        "room": _ratio(roomy.select((b * pl.col("abatement_room")).sum() / b.sum())),
        "mac_median": _ratio(priced.select(pl.col("mac").median())),
        "mac_weighted": _ratio(priced.select((b * pl.col("mac")).sum() / b.sum())),
        "mac_mean": _ratio(priced.select(pl.col("mac").mean())),
        "near_range": float(np.median(near.to_numpy())) if near.len() else math.nan,
        "status": worst,
        **counts,
        "why_zh": zh,
        "why_en": en,
    }


def _ratio(value: pl.DataFrame) -> float:
    number = value.item()
    return math.nan if number is None else float(number)


def _commonest(known: pl.DataFrame) -> tuple[str, str]:
    counted = known.group_by("why_zh", "why_en").len().sort("len", "why_en", descending=[True, False])
    zh, en, _ = counted.row(0)
    return str(zh), str(en)
