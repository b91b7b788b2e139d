"""CO2 of a panel from its energy columns."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dualcarbon.accounting.boundary import Boundary, boundaries, load_boundary
from dualcarbon.accounting.checks import clean, require_energy, require_year
from dualcarbon.core.errors import SchemaError
from dualcarbon.core.factors import STATUSES, FactorSet, load_factor_set, province_codes
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both

POWER = "power_kwh"
TOTAL = "co2_t"
_GRID_YEAR = "grid_year"
_PER_KWH = "_t_per_kwh"
_NAMES = {
    "coal_t": Text("煤炭", "Coal"),
    "oil_t": Text("油品", "Oil"),
    "gas_m3": Text("天然气", "Natural gas"),
    "heat_gj": Text("外购热力", "Purchased heat"),
}


def account(panel: Panel, *, boundary: str | Boundary, factors: str | FactorSet) -> Panel:
    """The panel with its CO2: `co2_t`, and the columns by carrier and by scope that the boundary asks for.

    co2 = sum over carriers of quantity x factor; for power, kWh / 1000 x the grid factor (t/MWh) of the row's
    year, and province if the series is provincial.

    Parameters
    ----------
    panel : Panel
        With the boundary's energy columns: coal_t, oil_t (t), gas_m3 (m3), heat_gj (GJ), power_kwh (kWh), and
        `province` if the grid series is provincial.
    boundary : str or Boundary
        ``coal``, ``coal_oil_power``, ``scope1``, ``scope1_2``, ``by_fuel`` or an own object.
    factors : str or FactorSet
        A named set, see `factor_sets`; there is no default.

    Returns
    -------
    Panel
        `co2_t` (t) and, as asked, `co2_coal_t`, `co2_oil_t`, `co2_gas_t`, `co2_heat_t`, `co2_power_t`,
        `co2_scope1_t`, `co2_scope2_t`; `grid_year` where power is counted. Columns of an earlier account are
        replaced. `notes` states boundary, factors, vintage and counts.

    Raises
    ------
    SchemaError
        If a column is missing or not numeric.
    DataError
        If energy is negative or infinite, or a province or year has no grid factor.
    ConfigError
        If a name is unknown or the set lacks a carrier.

    Notes
    -----
    Missing energy makes that carrier's CO2 and the total missing, and is counted in `notes`; it is never taken as
    zero. Process emissions are outside every boundary.

    Examples
    --------
    >>> import polars as pl
    >>> p = Panel.from_frame(
    ...     pl.DataFrame({"firm_id": ["a"], "year": [2010], "coal_t": [10.0]}), id="firm_id", time="year")
    >>> round(account(p, boundary="coal", factors="cn_2015").frame["co2_t"][0], 3)
    19.003
    """
    limits = load_boundary(boundary)
    chosen = load_factor_set(factors) if isinstance(factors, str) else factors
    carriers = limits.counted(panel.frame.columns)
    require_energy(panel, carriers)
    replaced = TOTAL in panel.frame.columns
    frame = panel.frame.drop(_written(), strict=False)
    if POWER in carriers:
        frame = _with_grid(panel, frame, chosen)
    parts = {c: clean(c) * (pl.col(_PER_KWH) if c == POWER else chosen.factor(c).value) for c in carriers}
    frame = frame.with_columns(**_columns(limits, chosen, parts)).drop(_PER_KWH, strict=False)
    notes = (*panel.notes, *_notes(limits, chosen, carriers, frame, replaced))
    return replace(panel, frame=frame, notes=notes)


def _name(carrier: str) -> str:
    return f"co2_{carrier.rsplit('_', 1)[0]}_t"


def _written() -> tuple[str, ...]:
    """Every column an account may write."""
    carriers = dict.fromkeys(c for b in boundaries() for c in b.carriers)
    return (TOTAL, _GRID_YEAR, "co2_scope1_t", "co2_scope2_t", *(_name(c) for c in carriers))


def _sum(parts: list[pl.Expr]) -> pl.Expr:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _columns(limits: Boundary, chosen: FactorSet, parts: dict[str, pl.Expr]) -> dict[str, pl.Expr]:
    """The expressions of the columns to be written, by name."""
    columns = {TOTAL: _sum(list(parts.values()))}
    if limits.by_carrier:
        columns |= {_name(carrier): part for carrier, part in parts.items()}
    if limits.by_scope:
        scope = {c: 2 if c == POWER else chosen.factor(c).scope for c in parts}
        for number in sorted(set(scope.values())):
            columns[f"co2_scope{number}_t"] = _sum([part for c, part in parts.items() if scope[c] == number])
    return columns


def _with_grid(panel: Panel, frame: pl.DataFrame, chosen: FactorSet) -> pl.DataFrame:
    """The frame with the row's grid factor and its year, joined many to one on (province, year)."""
    require_year(panel)
    years = frame[panel.time].cast(pl.Int64)
    if chosen.grid.provincial:
        _require_province(frame)
        areas = province_codes(frame["province"])
        table = chosen.grid.table(areas.unique().sort().to_list(), years.unique().to_list())
        keys = pl.DataFrame({"area": areas, "year": years})
    else:
        table = chosen.grid.table(chosen.grid.areas, years.unique().to_list()).drop("area")
        keys = pl.DataFrame({"year": years})
    found = keys.join(table, on=keys.columns, how="left", validate="m:1", maintain_order="left")
    return frame.with_columns(found["grid_year"].alias(_GRID_YEAR), found["t_per_kwh"].alias(_PER_KWH))


def _require_province(frame: pl.DataFrame) -> None:
    if "province" not in frame.columns:
        raise SchemaError(
            Text("省级电网因子需要省份列", "provincial grid factors need the province column"),
            expected=both("province"),
            found=both(", ".join(frame.columns)),
            remedy=Text("映射省份列，或用全国因子", "map the province column, or take a national factor"),
        )


def _notes(
    limits: Boundary, chosen: FactorSet, carriers: tuple[str, ...], frame: pl.DataFrame, replaced: bool
) -> tuple[Text, ...]:
    notes = [
        Text("CO2 核算边界：{b}；因子集 {s}：{l}。", "CO2 boundary: {b}; factor set {s}: {l}.").format(
            b=limits.label, s=chosen.name, l=chosen.label
        )
    ]
    notes += [_factor_note(chosen, carrier) for carrier in carriers if carrier != POWER]
    if POWER in carriers:
        notes.append(_grid_note(chosen, frame))
    missing = frame[TOTAL].null_count()
    if missing:
        notes.append(
            Text(
                "{n} 行的能源消费有缺失，其 CO2 记为缺失。", "{n} rows have missing energy; their CO2 is missing."
            ).format(n=f"{missing:,}")
        )
    if replaced:
        notes.append(Text("原有的 co2_t 列已被替换。", "The co2_t column that was there has been replaced."))
    return tuple(notes)


def _factor_note(chosen: FactorSet, carrier: str) -> Text:
    factor = chosen.factor(carrier)
    return Text("{c}按{f}计：{v} tCO2/{u}（{s}；{t}）。", "{c} as {f}: {v} tCO2/{u} ({s}; {t}).").format(
        c=_NAMES.get(carrier, both(carrier)),
        f=factor.fuel,
        v=f"{factor.value:.6g}",
        u=factor.unit,
        s=factor.source,
        t=STATUSES[factor.status],
    )


def _grid_note(chosen: FactorSet, frame: pl.DataFrame) -> Text:
    years = frame.select(pl.col(_GRID_YEAR).unique().sort())[_GRID_YEAR].to_list()
    used = sorted({s for (_, year), s in chosen.grid.statuses.items() if year in years})
    status = Text("；".join(STATUSES[s].zh for s in used), "; ".join(STATUSES[s].en for s in used))
    return Text(
        "电力按电网因子序列 {g} 计，{r}；所用因子的年份：{y}（{s}）。",
        "Electricity by the grid series {g}: {r}; years of the factors used: {y} ({s}).",
    ).format(g=chosen.grid.name, r=chosen.grid.rule, y=", ".join(map(str, years)), s=status)
