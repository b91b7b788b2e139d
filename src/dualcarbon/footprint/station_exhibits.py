"""The table and the figure of a sized station."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dualcarbon.core.exhibit import Cell, Figure, Header, Lines, Points, Table
from dualcarbon.core.text import Text, both
from dualcarbon.footprint.costs import STATUSES
from dualcarbon.footprint.station import CarbonCap, LeastCost, Reliability, ZeroCarbon

if TYPE_CHECKING:
    from dualcarbon.footprint.station_result import StationDesign

_DAY_H = 24
_ITEMS = {
    "pv": Text("光伏", "PV"),
    "wind": Text("风电", "Wind"),
    "battery": Text("电池", "Battery"),
    "converter": Text("变流器", "Converter"),
    "grid": Text("购电", "Grid power"),
}
_UNITS = {"kW": both("kW"), "kWh": both("kWh"), "kWh/year": Text("kWh/年", "kWh/year")}
_YUAN, _TONNE, _YEARLY = Text("元/年", "CNY/year"), Text("吨/年", "t/year"), _UNITS["kWh/year"]
_CURVES = {
    "load_kwh": Text("负荷", "Load"),
    "pv_kwh": Text("光伏", "PV"),
    "wind_kwh": Text("风电", "Wind"),
    "discharged_kwh": Text("电池放电", "Battery discharge"),
    "grid_kwh": Text("购电", "Grid"),
    "curtailed_kwh": Text("弃电", "Curtailed"),
    "lost_kwh": Text("失负荷", "Lost load"),
}


def goal_text(found: StationDesign) -> Text:
    """The goal in words."""
    goal = found.case.goal
    if isinstance(goal, LeastCost):
        return Text("成本最低", "least cost")
    if isinstance(goal, ZeroCarbon):
        return Text("零碳（不用电网）", "zero carbon (no grid)")
    if isinstance(goal, CarbonCap):
        return Text("碳排放不超过 {t:g} 吨/年", "at most {t:g} t CO2 a year").format(t=goal.t_per_year)
    assert isinstance(goal, Reliability)
    return Text("失负荷不超过 {s:.3%}", "at most {s:.3%} of the load lost").format(s=goal.lost_load)


def table(found: StationDesign, number: Text | None) -> Table:
    """Equipment with its yearly cost, then the year's sums."""
    equipment = [
        (Cell(_ITEMS[item]), Cell(size, ",.2f"), Cell(_UNITS[unit]), Cell(cny, ",.0f"))
        for item, size, unit, cny in found.breakdown.iter_rows()
    ]
    sums = [
        (Cell(label), Cell(value, form), Cell(unit), Cell(None))
        for label, value, form, unit in _sums(found)
        if not np.isnan(value)
    ]
    total = (Cell(Text("合计", "Total")), Cell(None), Cell(None), Cell(found.cost_cny, ",.0f"))
    return Table(
        key="station_design",
        number=number or Text("站点配置表", "Station table"),
        title=Text("站点的配置：{g}", "Sizes of the station: {g}").format(g=goal_text(found)),
        headers=(
            Header("item", Text("项目", "Item")),
            Header("value", Text("数值", "Value")),
            Header("unit", Text("单位", "Unit")),
            Header("cny_per_year", Text("年成本", "Yearly cost"), _YUAN),
        ),
        rows=(*equipment, total, *sums),
        notes=_notes(found),
        source=found.case.label,
        simulated=found.case.simulated,
        rules_after=(len(equipment), len(equipment) + 1),
    )


def _sums(found: StationDesign) -> list[tuple[Text, float, str, Text]]:
    return [
        (Text("负荷", "Load"), found.load_kwh, ",.0f", _YEARLY),
        (Text("弃电", "Curtailed"), found.curtailed_kwh, ",.0f", _YEARLY),
        (Text("失负荷", "Lost load"), found.lost_kwh, ",.2f", _YEARLY),
        (Text("度电成本", "Cost of power"), found.lcoe_cny_per_kwh, ".4f", Text("元/kWh", "CNY/kWh")),
        (Text("二氧化碳", "CO2"), found.co2_t, ",.3f", _TONNE),
        (Text("全用电网时的二氧化碳", "CO2 if all came from the grid"), found.grid_only_co2_t, ",.3f", _TONNE),
        (Text("全用电网时的电费", "Cost if all came from the grid"), found.grid_only_cny, ",.0f", _YUAN),
        (Text("碳价", "Carbon price of the cap"), found.co2_price_cny_per_t, ",.1f", Text("元/吨", "CNY/t")),
        (
            Text("失负荷的边际价值", "Marginal value of lost load"),
            found.lost_price_cny_per_kwh,
            ",.2f",
            Text("元/kWh", "CNY/kWh"),
        ),
    ]


def _notes(found: StationDesign) -> tuple[Text, ...]:
    case = found.case
    statuses = case.costs.table["status"].value_counts(sort=True)
    counted = [(STATUSES[status], count) for status, count in statuses.iter_rows()]
    return (
        Text("电网排放因子：{g}，负荷加权 {f:.4f} t/MWh", "Grid factor: {g}, {f:.4f} t/MWh weighted by load").format(
            g=case.grid.label, f=found.grid_only_co2_t / found.load_kwh * 1000.0
        ),
        Text("{n} 小时线性规划，相对间隙 {g:.1e}", "Linear program over {n} hours, relative gap {g:.1e}").format(
            n=case.load.size, g=abs(found.gap)
        ),
        Text("利率 {r:.1f} %；成本取值：{c}", "Interest {r:.1f} %; costs: {c}").format(
            r=100.0 * case.costs.interest,
            c=Text("、".join(f"{t.zh}（{k} 项）" for t, k in counted), "; ".join(f"{t.en} ({k})" for t, k in counted)),
        ),
        Text("不含设备制造的排放", "Emissions of making the equipment are not counted"),
    )


def figure(found: StationDesign, number: Text | None, first_day: int | None, days: int) -> Figure:
    """Hourly flows over some days."""
    level = found.dispatch["charge_kwh"].to_numpy()
    whole = max(level.size // _DAY_H, 1)
    if first_day is None:
        first_day = max(min(int(level.argmin()) // _DAY_H - days // 2, whole - days), 0) + 1
    cut = slice((first_day - 1) * _DAY_H, (first_day - 1 + days) * _DAY_H)
    part = found.dispatch[cut]
    x = tuple(((part["hour"] - 1) / _DAY_H + 1).to_list())
    curves = [
        Points(label, x, tuple(part[name].to_list()))
        for name, label in _CURVES.items()
        if float(np.abs(part[name].to_numpy()).max(initial=0.0)) > 0.0
    ]
    return Figure(
        key="figure_station",
        number=number or Text("站点运行图", "Station figure"),
        title=Text("站点的逐时运行：{g}", "Hours of the station: {g}").format(g=goal_text(found)),
        drawing=Lines(
            x_label=Text("一年中的第几天", "Day of the year"),
            y_label=Text("每小时电量 (kWh)", "Energy an hour (kWh)"),
            curves=tuple(curves),
        ),
        notes=_notes(found),
        source=found.case.label,
        simulated=found.case.simulated,
    )
