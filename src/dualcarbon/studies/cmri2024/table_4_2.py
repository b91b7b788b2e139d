"""Table 4-2: the effect of digital use on the marginal abatement cost."""

from __future__ import annotations

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.columns import Column, regression_table
from dualcarbon.studies.cmri2024.results import Results

_MAC = Text("ln 边际减排成本", "ln MAC")
COLUMNS = (
    Column("mac_firm", Text("(1)", "(1)"), _MAC, controlled=False, within_firms=True),
    Column("mac_industry", Text("(2)", "(2)"), _MAC, controlled=False),
    Column("mac_controls", Text("(3)", "(3)"), _MAC, controlled=True),
)


def build(results: Results) -> Table:
    """Three columns: firm and year effects; industry-year effects; with size and capital intensity."""
    return regression_table(
        results,
        "table_4_2",
        Text("表 4-2", "Table 4-2"),
        Text("数字技术应用对碳边际减排成本的效应", "The effect of digital use on the marginal abatement cost of CO2"),
        ".4f",
        COLUMNS,
        (
            Text(
                "被解释变量为边际减排成本（MAC，元/吨）的自然对数；企业数字应用以千分之一为单位。"
                "报告没有说明变量的单位，按这里的单位，印出的三个系数可以同时成立。",
                "Dependent variable: natural log of the MAC in CNY/t; digital use in units of 1/1000. The report does "
                "not state its units; in these the three printed coefficients can hold together.",
            ),
        ),
    )
