"""Group frontiers, the frontier of all groups together, and the gap between them at every observation."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import cast

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
from dualcarbon.frontier.fit import altered, fit
from dualcarbon.frontier.model import Model
from dualcarbon.frontier.observations import observations

Array = NDArray[np.float64]

_IN_ORDER = InOrder()
BELOW = 1e-9
"""Rounding below which the metafrontier may lie inside a group frontier without being counted."""
_UNSCORED = ("missing", "no_bad", "refused", "infeasible", "outlier")
_RATIO = Text(
    "技术差距比 = 元前沿处的排放 / 组前沿处的排放（至多为 1 时组前沿在元前沿之内）",
    "technology gap ratio = CO2 at the metafrontier over CO2 at the group frontier; at most 1 where the group frontier "
    "lies inside the metafrontier",
)


@dataclass(frozen=True, slots=True)
class MetafrontierResult:
    """Both frontiers and the gap between them.

    Attributes
    ----------
    table : polars.DataFrame, one row per row of the panel, in its order
        The panel's keys and group columns; `inefficiency_group`, `inefficiency_meta`, `gap` (their difference, in the
        model's measure), `technology_gap_ratio` ((1 - room_meta) / (1 - room_group)), `mac_group`, `mac_meta`,
        `status_group`, `status_meta`. Gaps stand where both frontiers give an inefficiency.
    diagnostics : polars.DataFrame, one row per group
        Group columns; `rows`, `compared`, `inside` (rows the group frontier leaves beyond the metafrontier: gap
        < -1e-9), `gap_mean`, `ratio_median`, `mac_group_median`, `mac_meta_median` (status ok or kink).
    group, meta : FrontierResult
        The two fits.
    warnings : tuple of Text
    """

    table: pl.DataFrame
    diagnostics: pl.DataFrame
    group: FrontierResult
    meta: FrontierResult
    warnings: tuple[Text, ...] = ()

    @property
    def measure(self) -> Text:
        """What `technology_gap_ratio` measures."""
        return _RATIO

    def __repr__(self) -> str:
        done, inside = (int(self.diagnostics[name].sum()) for name in ("compared", "inside"))
        return (
            f"MetafrontierResult({self.group.model}: {self.diagnostics.height} groups, {done:,} of "
            f"{self.table.height:,} rows compared, {inside:,} beyond the metafrontier)"
        )


def metafrontier(
    panel: Panel,
    technology: Technology,
    direction: Direction,
    model: str | Model = "envelopment",
    *,
    engine: Engine = _IN_ORDER,
) -> MetafrontierResult:
    """Inefficiency and marginal abatement cost against the frontier of the own group and that of all groups.

        gap = inefficiency_meta - inefficiency_group
        technology gap ratio = (1 - room_meta) / (1 - room_group)

    The ratio compares CO2 at the two frontiers: (1 - beta_meta) / (1 - beta_group) along (0, y, -b) in observed
    values, exp(u_group - u_meta) for the hyperbolic distance function. NaN where the direction leaves CO2 alone.

    Parameters
    ----------
    panel : Panel
    technology : Technology
        With `group_by`; the metafrontier has the same reference periods and no groups.
    direction : Direction
        Constant directions are put in means of all usable rows, so that both frontiers measure along the same step,
        where the model takes a custom direction; where it does not, each frontier measures in its own means, which is
        said, and `gap` is the difference of the rooms.
    model : str or Model
    engine : Engine
        How the frontiers are run; never changes a number.

    Returns
    -------
    MetafrontierResult
        A model that screens outliers does so inside the groups; its metafrontier is that of the rows the groups keep.
        An enveloping metafrontier then contains every group frontier and gap >= 0; an estimated one need not, and
        where it does not is counted in `inside`.

    Raises
    ------
    ConfigError
        If `technology.group_by` is empty, or the model refuses the technology or direction.
    DataError
        If there is one group only; as in `fit`.

    Notes
    -----
    Battese, Rao & O'Donnell (2004), J. Productivity Analysis 21, 91-103, doi:10.1023/B:PROD.0000012454.06094.29;
    O'Donnell, Rao & Battese (2008), Empirical Economics 34, 231-255, doi:10.1007/s00181-007-0119-4.

    Examples
    --------
    >>> y, b = [4.0, 2.0, 4.0, 1.0, 3.0], [2.0, 2.0, 3.0, 1.0, 3.0]
    >>> frame = pl.DataFrame({"f": range(10), "t": [1] * 10, "g": ["a"] * 5 + ["b"] * 5, "x": [1.0] * 10})
    >>> frame = frame.with_columns(y=pl.Series([*y, *(v / 2 for v in y)]), b=pl.Series([*b, *b]))
    >>> technology = Technology(["x"], "y", "b", returns="constant", group_by=["g"])
    >>> found = metafrontier(Panel.from_frame(frame, id="f", time="t"), technology, Direction.proportional())
    >>> found.diagnostics["gap_mean"].abs().round(3).to_list()
    [0.0, 0.327]
    """
    if not technology.group_by:
        raise _no_groups()
    chosen = registry.model(model) if isinstance(model, str) else model
    chosen.check(technology, direction)
    _refuse_one_group(panel, technology)
    step, shared = _common(panel, technology, direction, chosen)
    group = fit(panel, technology, step, chosen, engine=engine)
    kept = panel.with_columns(
        pl.when(group.table["status"] != "outlier").then(pl.col(technology.good)).alias(technology.good)
    )
    meta = fit(kept, altered(technology, group_by=()), step, _unscreened(chosen), engine=engine)
    table = _table(panel, technology, group, meta, shared, _moves_bad(technology, step))
    diagnostics = _diagnostics(table, technology)
    return MetafrontierResult(table, diagnostics, group, meta, _warnings(group, meta, diagnostics, shared))


def _no_groups() -> ConfigError:
    return ConfigError(
        Text("元前沿需要分组", "a metafrontier needs groups"),
        expected=both("Technology(..., group_by=[...])"),
        found=both("group_by=()"),
        remedy=Text(
            "在 Technology 中给出 group_by；只要一个前沿请用 fit",
            "give group_by in Technology; for one frontier use fit",
        ),
    )


def _refuse_one_group(panel: Panel, technology: Technology) -> None:
    groups = np.unique(panel.codes(*technology.group_by)).size
    if groups < 2:
        raise DataError(
            Text("元前沿至少要有两组", "a metafrontier needs two groups"),
            expected=Text("{g} 至少两个取值", "at least two values of {g}").format(g=", ".join(technology.group_by)),
            found=both(str(groups)),
            remedy=Text("换一个分组列；只要一个前沿请用 fit", "group by another column; for one frontier use fit"),
        )


def _common(panel: Panel, technology: Technology, direction: Direction, model: Model) -> tuple[Direction, bool]:
    """The direction for both fits, and whether both measure along the same step."""
    if direction.observed or direction.columns:
        return direction, True
    found = observations(panel, technology, direction)
    rows = found.usable & (found.bads[:, 0] > 0.0)
    parts = (
        (technology.inputs, found.x, direction.inputs),
        (technology.goods, found.goods, direction.good),
        (technology.bads, found.bads, direction.bad),
    )
    means = {
        name: factor * float(values[rows, place].mean())
        for names, values, factor in parts
        for place, name in enumerate(names)
        if rows.any()
    }
    custom = Direction.custom(dict(means))
    try:
        model.check(technology, custom)
    except ConfigError:
        return direction, False
    return custom, True


def _unscreened(model: Model) -> Model:
    """The model without its own screen, if it has that option."""
    if (
        is_dataclass(model)
        and not isinstance(model, type)
        and any(f.name == "screen" and f.init for f in fields(model))
    ):
        return cast(Model, replace(model, screen=False))
    return model


def _moves_bad(technology: Technology, direction: Direction) -> bool:
    from dualcarbon.frontier.models._nonparametric import moving

    return technology.bad in moving(technology, direction)


def _table(
    panel: Panel, technology: Technology, group: FrontierResult, meta: FrontierResult, shared: bool, moves: bool
) -> pl.DataFrame:
    both_scored = ~(group.table["status"].is_in(_UNSCORED) | meta.table["status"].is_in(_UNSCORED)).to_numpy()

    def pair(name: str) -> tuple[Array, Array]:
        return group.table[name].to_numpy(), meta.table[name].to_numpy()

    inner, outer = pair("inefficiency")
    room, wide = pair("abatement_room")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (1.0 - wide) / (1.0 - room)
    gap = outer - inner if shared else wide - room
    ratio[~both_scored | ~np.isfinite(ratio) | (not moves)] = np.nan
    gap[~both_scored] = np.nan
    keys = dict.fromkeys((panel.id, panel.time, *technology.group_by))
    return panel.frame.select(keys.keys()).with_columns(
        inefficiency_group=pl.Series(inner),
        inefficiency_meta=pl.Series(outer),
        gap=pl.Series(gap),
        technology_gap_ratio=pl.Series(ratio),
        mac_group=group.table["mac"],
        mac_meta=meta.table["mac"],
        status_group=group.table["status"],
        status_meta=meta.table["status"],
    )


def _diagnostics(table: pl.DataFrame, technology: Technology) -> pl.DataFrame:
    gap, ratio = pl.col("gap").drop_nans(), pl.col("technology_gap_ratio").drop_nans()

    def median(side: str) -> pl.Expr:
        priced = pl.col(f"status_{side}").is_in(("ok", "kink"))
        return pl.col(f"mac_{side}").filter(priced).median().alias(f"mac_{side}_median")

    return (
        table.group_by(technology.group_by)
        .agg(
            rows=pl.len(),
            compared=gap.len(),
            inside=(gap < -BELOW).sum(),
            gap_mean=gap.mean(),
            ratio_median=ratio.median(),
            mac_group_median=median("group"),
            mac_meta_median=median("meta"),
        )
        .sort(technology.group_by)
    )


def _warnings(group: FrontierResult, meta: FrontierResult, diagnostics: pl.DataFrame, shared: bool) -> tuple[Text, ...]:
    said = list(dict.fromkeys((*group.warnings, *meta.warnings)))
    done, inside = (int(diagnostics[name].sum()) for name in ("compared", "inside"))
    if inside:
        text = Text(
            "{k} 行（共比较 {n} 行）的元前沿在组前沿之内：估计出的元前沿不必包住各组前沿",
            "at {k} of {n} rows the metafrontier lies inside the group frontier: an estimated one need not contain the "
            "others",
        )
        said.append(text.format(k=inside, n=done))
    if not shared:
        said.append(
            Text(
                "方向以各前沿自己的均值为单位：两种无效率单位不同，gap 为减排空间之差",
                "the direction is in each frontier's own means: the inefficiencies have different units, and gap is "
                "the difference of the abatement rooms",
            )
        )
    return tuple(said)
