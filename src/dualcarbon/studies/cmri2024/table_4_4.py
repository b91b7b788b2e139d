"""Table 4-4: the effect of digital use on CO2 by firm size."""

from __future__ import annotations

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.columns import Column, regression_table
from dualcarbon.studies.cmri2024.results import Results

_INDUSTRY = Text("四位数行业-年份", "four-digit industry-year")
_ALL = Text("ln CO2：煤、油、电力", "ln CO2: coal, oil, power")
_COAL = Text("ln CO2：煤炭", "ln CO2: coal")
COLUMNS = (
    Column("co2_small", Text("(1) 小企业", "(1) small"), _ALL, _INDUSTRY, controlled=True),
    Column("co2_large", Text("(2) 大企业", "(2) large"), _ALL, _INDUSTRY, controlled=True),
    Column("coal_small", Text("(3) 小企业", "(3) small"), _COAL, _INDUSTRY, controlled=True),
    Column("coal_large", Text("(4) 大企业", "(4) large"), _COAL, _INDUSTRY, controlled=True),
)


def build(results: Results) -> Table:
    """Four columns: small and large firms, CO2 from all carriers and from coal."""
    return regression_table(
        results,
        "table_4_4",
        Text("表 4-4", "Table 4-4"),
        Text("企业数字技术应用降碳效应的规模分化", "The effect of digital use on CO2 by firm size"),
        ".4f",
        COLUMNS,
        (
            Text(
                "以固定资产中位数 {m} 万元划分，等于中位数者归入大企业。企业数字应用以比例（0 到 1）为单位。",
                "Split at median fixed assets of CNY {m} x 10,000; firms at the median count as large. "
                "Digital use as a share (0 to 1).",
            ).format(m=f"{results.regressions.median_assets_cny / 1e4:,.1f}"),
            Text(
                "报告第（3）、（4）列的数值与表 4-3 的 −4.0680 不可能出于同一单位：合并样本的系数应介于两组之间。"
                "模拟数据保留两组之比 0.0091∶0.0140。",
                "The report's columns (3) and (4) cannot be in the unit of its −4.0680 in Table 4-3: a pooled "
                "coefficient lies between those of the groups. The simulated data keep their ratio 0.0091 : 0.0140.",
            ),
        ),
    )
