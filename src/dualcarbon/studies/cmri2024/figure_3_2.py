"""Figure 3-2: CO2 of 5G stations, on average and year-end stocks, under several grid factors."""

from __future__ import annotations

from dualcarbon.core.exhibit import Figure, Lines, Points
from dualcarbon.core.text import Text
from dualcarbon.footprint import factor_paths, report_checks, stations
from dualcarbon.studies.cmri2024.results import Results


def build(results: Results | None = None) -> Figure:
    """CO2 over the years of published stocks; it takes nothing from the firm table."""
    found = stations()
    years = found.by_year["year"].to_list()
    x = tuple(float(y) for y in years)
    average, reporting, *_, implied = factor_paths(years)
    on_average, on_year_end = (found.by_year[c].to_numpy() for c in ("power_average_twh", "power_year_end_twh"))
    as_at_first = stations(kwh_per_day=65.0).by_year["co2_average_mt"].to_list()
    curves = [
        Points(_named(path.label, on), x, tuple((power * path.at(years)).tolist()))
        for power, on, path in (
            (on_average, _AVERAGE, average),
            (on_year_end, _YEAR_END, average),
            (on_average, _AVERAGE, reporting),
            (on_year_end, _YEAR_END, implied),
        )
    ]
    return Figure(
        key="figure_3_2",
        number=Text("图 3-2", "Figure 3-2"),
        title=Text("5G 基站的碳排放趋势", "CO2 of 5G base stations over the years"),
        drawing=Lines(
            x_label=Text("年份", "Year"),
            y_label=Text("CO2（百万吨）", "CO2 (Mt)"),
            curves=tuple(curves),
            references=(Points(_WITHOUT, x, tuple(as_at_first)),),
            years=True,
        ),
        notes=_notes(years[-2]),
        source=Text(
            "工业和信息化部存量、生态环境部因子（逐年来源与核对情况见数据表），dualcarbon 计算",
            "MIIT stocks and MEE factors, computed by dualcarbon",
        ),
        simulated=False,
    )


_AVERAGE = Text("年均存量", "average stock")
_YEAR_END = Text("年末存量", "year-end stock")
_WITHOUT = Text(
    "单站一直为 65 千瓦时/日（全国平均因子，年均存量）",
    "65 kWh a day throughout (national average factor, average stock)",
)


def _named(factor: Text, stock: Text) -> Text:
    return Text("{f}，{s}", "{f}, {s}").format(f=factor, s=stock)


def _notes(year: int) -> tuple[Text, ...]:
    row = stations([year]).by_year.to_dicts()[0]
    said = Text(
        "{y} 年用电按年末存量 {a} TWh，按年均存量 {b} TWh；单站用电由 65 降至 52 千瓦时/日，每年按 365 天计。",
        "In {y} electricity is {a} TWh on the year-end stock and {b} TWh on the average stock; a station goes from "
        "65 to 52 kWh a day; every year counts 365 days.",
    ).format(y=year, a=f"{row['power_year_end_twh']:.1f}", b=f"{row['power_average_twh']:.1f}")
    per_station = Text("{s}。", "{s}.").format(s=_sentence(report_checks().said))
    carried = Text(
        "没有公布当年因子的年份用不晚于当年的最近一年；2021 年以前的平均因子用 2021 年的值。",
        "Years without a factor of their own take the latest before them; before 2021 the average is that of 2021.",
    )
    return said, per_station, carried


def _sentence(said: Text) -> Text:
    return Text(said.zh, said.en[0].upper() + said.en[1:])
