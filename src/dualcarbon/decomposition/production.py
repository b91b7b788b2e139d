"""Production-theoretical decomposition of emissions or energy use (Zhou & Ang 2008)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Table
from dualcarbon.core.options import require_choice
from dualcarbon.core.text import Text
from dualcarbon.decomposition import faults
from dualcarbon.decomposition.cells import Cells, cells_of
from dualcarbon.decomposition.identity import Factor, Identity, Symbol
from dualcarbon.decomposition.words import Label, period_name

if TYPE_CHECKING:
    from dualcarbon.kernels.envelopment import Form
    from dualcarbon.kernels.production_change import Changes, Period

Array = NDArray[np.float64]
Of = Literal["bad", "energy"]

FACTORS = {
    "potential_carbon_factor": Text("潜在碳排放系数", "Potential carbon factor"),
    "potential_energy_intensity": Text("潜在能源强度", "Potential energy intensity"),
    "output": Text("产出规模", "Output"),
    "carbon_efficiency": Text("碳排放技术效率", "Carbon efficiency"),
    "carbon_technology": Text("减碳技术进步", "Carbon technology"),
    "energy_efficiency": Text("能源利用技术效率", "Energy efficiency"),
    "energy_technology": Text("节能技术进步", "Energy technology"),
    "not_split": Text("未能分解", "Not split"),
}
STATUSES = ("ok", "infeasible", "failed", "undefined", "zero")
_SLOTS = ("00", "11", "01", "10")
_COLUMNS = (
    *("period", "start", "end", "ratio", "status"),
    *FACTORS,
    *(f"{what}_{slot}" for what in ("carbon", "energy") for slot in _SLOTS),
)
"""Columns of the results."""
_OF_ENERGY = ("potential_energy_intensity", "output", "energy_efficiency", "energy_technology")


@dataclass(frozen=True, slots=True)
class ProductionDecomposition:
    """What changed the emissions or the energy use of every unit, and of all.

    Attributes
    ----------
    units : polars.DataFrame
        The unit, period, start, end, ratio, the factors, carbon and energy distances (of the unit in the first period
        to the frontier of the first: _00, second to second: _11, second to first: _01, first to second: _10), status.
        status: ok; infeasible, a programme across periods has no solution; failed; undefined, a distance is infinite;
        zero, no energy, output or emissions in one period. The factors of ok rows multiply to ratio.
    effects : polars.DataFrame
        period, factor, effect: changes of the sum over the units, by sum_i L(c_i1, c_i0) ln F_ik. Units that are not
        ok stand in the factor ``not_split``.
    totals : polars.DataFrame
        period, start, end, change.
    counts : polars.DataFrame
        period and the number of units by status.
    residual : float
        The largest relative difference of the product of a unit's factors from its ratio, and of the sum of the
        effects from the change.
    of : str
    """

    units: pl.DataFrame
    effects: pl.DataFrame
    totals: pl.DataFrame
    counts: pl.DataFrame
    residual: float
    of: Of

    def table(
        self, labels: Mapping[str, Label] | None = None, *, unit: Label | None = None, key: str = "production_change"
    ) -> Table:
        """Effects by period in columns, units that could not be split in the notes."""
        from dualcarbon.decomposition.exhibits import production_table

        return production_table(self, labels, unit, key)


def production_theoretical(
    df: object,
    *,
    id: str,
    time: str = "year",
    energy: str,
    good: str,
    bad: str,
    inputs: Sequence[str] = (),
    of: Of = "bad",
    returns: Literal["constant", "variable"] = "constant",
    chain: bool = True,
) -> ProductionDecomposition:
    """What changed emissions: potential carbon factor, potential energy intensity, output, efficiency, technology.

        c_1 / c_0 = PCF x PEI x r(y) x EC_c x TC_c x EC_e x TC_e
        PCF = r(c / e) / (EC_c TC_c),   PEI = r(e / y) / (EC_e TC_e)
        EC = D^1(1) / D^0(0),   TC = [D^0(1) / D^1(1) x D^0(0) / D^1(0)]^1/2

    with r(z) = z_1 / z_0, and D_c, D_e the Shephard distances in emissions and in energy (geometric means of both
    periods' frontiers). `of="energy"`: e_1 / e_0 = PEI x r(y) x EC_e x TC_e.

    Parameters
    ----------
    df : polars or pandas frame, one row per unit and period, the same units in every period
    id, time, energy, good, bad : str
    inputs : sequence of str
        Further inputs, held fixed.
    returns : str
        "constant": weak disposability of the bad, null-joint; "variable": the technology of Kuosmanen.
    chain : bool
        Every two consecutive periods; else the first and the last.

    Raises
    ------
    ConfigError, SchemaError, DataError
        As for `decompose`; units absent in some period, negative values; `id` named as a column of the results.

    Notes
    -----
    Energy and emissions fall below 1 on the frontier of another period where a unit lies beyond it; where no
    combination of that period's units reaches its output the unit is infeasible and not split.

    Zhou & Ang (2008), Energy Economics 30, 1054-1067, doi:10.1016/j.eneco.2007.10.005; Kuosmanen (2005), American J.
    Agricultural Economics 87, 1077-1082, doi:10.1111/j.1467-8276.2005.00788.x.

    Examples
    --------
    >>> table = pl.DataFrame({"u": [1, 2, 1, 2], "year": [1, 1, 2, 2], "e": [1.0] * 4, "y": [1.0] * 4})
    >>> table = table.with_columns(c=pl.Series([1.0, 3.0, 1.0, 2.0]))
    >>> found = production_theoretical(table, id="u", energy="e", good="y", bad="c")
    >>> found.effects.filter(factor="carbon_efficiency")["effect"].round(6).to_list(), found.counts["ok"].to_list()
    ([-1.0], [2])
    """
    require_choice("of", of, ("bad", "energy"))
    require_choice("returns", returns, ("constant", "variable"))
    faults.keys_taken((id,), time, _COLUMNS)
    columns = (energy, good, bad, *inputs)
    identity = Identity(Symbol(""), tuple(Factor(Symbol(name)) for name in columns))
    cells = cells_of(df, identity, (id,), time=time, ends_only=not chain, missing="refuse", signed=False)
    pairs = list(pairwise(range(len(cells.times))))
    names = [period_name(cells.times[a], cells.times[b]) for a, b in pairs]
    steps = [_step(cells, pair, of, returns) for pair in pairs]
    frames = [_units(cells, name, one, of) for name, one in zip(names, steps, strict=True)]
    effects = np.stack([one.effects for one in steps])
    kept = _kept(of)
    return ProductionDecomposition(
        units=pl.concat(frames),
        effects=pl.DataFrame(
            {
                "period": [name for name in names for _ in kept],
                "factor": list(kept) * len(names),
                "effect": effects.ravel(),
            }
        ),
        totals=pl.DataFrame(
            {
                "period": names,
                "start": [float(one.start.sum()) for one in steps],
                "end": [float(one.end.sum()) for one in steps],
                "change": [float(one.end.sum() - one.start.sum()) for one in steps],
            }
        ),
        counts=_counts(names, steps),
        residual=max(one.residual for one in steps),
        of=of,
    )


def _kept(of: Of) -> tuple[str, ...]:
    return tuple(FACTORS) if of == "bad" else (*_OF_ENERGY, "not_split")


@dataclass(frozen=True, slots=True)
class _Step:
    start: Array
    end: Array
    factors: Array
    effects: Array
    found: Changes
    residual: float


def _step(cells: Cells, pair: tuple[int, int], of: Of, returns: str) -> _Step:
    from dualcarbon.kernels.log_mean import log_mean
    from dualcarbon.kernels.production_change import SPLIT, production_changes

    before, after = (_period(cells.values[t]) for t in pair)
    form: Form = "constant" if returns == "constant" else "kuosmanen"
    found = production_changes(before, after, form, energy_only=of == "energy")
    place = [list(FACTORS).index(name) for name in _kept(of)[:-1]]
    factors = found.factors[place]
    start, end = (before.bad, after.bad) if of == "bad" else (before.energy, after.energy)
    ok = found.status == SPLIT
    logs = np.log(factors[:, ok])
    effects = np.append((log_mean(end[ok], start[ok]) * logs).sum(axis=1), (end[~ok] - start[~ok]).sum())
    scale = max(start.sum(), end.sum())
    gap = abs(effects.sum() - (end.sum() - start.sum())) / scale if scale > 0.0 else 0.0
    product = np.abs(factors[:, ok].prod(axis=0) * start[ok] / end[ok] - 1.0).max(initial=0.0)
    return _Step(start, end, factors, effects, found, float(max(gap, product)))


def _period(values: Array) -> Period:
    from dualcarbon.kernels.production_change import Period

    return Period(values[0], np.ascontiguousarray(values[3:].T), values[1], values[2])


def _units(cells: Cells, name: str, one: _Step, of: Of) -> pl.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = one.end / one.start
    columns: dict[str, object] = {
        "period": [name] * len(one.start),
        "start": one.start,
        "end": one.end,
        "ratio": ratio,
        **dict(zip(_kept(of)[:-1], one.factors, strict=True)),
    }
    for what, distances in (("carbon", one.found.carbon), ("energy", one.found.energy)):
        columns |= {f"{what}_{slot}": row for slot, row in zip(_SLOTS, distances, strict=True)}
    status = [STATUSES[code] for code in one.found.status]
    frame = pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None), status=pl.Series(status))
    return pl.concat([cells.keys, frame], how="horizontal")


def _counts(names: Sequence[str], steps: Sequence[_Step]) -> pl.DataFrame:
    counts = {
        word: [int(np.count_nonzero(one.found.status == code)) for one in steps] for code, word in enumerate(STATUSES)
    }
    return pl.DataFrame({"period": list(names), **counts})
