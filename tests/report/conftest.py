"""Sample exhibits: a long table, a regression table, a wide one, a dot plot, a document."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from dualcarbon.core.exhibit import Cell, Chapter, Document, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.text import Text, both

INDUSTRIES = (
    ("煤炭开采和洗选业", "Mining and washing of coal"),
    ("石油和天然气开采业", "Extraction of petroleum and natural gas"),
    ("黑色金属矿采选业", "Mining of ferrous metal ores"),
    ("有色金属矿采选业", "Mining of non-ferrous metal ores"),
    ("非金属矿采选业", "Mining of non-metal ores"),
    ("其他采矿业", "Other mining"),
    ("农副食品加工业", "Processing of farm and sideline food"),
    ("食品制造业", "Manufacture of foods"),
    ("饮料制造业", "Manufacture of beverages"),
    ("烟草制品业", "Manufacture of tobacco"),
    ("纺织业", "Manufacture of textiles"),
    ("纺织服装、鞋、帽制造业", "Manufacture of apparel, footwear and caps"),
    ("皮革、毛皮、羽毛（绒）及其制品业", "Leather, fur, feather and related products"),
    ("木材加工及木、竹、藤、棕、草制品业", "Timber, wood, bamboo, rattan, palm and straw products"),
    ("家具制造业", "Manufacture of furniture"),
    ("造纸及纸制品业", "Paper and paper products"),
    ("印刷业和记录媒介的复制", "Printing and reproduction of recording media"),
    ("文教体育用品制造业", "Articles for culture, education and sport"),
    ("石油加工、炼焦及核燃料加工业", "Processing of petroleum, coking and nuclear fuel"),
    ("化学原料及化学制品制造业", "Raw chemical materials and chemical products"),
    ("医药制造业", "Manufacture of medicines"),
    ("化学纤维制造业", "Manufacture of chemical fibres"),
    ("橡胶制品业", "Manufacture of rubber"),
    ("塑料制品业", "Manufacture of plastics"),
    ("非金属矿物制品业", "Non-metallic mineral products"),
    ("黑色金属冶炼及压延加工业", "Smelting and pressing of ferrous metals"),
    ("有色金属冶炼及压延加工业", "Smelting and pressing of non-ferrous metals"),
    ("金属制品业", "Manufacture of metal products"),
    ("通用设备制造业", "General purpose machinery"),
    ("专用设备制造业", "Special purpose machinery"),
    ("交通运输设备制造业", "Transport equipment"),
    ("电气机械及器材制造业", "Electrical machinery and equipment"),
    ("通信设备、计算机及其他电子设备制造业", "Communication equipment, computers and other electronic equipment"),
    ("仪器仪表及文化、办公用机械制造业", "Measuring instruments and machinery for cultural activity and office work"),
    ("工艺品及其他制造业", "Artwork and other manufacturing"),
    ("废弃资源和废旧材料回收加工业", "Recycling and disposal of waste"),
    ("电力、热力的生产和供应业", "Production and supply of electric power and heat"),
    ("燃气生产和供应业", "Production and supply of gas"),
    ("水的生产和供应业", "Production and supply of water"),
)
CNY_PER_T = Text("元/吨", "CNY/t")
MAC = Text("边际减排成本", "Marginal abatement cost")
ROOM = Text("减排空间", "Abatement room")
SOURCE = Text("本系统在模拟调查数据上的测算", "Computed by this system on simulated survey data")
STARS = Text(
    "*、**、***分别表示在 10%、5%、1% 水平上显著；括号内为企业层面聚类标准误。",
    "*, **, *** denote significance at 10, 5 and 1 %; standard errors clustered by firm in parentheses.",
)


def long_table(key: str = "table_4_1", simulated: bool = True) -> Table:
    """39 industries, 9 columns, as Table 4-1."""
    rng = np.random.default_rng(41)
    mac = np.sort(np.exp(rng.normal(6.5, 1.8, 39)))[::-1]
    headers = (
        Header("rank", Text("序号", "Rank")),
        Header("industry", Text("行业", "Industry")),
        Header("n", Text("观测数", "Observations")),
        Header("co2_t", Text("CO2 排放量", "CO2 emissions"), Text("万 tCO2", "10⁴ tCO2")),
        Header("mac_cny_per_t", Text("中位数", "Median"), CNY_PER_T, MAC),
        Header("mac_low", Text("下限", "Lower"), CNY_PER_T, MAC),
        Header("mac_high", Text("上限", "Upper"), CNY_PER_T, MAC),
        Header("inefficiency", Text("无效率项", "Inefficiency"), None, ROOM),
        Header("room_permille", Text("占排放比重", "Share of emissions"), Text("‰", "‰"), ROOM),
    )
    rows = tuple(
        (
            Cell(rank, "d"),
            Cell(Text(zh, en)),
            Cell(int(rng.integers(900, 90_000)), ",d"),
            Cell(float(rng.uniform(2, 90_000)), ",.1f"),
            Cell(float(cost), ",.2f"),
            Cell(None if rank == 6 else float(cost * 0.7), ",.2f"),
            Cell(float("inf") if rank == 1 else float(cost * 1.6), ",.2f"),
            Cell(float(rng.uniform(-0.01, 0.4)), ".4f"),
            Cell(float(rng.uniform(0, 300)), ".1f"),
        )
        for rank, ((zh, en), cost) in enumerate(zip(INDUSTRIES, mac, strict=True), start=1)
    )
    notes = (
        Text(
            "边际减排成本为企业层面影子价格的行业中位数，区间为对偶解的上下界；“–”表示该行业没有可识别的价格。",
            "The marginal abatement cost is the industry median of firms’ shadow prices of CO2, the interval is given "
            "by the bounds of the duals; “–” marks industries without an identified price.",
        ),
        Text("行业按中位数由高到低排列。", "Industries are ranked by the median, highest first."),
    )
    return Table(
        key,
        Text("表 4-1", "Table 4-1"),
        Text(
            "企业 CO2 边际减排成本与减排空间（39 个行业）",
            "Marginal abatement cost of CO2 and abatement room, 39 industries",
        ),
        headers,
        rows,
        notes,
        SOURCE,
        simulated,
        rules_after=(10,),
    )


def regression_table(key: str = "table_4_2", simulated: bool = True) -> Table:
    """Three columns, coefficients with stars over bracketed standard errors, as Table 4-2."""
    label = Text("碳边际交易成本", "Marginal abatement cost")
    headers = (
        Header("variable", Text("变量", "Variable")),
        *(Header(f"m{i}", both(f"({i})"), None, label) for i in (1, 2, 3)),
    )
    no, yes = Text("未控制", "No"), Text("控制", "Yes")
    firm, industry = Text("企业-年份", "Firm, year"), Text("行业-年份", "Industry, year")

    def pair(name: Text, values: tuple[float | None, ...], errors: tuple[float | None, ...], stars: tuple[str, ...]):
        top = (Cell(name), *(Cell("" if v is None else v, ".4f", s) for v, s in zip(values, stars, strict=True)))
        return top, (Cell(""), *(Cell("" if e is None else e, ".4f", bracket=e is not None) for e in errors))

    rows = (
        *pair(
            Text("企业数字应用", "Digital use"),
            (0.0016, 0.0028, -0.0019),
            (0.0009, 0.0004, 0.0006),
            ("*", "***", "***"),
        ),
        *pair(Text("企业规模", "Firm size"), (None, None, 0.1127), (None, None, 0.0310), ("", "", "***")),
        (Cell(Text("固定效应", "Fixed effects")), Cell(firm), Cell(industry), Cell(industry)),
        (Cell(Text("控制变量", "Controls")), Cell(no), Cell(no), Cell(yes)),
        (Cell(Text("观测数", "Observations")), *(Cell(n, ",d") for n in (1009114, 1009114, 1003027))),
        (Cell(both("R²")), *(Cell(r, ".3f") for r in (0.812, 0.344, 0.357))),
    )
    return Table(
        key,
        Text("表 4-2", "Table 4-2"),
        Text("企业数字技术应用拉升碳边际减排成本", "Digital technology raises the marginal abatement cost of carbon"),
        headers,
        rows,
        (STARS,),
        SOURCE,
        simulated,
        rules_after=(4,),
    )


def wide_table(key: str = "table_3_1") -> Table:
    """Twelve columns: a landscape page."""
    rng = np.random.default_rng(31)
    twh = Text("亿千瓦时", "10⁸ kWh")
    names = (
        ("煤电", "Coal"), ("气电", "Gas"), ("油电", "Oil"), ("水电", "Hydro"), ("核电", "Nuclear"), ("风电", "Wind"),
        ("光伏", "Solar"), ("生物质", "Biomass"), ("合计", "Total"), ("清洁占比", "Clean share"),
        ("电网排放因子", "Grid factor"),
    )  # fmt: skip
    units = (*(twh,) * 9, both("%"), both("kgCO2/kWh"))
    groups = (*(Text("化石能源", "Fossil"),) * 3, *(Text("清洁能源", "Clean"),) * 5, None, None, None)
    headers = (
        Header("year", Text("年份", "Year")),
        *(
            Header(f"c{i}", Text(*name), unit, group)
            for i, (name, unit, group) in enumerate(zip(names, units, groups, strict=True))
        ),
    )
    rows = tuple(
        (Cell(year, "d"), *(Cell(float(v), ",.1f") for v in rng.uniform(10, 60_000, 11)))
        for year in range(2020, 2061, 5)
    )
    return Table(
        key, Text("表 3-1", "Table 3-1"),
        Text("2020—2060 年化石与清洁发电量", "Fossil and clean generation, 2020–2060"),
        headers, rows, (), SOURCE, False,
    )  # fmt: skip


def dot_plot(key: str = "figure_4_1", simulated: bool = True) -> Figure:
    """39 industries on a logarithmic axis, two series, one with intervals."""
    rng = np.random.default_rng(17)
    mac = np.sort(np.exp(rng.normal(6.5, 1.8, 39)))[::-1]
    second = mac * np.exp(rng.normal(0, 0.5, 39))
    second[4] = np.nan
    low, high = mac * rng.uniform(0.4, 0.8, 39), mac * rng.uniform(1.2, 2.2, 39)
    low[-1], high[0] = 0.0, np.inf
    return Figure(
        key,
        Text("图 4-1", "Figure 4-1"),
        Text("各行业 CO2 边际减排成本", "Marginal abatement cost of CO2 by industry"),
        DotPlot(
            tuple(Text(*pair) for pair in INDUSTRIES),
            (
                Series(Text("本系统（中位数与区间）", "This system (median and interval)"), tuple(map(float, mac)),
                       tuple(map(float, low)), tuple(map(float, high))),
                Series(Text("报告公布值", "As published"), tuple(map(float, second)), hollow=True),
            ),
            Text("CO2 边际减排成本（元/吨，对数刻度）", "Marginal abatement cost of CO2 (CNY/t, logarithmic scale)"),
            log=True,
        ),
        (
            Text(
                "横线为区间，箭头表示区间超出坐标范围。",
                "Lines are intervals; an arrow marks one that leaves the axis.",
            ),
        ),
        SOURCE,
        simulated,
    )  # fmt: skip


PROSE = (
    Text(
        "微观尺度上，企业的技术进步会带来经济效率改进，相应地，处于技术前沿的企业，其 CO2 边际减排成本要高。"
        "边际减排成本是减排的机会成本，"
        "衡量每减少一单位 CO2 排放所带来的产出损失，是“绿水青山”和“金山银山”的转化。结果见表 4-1 与图 4-1。",
        "At the level of the firm, technical progress raises economic efficiency, and a firm at the frontier therefore "
        "faces a higher marginal abatement cost of CO2. The cost is an opportunity cost: the output given up for one "
        "unit of CO2 less – the exchange rate between “green mountains” and “golden ones”. Table 4-1 and Figure 4-1 "
        "show the results.",
    ),
    Text(
        "平均边际减排成本最低的三个行业是石油加工、炼焦及核燃料加工业（22.69 元/吨）、造纸及纸制品业"
        "（72.52 元/吨）与有色金属冶炼及压延加工业"
        "（78.49 元/吨）；最高者为烟草制品业（25,007.92 元/吨），两端相差约 1,102 倍。"
        "高耗能行业减排成本较低，低耗能、资本密集型行业减排成本较高。",
        "The three industries with the lowest cost are petroleum and coking (22.69 CNY/t), paper (72.52 CNY/t) and "
        "non-ferrous metals (78.49 CNY/t); tobacco has the highest (25,007.92 CNY/t), about 1,102 times the lowest. "
        "Industries that use much energy abate cheaply, those that use little and much capital do not.",
    ),
    Text(
        "差异为碳市场交易提供了基础：成本高者买入配额、成本低者卖出配额，总产出因此增加。",
        "These differences are the ground of permit trading: firms with high costs buy, firms with low costs sell, and "
        "total output grows.",
    ),
)  # fmt: skip


def whole_document(key: str = "report", simulated: bool = True) -> Document:
    """Two chapters of prose with four exhibits."""
    second = (
        Text(
            "表 4-2 报告了基准回归。企业数字技术应用每提高一个单位，CO2 边际减排成本相应上升，"
            "且在控制企业规模后依然显著；发电结构见表 3-1。",
            "Table 4-2 reports the baseline regressions. Digital use raises the marginal abatement cost of CO2, also "
            "after controlling for firm size. Table 3-1 shows the generation mix.",
        ),
        Text(
            "需要强调的是，本章结论建立在模拟调查数据之上，仅用于检验方法。",
            "The conclusions of this chapter rest on simulated survey data and serve to check the method only.",
        ),
    )
    return Document(
        key,
        Text(
            "数字技术助力“双碳”目标实现的微观验证",
            "Digital technology and the dual-carbon goals: evidence from firms",
        ),
        Text("方法、数据与 CO2 边际减排成本测算", "Methods, data and the marginal abatement cost of CO2"),
        (
            Text(
                "本报告在统一的开放框架下重算企业 CO2 边际减排成本，检验数字技术应用的减排效应，"
                "并逐一标注所用数据的性质与单位（tCO2、tce、‰）。",
                "This report recomputes the marginal abatement cost of CO2 of firms in one open framework, tests what "
                "digital technology does to emissions, and states nature and unit (tCO2, tce, ‰) of all data used.",
            ),
        ),
        (
            Chapter(Text("数字技术拉升企业 CO2 边际减排成本", "Digital technology raises the cost of abating CO2"),
                    PROSE,
                    (long_table(simulated=simulated), dot_plot(simulated=simulated))),
            Chapter(Text("基准回归与发电结构", "Baseline regressions and the generation mix"), second,
                    (regression_table(simulated=simulated), wide_table())),
        ),
        (Text("本报告由程序生成，所有数值均可复算。", "Made by a program; every number can be computed again."),),
        simulated,
    )  # fmt: skip


HOSTILE = (
    "#panic(\"x\") $x^2$ *b* _i_ @ref \\input{x} 'q' <b>&amp; `raw` ~ ^ % {a} [z] | == /* */ \\u{41} <<x>> {{y}} "
    "{%z%} --- ,, =SUM(A1)"
)


def hostile_table(key: str = "hostile") -> Table:
    """Every phrase is full of signs that some format would act on."""
    phrase = Text("中" + HOSTILE, HOSTILE)
    return Table(
        key,
        phrase,
        phrase,
        (Header("a", phrase, phrase, phrase), Header("b", phrase, None, phrase)),
        ((Cell(phrase), Cell(1.5, ".2f", "*")), (Cell(HOSTILE), Cell("=1+1")), (Cell("*x"), Cell("[y]"))),
        (phrase,),
        phrase,
        True,
    )


@pytest.fixture(scope="session")
def sample() -> SimpleNamespace:
    """The makers above, which tests cannot import by name."""
    return SimpleNamespace(
        long=long_table,
        regression=regression_table,
        wide=wide_table,
        figure=dot_plot,
        document=whole_document,
        hostile=hostile_table,
        hostile_text=HOSTILE,
        industries=INDUSTRIES,
    )
