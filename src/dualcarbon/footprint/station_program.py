"""From a case to the kernel's program and back, and why there is no answer where there is none."""

from __future__ import annotations

import numpy as np

from dualcarbon.core.errors import ConvergenceError, DataError
from dualcarbon.core.text import Text, both
from dualcarbon.footprint.station import CarbonCap, Case, Reliability
from dualcarbon.footprint.station_result import StationDesign, design
from dualcarbon.kernels.sizing_lp import FAILED, INFEASIBLE, Sized, Sizing, least_loss, size

_SHOWN = 3
_NOTICED = 1e-6
_NAMES = (Text("光伏", "PV"), Text("风电", "wind"), Text("电池容量", "battery energy"), Text("变流器", "converter"))


def program(case: Case) -> Sizing:
    """The kernel's question."""
    goal = case.goal
    return Sizing(
        pv=case.pv,
        wind=case.wind,
        load=case.load,
        cost=case.costs.yearly,
        limits=case.limits.array,
        charging=case.storage.charging,
        discharging=case.storage.discharging,
        floor=1.0 - case.storage.depth_of_discharge,
        hours=case.storage.hours,
        price=case.price if case.on_grid else None,
        co2=case.t_per_kwh if case.on_grid else None,
        grid_kw=case.grid.limit_kw if case.on_grid else 0.0,
        co2_cap=goal.t_per_year if isinstance(goal, CarbonCap) else None,
        lost_cap=goal.lost_load * float(case.load.sum()) if isinstance(goal, Reliability) else None,
    )


def solved(case: Case, solver: str) -> StationDesign:
    """The design, or the error that says why there is none."""
    asked = program(case)
    found = size(asked, solver)
    if found.status == INFEASIBLE:
        raise _impossible(case, asked, least_loss(asked, solver))
    if found.status == FAILED:
        raise ConvergenceError(
            Text("规划没有求解", "the program was not solved"),
            expected=Text("HiGHS 给出最优解", "an optimum from HiGHS"),
            found=Text("停在没有答案处，迭代 {n} 次", "a stop without an answer after {n} iterations").format(
                n=found.iterations
            ),
            remedy=Text("换 solver，或检查成本的量级", "try another solver, or check the size of the costs"),
        )
    return design(case, found)


def _impossible(case: Case, asked: Sizing, best: Sized) -> DataError:
    lost = best.hours.lost_kwh
    hours = np.flatnonzero(lost > _NOTICED * case.load.mean())
    named = [int(h) + 1 for h in hours[:_SHOWN]]
    when = both(", ".join(str(case.time[h - 1])[:16] for h in named)) if case.time is not None else both(str(named))
    found = Text(
        "至少有 {k:.4g} kWh（{s:.3%}）负荷无法供应，共 {n} 小时，最早：{w}",
        "at least {k:.4g} kWh ({s:.3%}) of the load cannot be served, in {n} hours, first: {w}",
    ).format(k=float(lost.sum()), s=float(lost.sum() / case.load.sum()), n=hours.size, w=when)
    why, remedy = _why(case, asked, best)
    return DataError(
        Text("没有任何规模能达到目标", "no sizes reach the goal"),
        expected=Text("目标可以达到", "a goal within reach"),
        found=Text(f"{found.zh}；原因：{why.zh}", f"{found.en}; because {why.en}"),
        remedy=remedy,
    )


def _why(case: Case, asked: Sizing, best: Sized) -> tuple[Text, Text]:
    if not (asked.pv.any() and asked.limits[0]) and not (asked.wind.any() and asked.limits[1]):
        return (
            Text("没有光伏也没有风的出力", "there is neither PV nor wind power"),
            Text("检查气象数据与 limits", "check the weather and limits"),
        )
    bound = [
        name
        for name, size_, most in zip(_NAMES, best.sizes, asked.limits, strict=True)
        if np.isfinite(most) and size_ >= most * (1.0 - _NOTICED)
    ]
    parts = [Text("{n}到了上限", "{n} is at its limit").format(n=name) for name in bound]
    if case.on_grid and np.isfinite(case.grid.limit_kw):
        parts.append(Text("购电上限 {g:g} kW", "the grid gives at most {g:g} kW").format(g=case.grid.limit_kw))
    if isinstance(case.goal, CarbonCap):
        parts.append(Text("碳上限 {t:g} t", "the carbon cap is {t:g} t").format(t=case.goal.t_per_year))
    why = Text("、".join(p.zh for p in parts) or "资源不足", ", ".join(p.en for p in parts) or "resources are short")
    return why, Text(
        "放宽上限，或用 Reliability(...) 允许少量失负荷",
        "raise the limits, or allow some lost load with Reliability(...)",
    )
