"""Table 4-4: the effect of digital use on CO2 by firm size."""

from __future__ import annotations

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024 import asked
from dualcarbon.studies.cmri2024.columns import Column, regression_table
from dualcarbon.studies.cmri2024.results import Results

_ALL = Text("ln CO2：煤、油、电力", "ln CO2: coal, oil, power")
_COAL = Text("ln CO2：煤炭", "ln CO2: coal")
COLUMNS = (
    Column("co2_small", Text("(1) 小企业", "(1) small"), _ALL, controlled=True),
    Column("co2_large", Text("(2) 大企业", "(2) large"), _ALL, controlled=True),
    Column("coal_small", Text("(3) 小企业", "(3) small"), _COAL, controlled=True),
    Column("coal_large", Text("(4) 大企业", "(4) large"), _COAL, controlled=True),
)


def build(results: Results) -> Table:
    """Four columns: small and large firms, CO2 from all carriers and from coal."""
    return regression_table(
        results,
        "table_4_4",
        Text("表 4-4", "Table 4-4"),
        Text("数字技术应用对 CO2 排放的效应：按企业规模", "The effect of digital use on CO2 emissions by firm size"),
        ".4f",
        COLUMNS,
        (
            asked.split_at(results.config.effects, results.regressions.median_assets_cny),
            asked.measured(results.config.effects),
            Text(
                "报告第（3）、（4）列的数值与其表 4-3 的 −4.0680 不可能同单位：合并样本的系数应在两组附近。",
                "The report's columns (3) and (4) cannot be in the unit of the −4.0680 in its Table 4-3: a pooled "
                "coefficient lies near those of the groups.",
            ),
            _alike(results),
            *_planted(results),
        ),
    )


def _alike(results: Results) -> Text:
    """Whether the sizes differ: a star in one column and none in the other does not say so."""
    return Text(
        "两组系数相等的检验（全交互回归的 F 检验）：第（1）、（2）列 p = {a:.3f}，第（3）、（4）列 p = {b:.3f}。",
        "Test that both sizes have the same coefficient (F, fully interacted regression): columns (1) and (2) "
        "p = {a:.3f}, columns (3) and (4) p = {b:.3f}.",
    ).format(**{key: results.regressions.sizes[name].interaction.p for key, name in (("a", "co2"), ("b", "coal"))})


def _planted(results: Results) -> tuple[Text, ...]:
    if results.truth is None:
        return ()
    return (
        Text(
            "模拟数据只保留两组之比 0.0091∶0.0140。", "The simulated data keep only the groups' ratio, 0.0091 : 0.0140."
        ),
    )
