"""Table 4-2: digital use raises the marginal abatement cost."""

from __future__ import annotations

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.columns import Column, regression_table
from dualcarbon.studies.cmri2024.results import Results

_FIRM = Text("企业、年份", "firm, year")
_INDUSTRY = Text("四位数行业-年份", "four-digit industry-year")
_MAC = Text("ln 边际减排成本", "ln MAC")
COLUMNS = (
    Column("mac_firm", Text("(1)", "(1)"), _MAC, _FIRM, controlled=False),
    Column("mac_industry", Text("(2)", "(2)"), _MAC, _INDUSTRY, controlled=False),
    Column("mac_controls", Text("(3)", "(3)"), _MAC, _INDUSTRY, controlled=True),
)


def build(results: Results) -> Table:
    """Three columns: firm and year effects; industry-year effects; with size and capital intensity."""
    return regression_table(
        results,
        "table_4_2",
        Text("表 4-2", "Table 4-2"),
        Text("企业数字技术应用拉升碳边际减排成本", "Digital use raises the marginal abatement cost of CO2"),
        ".4f",
        COLUMNS,
        (
            Text(
                "被解释变量为边际减排成本（元/吨）的自然对数；企业数字应用以千分之一为单位。"
                "报告未说明其变量的单位，这里的单位使印出的三个系数能够同时成立。",
                "Dependent variable: natural log of the MAC in CNY/t; digital use in units of 1/1000. The report does "
                "not state its units; in these the three printed coefficients can hold together.",
            ),
        ),
    )
