"""Phrases that several exhibits of the room share."""

from __future__ import annotations

from dualcarbon.core.text import Text, both

YEAR = Text("年份", "Year")
TWH = both("TWh")
MT = Text("百万吨", "Mt")
POWER = Text("用电量", "Electricity")
CO2 = both("CO2")
AVERAGE = Text("年均存量", "Average stock")
YEAR_END = Text("年末存量", "Year-end stock")
FACTOR = Text("电网因子", "Grid factor")
T_PER_MWH = Text("吨/兆瓦时", "t/MWh")
STATUS = Text("核对情况", "Status")
SOURCE = Text(
    "公开资料（逐条列明来源与核对情况），dualcarbon 计算",
    "public sources, listed with their status; computed by dualcarbon",
)
