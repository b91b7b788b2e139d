"""The real panels beside the simulated survey: China's provinces and their thermal power."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dualcarbon.core.engine import Engine
from dualcarbon.core.exhibit import Chapter, Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Technology
from dualcarbon.core.text import Text
from dualcarbon.studies.panels import Labels, Rival, models_table, rivals, units_table


@dataclass(frozen=True, slots=True)
class RealPanel:
    """A shipped panel: its columns in the frontier, the words of its exhibits, how its MAC is to be read."""

    name: str
    inputs: tuple[str, ...]
    good: str
    labels: Labels
    second_number: Text
    reading: Text


PANELS = (
    RealPanel(
        "china_provinces",
        ("capital_cny", "labour_person", "energy_tce"),
        "output_cny",
        Labels(
            "table_provinces",
            Text("表 5-1", "Table 5-1"),
            Text("中国 30 省份 2003–2019（真实数据）", "China's 30 provinces, 2003-2019 (real data)"),
            Text("表内产出单位/吨", "the table's output unit/t"),
            Text(
                "deabook 0.0.10（MIT）所附省级面板，dualcarbon 计算",
                "provinces as packaged in deabook 0.0.10 (MIT), computed by dualcarbon",
            ),
        ),
        Text("表 5-2", "Table 5-2"),
        Text(
            "产出列的价格基期不明（2003 年为现价，此后既非现价也非不变价），"
            "所以这里的价格不能读作元/吨，只能比较模型与省份。",
            "The price base of output is unclear (2003 is at current prices, later years are neither current nor "
            "constant prices), so the price here is not CNY per tonne: it serves to compare models and provinces.",
        ),
    ),
    RealPanel(
        "china_thermal_power",
        ("capacity_kw", "labour_person", "energy_tce"),
        "power_kwh",
        Labels(
            "table_thermal_power",
            Text("表 5-3", "Table 5-3"),
            Text("中国各省火电 2007–2017（真实数据）", "Thermal power of China's provinces, 2007-2017 (real data)"),
            Text("千瓦时/吨", "kWh/t"),
            Text(
                "deabook 0.0.10（MIT）所附火电面板，dualcarbon 计算",
                "thermal power as packaged in deabook 0.0.10 (MIT), computed by dualcarbon",
            ),
        ),
        Text("表 5-4", "Table 5-4"),
        Text(
            "边际减排成本以少发的电量计：每少排一吨 CO2 要放弃多少千瓦时。",
            "The marginal abatement cost is counted in power not generated: kWh given up per tonne of CO2 avoided.",
        ),
    ),
)


def fit(real: RealPanel, panel: Panel, engine: Engine) -> tuple[Rival, ...]:
    """Translog by ML and by LP under constant returns, the quadratic, and Kuosmanen envelopment by year."""
    pooled = Technology(real.inputs, real.good, "co2_t", returns="constant", reference="pooled")
    variable = Technology(real.inputs, real.good, "co2_t", returns="variable", reference="pooled")
    yearly = Technology(real.inputs, real.good, "co2_t", returns="variable", reference="contemporaneous")
    return rivals(
        panel,
        (
            (Text("超越对数，极大似然", "Translog, maximum likelihood"), "translog_ml", pooled),
            (Text("超越对数，线性规划", "Translog, linear programming"), "translog_lp", pooled),
            (Text("二次型，线性规划", "Quadratic, linear programming"), "quadratic", variable),
            (Text("Kuosmanen 包络，逐年", "Kuosmanen envelopment, by year"), "envelopment", yearly),
        ),
        engine,
    )


def exhibits(real: RealPanel, panel: Panel, found: tuple[Rival, ...]) -> tuple[Table, Table]:
    """Models side by side, and the units."""
    second = replace(real.labels, number=real.second_number)
    return models_table(found, real.labels, simulated=False), units_table(panel, found, second)


def chapter(tables: tuple[Table, ...]) -> Chapter:
    """The chapter on the real panels."""
    return Chapter(
        title=Text("真实面板：中国省份与火电", "Real panels: China's provinces and thermal power"),
        paragraphs=(
            Text(
                "同一批观测上，边际减排成本随模型而变。这里把四个模型并列，写出每个模型能否识别及其依据；"
                "水平须在此跨度内理解。真实数据没有已知的真值。",
                "On the same observations the marginal abatement cost changes with the model. Four models stand side "
                "by side, each with whether it is identified and why; levels must be read within this span. Real data "
                "have no known truth.",
            ),
            *(real.reading for real in PANELS),
        ),
        exhibits=tables,
    )
