"""Table 4-3: digital use lowers CO2 emissions."""

from __future__ import annotations

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.columns import Column, regression_table
from dualcarbon.studies.cmri2024.results import Results

_INDUSTRY = Text("四位数行业-年份", "four-digit industry-year")
COLUMNS = (
    Column(
        "co2",
        Text("(1) 煤、油、电力", "(1) coal, oil, power"),
        Text("ln CO2，按消费测算", "ln CO2, by consumption of"),
        _INDUSTRY,
        controlled=True,
    ),
    Column(
        "coal",
        Text("(2) 煤炭", "(2) coal"),
        Text("ln CO2，按消费测算", "ln CO2, by consumption of"),
        _INDUSTRY,
        controlled=True,
    ),
)


def build(results: Results) -> Table:
    """Two columns: CO2 from coal, oil and power; CO2 from coal."""
    return regression_table(
        results,
        "table_4_3",
        Text("表 4-3", "Table 4-3"),
        Text("企业数字技术应用抑制碳排放", "Digital use lowers CO2 emissions"),
        ".4f",
        COLUMNS,
        (
            Text(
                "被解释变量为 CO2 排放（吨）的自然对数；企业数字应用以比例（0 到 1）为单位。"
                "第（2）列只含用煤企业，不用煤者没有对数。",
                "Dependent variable: natural log of CO2 in tonnes; digital use as a share (0 to 1). Column (2) holds "
                "firms that burn coal: without coal there is no log.",
            ),
        ),
    )
