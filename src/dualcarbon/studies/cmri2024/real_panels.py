"""The real panels beside the simulated survey: China's provinces and their thermal power."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dualcarbon.core.engine import Engine
from dualcarbon.core.exhibit import Chapter, Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Technology
from dualcarbon.core.text import Text
from dualcarbon.studies.panels import (
    ENVELOPMENT,
    LIKELIHOOD,
    PROGRAMMING,
    QUADRATIC,
    TRANSLOG,
    Labels,
    Plan,
    Rival,
    models_table,
    rivals,
    units_table,
)


@dataclass(frozen=True, slots=True)
class RealPanel:
    """A shipped panel: its columns in the frontier, the words of its exhibits, how its MAC is to be read."""

    name: str
    inputs: tuple[str, ...]
    good: str
    labels: Labels
    second_number: Text
    reading: Text


_PROVINCE = Text("省份", "Province")
PANELS = (
    RealPanel(
        "china_provinces",
        ("capital_cny", "labour_person", "energy_tce"),
        "output_cny",
        Labels(
            "table_provinces",
            Text("表 P-1", "Table P-1"),
            Text("中国 30 省份 2003–2019（真实数据）", "China's 30 provinces, 2003–2019 (real data)"),
            _PROVINCE,
            Text("产出/吨", "output/t"),
            Text(
                "deabook 0.0.10（MIT）所附省级面板，dualcarbon 计算",
                "provinces as packaged in deabook 0.0.10 (MIT), computed by dualcarbon",
            ),
        ),
        Text("表 P-3", "Table P-3"),
        Text(
            "表 P-1、表 P-3 为省份。产出列的价格基期不明（2003 年为现价，此后既非现价也非不变价），"
            "所以边际减排成本以表内的产出单位计，不能读作元/吨，只能用来比较模型与省份。",
            "Tables P-1 and P-3 hold the provinces. The price base of output is unclear (2003 is at current "
            "prices, later years are neither at current nor at constant prices), so the MAC is in the table's own "
            "units of output, not in CNY: it serves to compare models and provinces.",
        ),
    ),
    RealPanel(
        "china_thermal_power",
        ("capacity_kw", "labour_person", "energy_tce"),
        "power_kwh",
        Labels(
            "table_thermal_power",
            Text("表 P-2", "Table P-2"),
            Text("中国各省火电 2007–2017（真实数据）", "China's thermal power, 2007–2017 (real data)"),
            _PROVINCE,
            Text("千瓦时/吨", "kWh/t"),
            Text(
                "deabook 0.0.10（MIT）所附火电面板，dualcarbon 计算",
                "thermal power as packaged in deabook 0.0.10 (MIT), computed by dualcarbon",
            ),
        ),
        Text("表 P-4", "Table P-4"),
        Text(
            "表 P-2、表 P-4 为各省火电。边际减排成本以少发的电量计：每少排一吨 CO2 要少发多少千瓦时。",
            "Tables P-2 and P-4 hold thermal power by province. Its MAC is counted in power not generated: kWh given "
            "up per tonne of CO2 avoided.",
        ),
    ),
)


def fit(real: RealPanel, panel: Panel, engine: Engine) -> tuple[Rival, ...]:
    """Translog by ML and by LP under constant returns, the quadratic, and Kuosmanen envelopment by year."""
    pooled = Technology(real.inputs, real.good, "co2_t", returns="constant", reference="global")
    variable = Technology(real.inputs, real.good, "co2_t", returns="variable", reference="global")
    yearly = Technology(real.inputs, real.good, "co2_t", returns="variable", reference="contemporaneous")
    return rivals(
        panel,
        (
            Plan(TRANSLOG, LIKELIHOOD, "translog_ml", pooled),
            Plan(TRANSLOG, PROGRAMMING, "translog_lp", pooled),
            Plan(QUADRATIC, PROGRAMMING, "quadratic", variable),
            Plan(ENVELOPMENT, Text("逐年", "by year"), "envelopment", yearly),
        ),
        engine,
    )


def exhibits(real: RealPanel, panel: Panel, found: tuple[Rival, ...]) -> tuple[Table, Table]:
    """Models side by side, and the units."""
    second = replace(real.labels, number=real.second_number)
    return models_table(found, real.labels, simulated=False), units_table(panel, found, second)


def chapter(tables: tuple[Table, ...]) -> Chapter:
    """The chapter on the real panels, tables by number."""
    return Chapter(
        title=Text("真实面板：中国省份与火电", "Real panels: China's provinces and thermal power"),
        paragraphs=(
            Text(
                "本章用真实数据，没有已知的真值。同一批观测上，边际减排成本随模型而变：四个模型并列，"
                "各自写明能否识别及其依据，水平须在模型之间的跨度内理解。",
                "The data of this chapter are real and have no known truth. On the same observations the marginal "
                "abatement cost (MAC) changes with the model: four stand side by side, each with whether it is "
                "identified and on what evidence, and the level must be read within the span of the four.",
            ),
            *(real.reading for real in PANELS),
        ),
        exhibits=tuple(sorted(tables, key=lambda table: table.number.en)),
    )
