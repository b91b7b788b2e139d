"""The report: chapters in order, each with its exhibits."""

from __future__ import annotations

import importlib
import pkgutil
from typing import cast

from dualcarbon.core.exhibit import Chapter, Document, Exhibit
from dualcarbon.core.text import Text
from dualcarbon.studies import cmri2024
from dualcarbon.studies.cmri2024.recovery import checks
from dualcarbon.studies.cmri2024.results import Results

_FRONTIER = ("table_4_1", "figure_4_1", "table_4_1_all", "table_identification")
_EFFECTS = ("table_4_2", "table_4_3", "table_4_4")
_TRUTH = ("table_truth",)


def exhibit_names() -> tuple[str, ...]:
    """The exhibit files of this folder: every module named table_* or figure_*."""
    found = (m.name for m in pkgutil.iter_modules(cmri2024.__path__))
    return tuple(sorted(n for n in found if n.startswith(("table_", "figure_"))))


def build_exhibits(results: Results) -> dict[str, Exhibit]:
    """Every exhibit of the folder that has content for these results."""
    built = {}
    for name in exhibit_names():
        module = importlib.import_module(f"dualcarbon.studies.cmri2024.{name}")
        exhibit = cast(Exhibit | None, module.build(results))
        if exhibit is not None:
            built[name] = exhibit
    return built


def build_document(
    results: Results, exhibits: dict[str, Exhibit], real: Chapter, colophon: tuple[Text, ...]
) -> Document:
    """The whole report."""
    chapters = [
        _data_chapter(results),
        Chapter(
            Text("边际减排成本与减排空间", "Marginal abatement cost and abatement room"),
            (_frontier_words(results),),
            tuple(exhibits[n] for n in _FRONTIER),
        ),
        Chapter(
            Text("数字技术应用的效应", "The effect of digital use"),
            (_effects_words(results),),
            tuple(exhibits[n] for n in _EFFECTS),
        ),
    ]
    if results.truth is not None:
        chapters.append(
            Chapter(
                Text("系统能否找回真值", "Does the system find the truth?"),
                (_truth_words(results),),
                tuple(exhibits[n] for n in _TRUTH),
            )
        )
    chapters.append(real)
    return Document(
        key="report",
        title=Text(
            "数字技术助力“双碳”目标：微观验证", "Digital technology and the dual-carbon goals: the evidence from firms"
        ),
        subtitle=Text(
            "企业能源消费、碳边际减排成本与数字技术效应",
            "Energy use, marginal abatement cost and the effect of digital use",
        ),
        abstract=_abstract(results),
        chapters=tuple(chapters),
        colophon=colophon,
        simulated=results.sample.provenance.simulated,
    )


def _abstract(results: Results) -> tuple[Text, ...]:
    top = results.industries.sort("default_mac_median", descending=True, nulls_last=True)
    first, last = top["default_mac_median"][0], top["default_mac_median"].drop_nulls()[-1]
    weak = results.industries.filter(results.industries["default_status"] != "identified").height
    co2 = results.regressions["co2"]
    paragraphs = [
        Text(
            "本报告由 {rows} 条企业-年份记录（{firms} 家企业，{a}-{b} 年）算出 CO2 排放、方向距离函数、"
            "碳边际减排成本与减排空间，以及数字技术应用对二者的效应。",
            "From {rows} firm-years ({firms} firms, {a}-{b}) this report computes CO2 emissions, distance functions, "
            "the marginal abatement cost of CO2 and the abatement room, and the effect of digital use on both.",
        ).format(
            rows=f"{results.sample.rows:,}",
            firms=f"{results.sample.firms:,}",
            a=results.sample.first_year,
            b=results.sample.last_year,
        ),
        Text(
            "行业中位边际减排成本从 {low} 到 {high} 元/吨，最高与最低之比为 {ratio}。"
            "{k} 个行业的水平只能弱识别，逐一列明。",
            "Industry medians of the marginal abatement cost run from {low} to {high} CNY/t, a ratio of {ratio}. "
            "The level is only weakly identified in {k} industries, each listed.",
        ).format(low=f"{last:,.2f}", high=f"{first:,.2f}", ratio=f"{first / last:,.0f}", k=weak),
        Text(
            "数字技术应用每提高 0.01，CO2 排放变化 {effect}%（95% 置信区间 {a}% 到 {b}%）。",
            "A rise of digital use by 0.01 changes CO2 emissions by {effect} % (95 % interval {a} % to {b} %).",
        ).format(
            effect=f"{co2.coef[0]:.2f}".replace("-", "−"),
            a=f"{co2.interval()[0, 0]:.2f}".replace("-", "−"),
            b=f"{co2.interval()[0, 1]:.2f}".replace("-", "−"),
        ),
    ]
    if results.sample.provenance.simulated:
        paragraphs.insert(
            0,
            Text(
                "数据为模拟数据：税收调查的微观数据保密，这里用一个真值已知、按报告印出的数值标定的模拟器代替。"
                "本报告的每个数值说明系统能做什么，不说明中国企业的实际情况。",
                "The data are simulated: the tax survey's micro-data are confidential; a simulator with known truth, "
                "set to the report's printed values, takes their place. Every number here shows what the system can "
                "do, none describes actual firms in China.",
            ),
        )
    return tuple(paragraphs)


def _data_chapter(results: Results) -> Chapter:
    sample = results.sample
    gone = [
        Text("{reason}：{n} 行", "{reason}: {n} rows").format(reason=d.reason, n=f"{d.rows:,}") for d in sample.drops
    ]
    return Chapter(
        Text("数据与核算", "Data and accounts"),
        (
            Text(
                "数据：{name}。可用 {rows} 行，{firms} 家企业，{a}-{b} 年。",
                "Data: {name}. {rows} usable rows, {firms} firms, {a}-{b}.",
            ).format(
                name=sample.provenance.name,
                rows=f"{sample.rows:,}",
                firms=f"{sample.firms:,}",
                a=sample.first_year,
                b=sample.last_year,
            ),
            Text("删去的行：", "Rows dropped: ").format() if gone else Text("没有删去任何行。", "No row was dropped."),
            *gone,
            *sample.notes,
        ),
    )


def _frontier_words(results: Results) -> Text:
    share = results.default.shares().filter(results.default.shares()["status"] == "ok")["share"]
    return Text(
        "默认模型为超越对数双曲距离函数，分两位数行业、合并各年，以半正态极大似然估计，价格取在前沿投影点；"
        "{ok}% 的行有价格。二次型方向距离函数是文献常用做法，作为具名的复现并列于后。",
        "The default is the translog hyperbolic distance function, one fit per two-digit industry pooled over years, "
        "by half-normal maximum likelihood, priced at the projection; {ok} % of rows have a price. The quadratic "
        "directional distance function, the common choice of the literature, stands beside it as a named replication.",
    ).format(ok=f"{100.0 * float(share[0]) if len(share) else 0.0:.1f}")


def _effects_words(results: Results) -> Text:
    n = results.regressions["co2"].n
    return Text(
        "各列以吸收固定效应的最小二乘估计，标准误按企业聚类。样本为前沿状态正常的行（{n} 行），各表共用；"
        "单位与缩放写在每张表下。",
        "Every column is least squares with absorbed effects, standard errors clustered by firm. The sample, common to "
        "all tables, holds the rows whose frontier status is ok ({n}); units and scaling are below each table.",
    ).format(n=f"{n:,}")


def _truth_words(results: Results) -> Text:
    found = checks(results)
    return Text(
        "模拟数据的每个真值都已知。下表把真值、估计与误差并列，{k}/{n} 项在允许范围内。",
        "In simulated data every truth is known. The table puts truth, estimate and error side by side; {k} of {n} "
        "lie in their allowed range.",
    ).format(k=sum(c.held for c in found), n=len(found))
