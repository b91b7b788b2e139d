"""The report: chapters in order, each with its exhibits."""

from __future__ import annotations

import importlib
import math
import pkgutil
from typing import cast

import polars as pl

from dualcarbon.core.exhibit import Chapter, Document, Exhibit
from dualcarbon.core.text import Text
from dualcarbon.studies import cmri2024
from dualcarbon.studies.cmri2024 import asked, macro_words, market_chapter
from dualcarbon.studies.cmri2024.recovery import checks
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.panels import joined

_WHOLE = ("table_2_1", "figure_2_1", "table_2_2", "table_2_3")
_LOGIC = ("table_3_1", "figure_3_1", "figure_3_2")
_FRONTIER = ("table_4_1", "table_status", "table_identification", "figure_4_1", "table_4_1_all")
_EFFECTS = ("table_4_2", "table_4_3", "table_4_4")
_TRUTH = ("table_truth",)
_CLAIMS = ("table_claims_disagree", "table_claims")


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
        chapters=(
            *_macro_chapters(exhibits),
            _data_chapter(results),
            *_firm_chapters(results, exhibits),
            market_chapter.chapter(results, exhibits),
            real,
            Chapter(
                Text("报告的数字逐个核对", "The report's numbers, one by one"),
                macro_words.claims_told(),
                tuple(exhibits[n] for n in _CLAIMS),
            ),
        ),
        colophon=colophon,
        simulated=results.sample.provenance.simulated,
    )


def _macro_chapters(exhibits: dict[str, Exhibit]) -> tuple[Chapter, ...]:
    return (
        Chapter(
            Text("各国达峰与政策", "Where countries peaked, and the policies"),
            macro_words.peaks(),
            tuple(exhibits[n] for n in _WHOLE),
        ),
        Chapter(
            Text("电力结构与数字产业自身的排放", "The power mix and the digital sector's own emissions"),
            macro_words.power_and_digital(),
            tuple(exhibits[n] for n in _LOGIC),
        ),
    )


def _firm_chapters(results: Results, exhibits: dict[str, Exhibit]) -> tuple[Chapter, ...]:
    """Costs, effects and, on simulated data, the truth."""
    found = (
        Chapter(
            Text("边际减排成本与减排空间", "Marginal abatement cost and abatement room"),
            _frontier_words(results),
            tuple(exhibits[n] for n in _FRONTIER),
        ),
        Chapter(
            Text("数字技术应用的效应", "The effect of digital use"),
            (_effects_words(results),),
            tuple(exhibits[n] for n in _EFFECTS),
        ),
    )
    if results.truth is None:
        return found
    truth = Chapter(
        Text("系统能否找回真值", "Does the system find the truth?"),
        (_truth_words(results),),
        tuple(exhibits[n] for n in _TRUTH),
    )
    return (*found, truth)


def _abstract(results: Results) -> tuple[Text, ...]:
    firms = (_scope(results), _levels(results), _effect(results), *market_chapter.in_short(results))
    said = (*firms, macro_words.claims_counted())
    return (_SIMULATED, *said) if results.sample.provenance.simulated else said


_SIMULATED = Text(
    "企业数据为模拟数据：税收调查的微观数据保密，这里以真值已知、按报告印出值标定的模拟器代替。"
    "由它得出的数值只说明系统能做什么，不反映中国企业的实际情况。",
    "The firm data are simulated: the tax survey's micro-data are confidential; a simulator with known "
    "truth, set to the report's printed values, takes their place. What comes of it shows what the system "
    "can do and describes no actual firm in China.",
)


def _scope(results: Results) -> Text:
    """What the report does, from how many rows."""
    return Text(
        "本报告由 {rows} 条企业-年份记录（{firms} 家企业，{a}–{b} 年）核算 CO2 排放，估计距离函数、"
        "碳边际减排成本与减排空间，以及数字技术应用对边际减排成本与 CO2 排放的效应。",
        "From {rows} firm-years ({firms} firms, {a}–{b}) this report accounts for CO2 emissions and estimates "
        "distance functions, the marginal abatement cost (MAC) of CO2, the abatement room, and the effect of "
        "digital use on MAC and CO2 emissions.",
    ).format(
        rows=f"{results.sample.rows:,}",
        firms=f"{results.sample.firms:,}",
        a=results.sample.first_year,
        b=results.sample.last_year,
    )


def _levels(results: Results) -> Text:
    """How far the MAC ranges over industries."""
    top = results.industries.sort("default_mac_median", descending=True, nulls_last=True)
    first, last = top["default_mac_median"][0], top["default_mac_median"].drop_nulls()[-1]
    weak = results.industries.filter(results.industries["default_status"] != "identified").height
    return Text(
        "各行业边际减排成本的中位数从 {low} 到 {high} 元/吨，最高为最低的 {ratio} 倍。{w}",
        "Industry medians of the MAC run from {low} to {high} CNY/t, a ratio of {ratio}. {w}",
    ).format(low=f"{last:,.2f}", high=f"{first:,.2f}", ratio=f"{first / last:,.0f}", w=_weak(weak))


def _weak(count: int) -> Text:
    if not count:
        return Text(
            "没有证据否定任何行业的水平可识别（表 4-B）。",
            "No evidence speaks against the level of any industry (Table 4-B).",
        )
    return Text(
        "水平未能完全识别的行业有 {k} 个，表 4-B 逐一列明理由。",
        "Industries whose level is not fully identified: {k}, each with its reasons in Table 4-B.",
    ).format(k=count)


def _effect(results: Results) -> Text:
    """What digital use does to CO2."""
    co2 = results.regressions["co2"]
    low, high = co2.interval()[0]
    if not asked.is_share(results.config.effects):
        return Text(
            "数字技术应用（列 {c}）每提高一个单位，ln CO2 变化 {b}（95% 置信区间 {l} 到 {h}）。",
            "A rise of digital use (column {c}) by one unit changes ln CO2 by {b} (95 % interval: {l} to {h}).",
        ).format(
            c=results.config.effects.treatment,
            **{key: f"{v:.4g}".replace("-", "−") for key, v in (("b", co2.coef[0]), ("l", low), ("h", high))},
        )
    return Text(
        "数字技术应用（0 到 1）每提高 0.01，CO2 排放变化 {effect}%（95% 置信区间 {a}% 到 {b}%）。",
        "A rise of digital use (0 to 1) by 0.01 changes CO2 emissions by {effect} % (95 % interval: {a} % to {b} %).",
    ).format(effect=_percent(co2.coef[0]), a=_percent(low), b=_percent(high))


def _percent(log_effect: float) -> str:
    """What a rise of 0.01 does, in percent, from the coefficient on a log."""
    return f"{100.0 * math.expm1(0.01 * log_effect):.2f}".replace("-", "−")


def _data_chapter(results: Results) -> Chapter:
    sample = results.sample
    gone = [
        Text("{reason} {n} 行", "{reason} ({n} rows)").format(reason=d.reason, n=f"{d.rows:,}") for d in sample.drops
    ]
    return Chapter(
        Text("数据与核算", "Data and accounts"),
        (
            Text(
                "数据：{name}。可用 {rows} 行，{firms} 家企业，{a}–{b} 年。{gone}",
                "Data: {name}. {rows} usable rows, {firms} firms, {a}–{b}. {gone}",
            ).format(
                name=sample.provenance.name,
                rows=f"{sample.rows:,}",
                firms=f"{sample.firms:,}",
                a=sample.first_year,
                b=sample.last_year,
                gone=Text("删去：{g}。", "Dropped: {g}.").format(g=joined(gone))
                if gone
                else Text("没有删去任何行。", "No row was dropped."),
            ),
            *sample.notes,
        ),
    )


def _frontier_words(results: Results) -> tuple[Text, ...]:
    share = results.default.shares().filter(results.default.shares()["status"] == "ok")["share"]
    return (
        Text(
            "默认模型为超越对数双曲距离函数：每个两位数行业各年合并估计一次，用半正态极大似然，先作条件筛查，"
            "价格取在前沿投影点。表 4-1 列出边际减排成本最高的 10 个与最低的 3 个行业，以及减排空间最大的 10 个行业。"
            "表 4-1 至表 4-4 与报告同号，以字母编号的图表（4-A、M-1、P-1、C-1 等）为本系统所加。",
            "The default model is the translog hyperbolic distance function: one fit per two-digit industry, pooled "
            "over years, by half-normal maximum likelihood after the conditional screen, priced at the projection on "
            "the frontier. Table 4-1 lists the ten industries of highest and the three of lowest marginal abatement "
            "cost (MAC), and the ten of largest abatement room. Tables 4-1 to 4-4 carry the numbers of the report; "
            "tables and figures with a letter (4-A, M-1, P-1, C-1 and the like) are added here.",
        ),
        Text(
            "状态的读法：每个企业-年份有且只有一个状态，写明它的价格从何而来或为何没有。只有状态为 ok 的行（{ok}%）"
            "进入中位数、均值与回归；其余各行保留在结果文件中，不作替换。各状态的含义与比重见表 4-A。",
            "How to read a status: every firm-year has exactly one; it says where its price comes from, or why it has "
            "none. Only rows with status ok ({ok} %) enter medians, means and regressions; the others stay in the "
            "result file and nothing is put in their place. Table 4-A gives meaning and share of each status.",
        ).format(ok=f"{100.0 * float(share[0]) if len(share) else 0.0:.1f}"),
        Text(
            "状态针对观测，判定针对行业：表 4-B 写明哪些行业的水平得到识别，哪些没有，依据是什么。",
            "A status belongs to an observation, a verdict to an industry: Table 4-B says which industries' levels are "
            "identified, which are not, and on what evidence.",
        ),
        Text(
            "图 4-1 与表 4-C 给出全部行业。文献常用的二次型方向距离函数作为具名的复现并列于表 4-C。",
            "Figure 4-1 and Table 4-C show all industries. The quadratic directional distance function, the common "
            "choice of the literature, stands beside the default in Table 4-C as a named replication.",
        ),
    )


def _effects_words(results: Results) -> Text:
    priced, part = results.default.table.filter(pl.col("status") == "ok").height, results.config.effects
    return Text(
        "各列为吸收固定效应的最小二乘估计，标准误按{c}聚类，样本为状态 ok 的 {n} 行（各列再删去缺失与单例）。"
        "表 4-2 为对边际减排成本的效应，表 4-3 为对 CO2 排放的效应，表 4-4 按企业规模分组；"
        "控制变量：{x}。",
        "Every column is least squares with absorbed effects, standard errors clustered by {c}, on the {n} rows with "
        "status ok (less missing values and singletons by column). Table 4-2 has the effect on the MAC, Table 4-3 that "
        "on CO2 emissions, Table 4-4 splits it by firm size. Controls: {x}.",
    ).format(n=f"{priced:,}", c=asked.effects(part.cluster), x=asked.controls(part))


def _truth_words(results: Results) -> Text:
    found = checks(results)
    return Text(
        "模拟数据的真值都已知。表 4-D 把真值、估计与误差并列，{n} 项检验中 {k} 项在允许范围内。",
        "In simulated data every truth is known. Table 4-D puts truth, estimate and error side by side; {k} of {n} "
        "checks lie in their allowed range.",
    ).format(k=sum(c.held for c in found), n=len(found))
