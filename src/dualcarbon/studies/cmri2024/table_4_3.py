"""Table 4-3: the effect of digital use on CO2 emissions."""

from __future__ import annotations

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024 import asked
from dualcarbon.studies.cmri2024.columns import Column, regression_table
from dualcarbon.studies.cmri2024.results import Results

_CO2 = Text("ln CO2，按所计能源", "ln CO2, energy counted")
COLUMNS = (
    Column(
        "co2",
        Text("(1) 煤、油、电力", "(1) coal, oil, power"),
        _CO2,
        controlled=True,
    ),
    Column(
        "coal",
        Text("(2) 煤炭", "(2) coal"),
        _CO2,
        controlled=True,
    ),
)


def build(results: Results) -> Table:
    """Two columns: CO2 from coal, oil and power; CO2 from coal."""
    return regression_table(
        results,
        "table_4_3",
        Text("表 4-3", "Table 4-3"),
        Text("数字技术应用对 CO2 排放的效应", "The effect of digital use on CO2 emissions"),
        ".4f",
        COLUMNS,
        (
            Text(
                "被解释变量为 CO2 排放（吨）的自然对数。第（2）列只含用煤企业。",
                "Dependent variable: natural log of CO2 in tonnes. Column (2) holds the firms that burn coal.",
            ),
            asked.measured(results.config.effects),
        ),
    )
