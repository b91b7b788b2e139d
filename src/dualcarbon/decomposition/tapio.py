"""Decoupling of a pressure from an activity by its elasticity: the eight states of Tapio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.errors import DataError
from dualcarbon.core.exhibit import Cell, Figure, Header, Points, Scatter, Table
from dualcarbon.core.options import require_choice
from dualcarbon.core.text import Text, both
from dualcarbon.decomposition import faults
from dualcarbon.decomposition.cells import Cells, cells_of
from dualcarbon.decomposition.identity import Factor, Identity, Symbol
from dualcarbon.decomposition.words import PERIOD, SOURCE, Label, period_name, said

if TYPE_CHECKING:
    from dualcarbon.decomposition.result import Decomposition

Array = NDArray[np.float64]
LOW, HIGH = 0.8, 1.2
"""Elasticities between which pressure and activity are coupled, both ends included."""

STATES = {
    "strong_decoupling": Text("强脱钩", "strong decoupling"),
    "weak_decoupling": Text("弱脱钩", "weak decoupling"),
    "expansive_coupling": Text("扩张连结", "expansive coupling"),
    "expansive_negative_decoupling": Text("扩张负脱钩", "expansive negative decoupling"),
    "recessive_decoupling": Text("衰退脱钩", "recessive decoupling"),
    "recessive_coupling": Text("衰退连结", "recessive coupling"),
    "weak_negative_decoupling": Text("弱负脱钩", "weak negative decoupling"),
    "strong_negative_decoupling": Text("强负脱钩", "strong negative decoupling"),
    "no_activity_change_pressure_up": Text("活动不变、压力上升", "activity unchanged, pressure up"),
    "no_activity_change_pressure_down": Text("活动不变、压力下降", "activity unchanged, pressure down"),
    "no_change": Text("均无变化", "no change"),
}
"""Tapio's eight states, and three names for an activity that does not change and has no elasticity."""

_MATCHES, _ROUNDING = 1e-6, 1e-12
_COLUMNS = (
    "period",
    "pressure_start",
    "pressure_end",
    "activity_start",
    "activity_end",
    "pressure_rate",
    "activity_rate",
    "elasticity",
    "state",
    "factor",
)
"""Columns of the results."""


def state_of(pressure: float, activity: float) -> str:
    """The state, a key of `STATES`, of the relative changes of pressure and activity.

    A pressure that does not change has elasticity 0 and is weak decoupling where activity grows, weak negative
    decoupling where it falls.

    Examples
    --------
    >>> state_of(0.02, 0.05), state_of(-0.01, 0.05), state_of(0.01, 0.0)
    ('weak_decoupling', 'strong_decoupling', 'no_activity_change_pressure_up')
    """
    if activity == 0.0:
        if pressure == 0.0:
            return "no_change"
        return "no_activity_change_pressure_up" if pressure > 0.0 else "no_activity_change_pressure_down"
    elasticity, grows = pressure / activity, activity > 0.0
    if elasticity < 0.0:
        return "strong_decoupling" if grows else "strong_negative_decoupling"
    if elasticity < LOW - _ROUNDING:
        return "weak_decoupling" if grows else "weak_negative_decoupling"
    if elasticity <= HIGH + _ROUNDING:
        return "expansive_coupling" if grows else "recessive_coupling"
    return "expansive_negative_decoupling" if grows else "recessive_decoupling"


@dataclass(frozen=True, slots=True)
class Decoupling:
    """Elasticities and states.

    Attributes
    ----------
    frame : polars.DataFrame
        The columns of the groups, period, pressure_start, pressure_end, activity_start, activity_end, pressure_rate,
        activity_rate (relative changes; none up to 1e-12, which is rounding), elasticity (null where activity does not
        change), state (a key of `STATES`).
    pressure, activity : str
        The columns compared.
    by : tuple of str
    """

    frame: pl.DataFrame
    pressure: str
    activity: str
    by: tuple[str, ...]

    def attribution(self, found: Decomposition) -> pl.DataFrame:
        """The elasticity shared out to the factors of an additive decomposition of the pressure over the same periods:

            e_k = (dC_k / C_0) / (dY / Y_0),   sum_k e_k = e

        The columns of the groups, period, factor, elasticity; null where the activity does not change.
        """
        return _attribution(self, found)

    def table(
        self,
        *,
        pressure: Label | None = None,
        activity: Label | None = None,
        key: str = "decoupling",
        source: Text | None = None,
        simulated: bool = False,
    ) -> Table:
        """One row per period (and group): rates in percent, elasticity, state."""
        return _table(self, _names(self, pressure, activity), key, source or SOURCE, simulated)

    def figure(
        self,
        *,
        pressure: Label | None = None,
        activity: Label | None = None,
        key: str = "decoupling_plane",
        source: Text | None = None,
        simulated: bool = False,
    ) -> Figure:
        """Rates against each other, one mark per state, with the lines of elasticity 0.8 and 1.2."""
        return _figure(self, _names(self, pressure, activity), key, source or SOURCE, simulated)


def decoupling(
    df: object,
    pressure: str,
    activity: str,
    time: str = "year",
    *,
    by: str | Sequence[str] = (),
    chain: bool = True,
    missing: str = "refuse",
) -> Decoupling:
    """Whether a pressure (CO2, energy) still grows with an activity (GDP, output), period by period.

        e = (dC / C_0) / (dY / Y_0)

    Parameters
    ----------
    df : polars or pandas frame, one row per period and group
    pressure, activity, time : str
        Columns.
    by : str or sequence of str
        Columns of groups.
    chain : bool
        Every two consecutive periods; else the first and the last.
    missing : "refuse" or "zero"

    Raises
    ------
    ConfigError
        A column of groups that bears the name of a column of the results.
    SchemaError, DataError
        Columns absent or not numeric; periods missing or repeated; negative values; a start of zero.

    Notes
    -----
    Tapio (2005), Transport Policy 12, 137-151, doi:10.1016/j.tranpol.2005.01.001.

    Examples
    --------
    >>> table = pl.DataFrame({"year": [1, 2, 3], "co2_t": [100.0, 103.0, 101.0], "gdp_cny": [50.0, 55.0, 60.0]})
    >>> decoupling(table, "co2_t", "gdp_cny").frame["state"].to_list()
    ['weak_decoupling', 'strong_decoupling']
    """
    require_choice("missing", missing, ("refuse", "zero"))
    groups = (by,) if isinstance(by, str) else tuple(by)
    faults.keys_taken(groups, time, _COLUMNS)
    identity = Identity(Symbol(""), (Factor(Symbol(pressure)), Factor(Symbol(activity))))
    cells = cells_of(df, identity, groups, time=time, ends_only=not chain, missing=missing, signed=False)
    _require_starts(cells, (pressure, activity))
    frames = [_compare(cells, pair) for pair in pairwise(range(len(cells.times)))]
    return Decoupling(pl.concat(frames), pressure, activity, groups)


def _require_starts(cells: Cells, names: Sequence[str]) -> None:
    zero = np.argwhere(cells.values[:-1] == 0.0)
    if len(zero):
        t, which, cell = zero[0]
        raise DataError(
            Text("起点为零，没有变化率", "a start of zero has no rate of change"),
            expected=Text("除最后一期外都大于零", "values above zero in all periods but the last"),
            found=Text("{n} 处，首先是 {t} {c} {k}", "{n}, first {t} {c} {k}").format(
                n=len(zero), t=cells.times[t], c=names[which], k=faults.first_keys(cells.keys, np.array([cell]))
            ),
            remedy=Text("去掉该组或该期", "leave out the group or the period"),
        )


def _compare(cells: Cells, pair: tuple[int, int]) -> pl.DataFrame:
    (c0, y0), (c1, y1) = cells.values[pair[0]], cells.values[pair[1]]
    pressure, activity = _rates(c0, c1), _rates(y0, y1)
    states = [state_of(float(a), float(b)) for a, b in zip(pressure, activity, strict=True)]
    elasticity = np.divide(pressure, activity, out=np.full_like(pressure, np.nan), where=activity != 0.0)
    frame = pl.DataFrame(
        {
            "period": [period_name(cells.times[pair[0]], cells.times[pair[1]])] * len(c0),
            "pressure_start": c0,
            "pressure_end": c1,
            "activity_start": y0,
            "activity_end": y1,
            "pressure_rate": pressure,
            "activity_rate": activity,
            "elasticity": pl.Series(elasticity).fill_nan(None),
            "state": states,
        }
    )
    return pl.concat([cells.keys, frame], how="horizontal") if cells.keys.width else frame


def _rates(before: Array, after: Array) -> Array:
    """Relative changes; what rounding leaves of two equal sums is none."""
    change = (after - before) / before
    return np.where(np.abs(change) <= _ROUNDING, 0.0, change)


def _attribution(one: Decoupling, found: Decomposition) -> pl.DataFrame:
    keys = [*one.by, "period"]
    effects, totals = (found.groups, found.group_totals) if one.by else (found.effects, found.totals)
    known = set(keys) <= set(effects.columns) and found.form == "additive"
    joined = (
        one.frame.join(totals, on=keys, how="left", validate="1:1") if known else one.frame.with_columns(start=None)
    )
    apart = joined.filter(
        (pl.col("start") - pl.col("pressure_start")).abs().fill_null(float("inf"))
        > _MATCHES * pl.col("pressure_start").abs()
    )
    if not known or apart.height:
        raise DataError(
            Text("分解与脱钩指标不是同一压力", "the decomposition is not of the same pressure"),
            expected=Text(
                "加法分解，时期、分组与合计同 {p} 一致", "an additive one with the periods, groups and totals of {p}"
            ).format(p=one.pressure),
            found=Text("{f}；{n} 期不符", "{f}; {n} periods differ").format(f=found.form, n=apart.height),
            remedy=Text(
                "用相同的数据、chain= 与 by= 做 decompose",
                "run decompose on the same data, with the same chain= and by=",
            ),
        )
    rates = one.frame.select(*keys, "pressure_start", "activity_rate")
    share = pl.col("effect") / pl.col("pressure_start") / pl.col("activity_rate")
    elasticity = pl.when(pl.col("activity_rate") != 0.0).then(share).alias("elasticity")
    return effects.join(rates, on=keys, how="left", validate="m:1").select(*keys, "factor", elasticity)


def _names(one: Decoupling, pressure: Label | None, activity: Label | None) -> tuple[Text, Text]:
    return said(pressure or one.pressure), said(activity or one.activity)


def _table(one: Decoupling, names: tuple[Text, Text], key: str, source: Text, simulated: bool) -> Table:
    rate = Text("{n}变化率", "Change of {n}")
    rows = tuple(
        (
            *(Cell(str(row[name])) for name in one.by),
            Cell(row["period"]),
            Cell(100.0 * row["pressure_rate"], ",.2f"),
            Cell(100.0 * row["activity_rate"], ",.2f"),
            Cell(row["elasticity"], ",.3f"),
            Cell(STATES[row["state"]]),
        )
        for row in one.frame.rows(named=True)
    )
    return Table(
        key=key,
        number=Text("脱钩表", "Decoupling"),
        title=Text("{c}与{y}的脱钩状态", "Decoupling of {c} from {y}").format(c=names[0], y=names[1]),
        headers=(
            *(Header(name, both(name)) for name in one.by),
            Header("period", PERIOD),
            Header("pressure_rate", rate.format(n=names[0]), both("%")),
            Header("activity_rate", rate.format(n=names[1]), both("%")),
            Header("elasticity", Text("弹性", "Elasticity")),
            Header("state", Text("状态", "State")),
        ),
        rows=rows,
        notes=(_NOTE,),
        source=source,
        simulated=simulated,
    )


_NOTE = Text(
    "弹性为两个变化率之比；0、0.8、1.2 为状态的分界（Tapio 2005），0.8 与 1.2 归入连结。",
    "Elasticity is the ratio of the two rates; states are parted at 0, 0.8 and 1.2 (Tapio 2005), both ends coupled.",
)


def _figure(one: Decoupling, names: tuple[Text, Text], key: str, source: Text, simulated: bool) -> Figure:
    points = []
    for state, label in STATES.items():
        rows = one.frame.filter(state=state)
        if rows.height:
            x, y = (tuple((100.0 * rows[f"{name}_rate"]).to_list()) for name in ("activity", "pressure"))
            points.append(Points(label, x, y))
    ends = [value for part in points for value in part.x]
    low, high = min(0.0, *ends), max(0.0, *ends)
    lines = tuple(
        Points(Text("弹性 {e}", "elasticity {e}").format(e=e), (low, high), (e * low, e * high)) for e in (LOW, HIGH)
    )
    rate = Text("{n}变化率（%）", "Change of {n} (%)")
    drawing = Scatter(rate.format(n=names[1]), rate.format(n=names[0]), tuple(points), lines=lines)
    title = Text("{c}与{y}的脱钩", "Decoupling of {c} from {y}").format(c=names[0], y=names[1])
    return Figure(key, Text("脱钩图", "Decoupling"), title, drawing, (_NOTE,), source, simulated)
