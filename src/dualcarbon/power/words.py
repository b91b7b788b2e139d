"""Names and definitions of the factor kinds and of the sources of power, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from dualcarbon.core.text import Text

NATIONAL = "全国"
T_PER_MWH = Text("吨/兆瓦时", "t/MWh")
TWH = Text("十亿千瓦时", "TWh")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of grid factor: what it is called, what it means, and whether a scenario can carry it forward."""

    label: Text
    meaning: Text
    projected: bool


KINDS = {
    "average": Kind(
        Text("全国平均", "national average"),
        Text(
            "发电排放除以全部电量；用于核算用电的排放。",
            "emissions over all power; for the account of power used.",
        ),
        True,
    ),
    "excluding_traded": Kind(
        Text("平均（不含市场化交易的非化石电量）", "average without market-traded non-fossil power"),
        Text(
            "发电排放除以未作为绿电售出的电量；用于没有购买绿电者，以免同一度绿电计两次。",
            "emissions over power not sold as green; for those who bought none, so that no green kWh counts twice.",
        ),
        True,
    ),
    "fossil": Kind(
        Text("化石能源电力", "fossil power"),
        Text("化石发电的排放除以化石电量。", "emissions of fossil power over fossil power."),
        True,
    ),
    "marginal": Kind(
        Text("边际（化石机组在边际）", "marginal (fossil plants at the margin)"),
        Text(
            "多用一度电所增加的排放。清洁机组边际成本低、先发满，只要还有化石发电，增减的一度电就由化石机组承担："
            "边际因子 = 化石因子。它回答“多用或少用会怎样”，平均因子回答“用掉的电排放多少”。",
            "emissions added by one more MWh. Clean plants run first; while any fossil power is left, one MWh more or "
            "less falls on it: marginal = fossil factor. It answers what a change does, the average what use emits.",
        ),
        True,
    ),
    "reporting": Kind(
        Text("企业核算用", "corporate reporting"),
        Text("主管部门规定企业报告时使用的全国值。", "the national value prescribed for corporate reports."),
        False,
    ),
    "provincial": Kind(
        Text("省级平均", "provincial average"),
        Text("一省用电的平均排放，含调入电力。", "average of the power used in a province, imports included."),
        False,
    ),
    "regional": Kind(
        Text("区域平均", "regional average"),
        Text("一个区域电网用电的平均排放。", "average of the power used in a regional grid."),
        False,
    ),
}
"""Every kind of factor that can be asked for."""

REGIONS = {
    "华北": Text("华北", "North China"),
    "东北": Text("东北", "Northeast China"),
    "华东": Text("华东", "East China"),
    "华中": Text("华中", "Central China"),
    "西北": Text("西北", "Northwest China"),
    "南方": Text("南方", "South China"),
    "西南": Text("西南", "Southwest China"),
}

SWAPPED = Text(
    "注意：两份公开文件把 2021 与 2022 年的值互换；此处按公告，0.5568 属 2021 年，0.5366 属 2022 年",
    "mind: two public files swap 2021 and 2022; by the notices 0.5568 is of 2021 and 0.5366 of 2022",
)


@dataclass(frozen=True, slots=True)
class PowerSource:
    """A source of power and whether it counts as clean."""

    label: Text
    clean: bool


SOURCES = {
    "fossil": PowerSource(Text("化石能源", "fossil"), False),
    "coal": PowerSource(Text("煤电", "coal"), False),
    "gas": PowerSource(Text("气电", "gas"), False),
    "oil": PowerSource(Text("油电", "oil"), False),
    "clean": PowerSource(Text("清洁能源", "clean"), True),
    "hydro": PowerSource(Text("水电", "hydro"), True),
    "nuclear": PowerSource(Text("核电", "nuclear"), True),
    "wind": PowerSource(Text("风电", "wind"), True),
    "solar": PowerSource(Text("太阳能发电", "solar"), True),
    "biomass": PowerSource(Text("生物质发电", "biomass"), True),
    "geothermal": PowerSource(Text("地热发电", "geothermal"), True),
}
"""Sources whose kind is known; a scenario names others with its own `clean` column."""


def source_label(name: str) -> Text:
    """What a source is called; its own name where the list does not know it.

    Examples
    --------
    >>> source_label("hydro").zh
    '水电'
    """
    return SOURCES[name].label if name in SOURCES else Text(name, name)
