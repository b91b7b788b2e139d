"""Words of the room: states of firms, schemes, responses, uses of revenue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from dualcarbon.core.text import Text

SchemeName = Literal["cap_and_trade", "performance_standard", "uniform", "tax"]
ResponseName = Literal["quadratic", "isoelastic", "step"]
Excluded = Literal["inside", "outside"]
Revenue = Literal["kept", "per_firm", "by_output", "by_co2"]

STATES = (
    "interior",
    "at_floor",
    "at_ceiling",
    "at_today",
    "infeasible",
    "mandated",
    "zero_mac",
    "infinite_mac",
    "negative_mac",
    "missing_mac",
    "missing_curvature",
    "no_co2",
    "out_of_scope",
)
"""What can be true of a firm; the first six of a firm with a price, the others of one without."""
CODE = {word: code for code, word in enumerate(STATES)}
FIRST_WITHOUT = CODE["zero_mac"]

STATE_LABELS: Mapping[str, Text] = {
    "interior": Text("内点", "interior"),
    "at_floor": Text("处于减排下限", "at the lowest emissions allowed"),
    "at_ceiling": Text("处于扩张上限", "at the highest emissions allowed"),
    "at_today": Text("停留在当前排放", "stays at today's emissions"),
    "infeasible": Text("无法达到规定的减排", "cannot make the cut it is told to make"),
    "mandated": Text("按规定减排", "makes the cut it is told to make"),
    "zero_mac": Text("边际减排成本为零", "marginal abatement cost of zero"),
    "infinite_mac": Text("边际减排成本无穷大", "infinite marginal abatement cost"),
    "negative_mac": Text("边际减排成本为负", "negative marginal abatement cost"),
    "missing_mac": Text("没有边际减排成本", "no marginal abatement cost"),
    "missing_curvature": Text("没有曲率", "no curvature"),
    "no_co2": Text("没有排放", "no emissions"),
    "out_of_scope": Text("不在覆盖范围内", "out of scope"),
}
SCHEMES: Mapping[str, Text] = {
    "no_policy": Text("无政策", "No policy"),
    "uniform": Text("统一减排", "Uniform cut"),
    "performance_standard": Text("可交易绩效标准", "Performance standard"),
    "cap_and_trade": Text("总量控制与交易", "Cap and trade"),
    "tax": Text("碳税", "Carbon tax"),
}
RESPONSES: Mapping[str, Text] = {
    "quadratic": Text("二次型前沿", "quadratic frontier"),
    "isoelastic": Text("等弹性", "isoelastic"),
    "step": Text("阶梯", "step"),
}
REVENUES: Mapping[str, Text] = {
    "kept": Text("留在财政", "kept by the government"),
    "per_firm": Text("平均返还每家企业", "returned equally to firms"),
    "by_output": Text("按当前产出返还", "returned in proportion to today's output"),
    "by_co2": Text("按当前排放返还", "returned in proportion to today's emissions"),
}
