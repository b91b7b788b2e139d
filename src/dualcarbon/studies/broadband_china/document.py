"""The report of the Broadband China study: what was asked, who was matched, what was found, how far to trust it."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from dualcarbon import policy
from dualcarbon.core.exhibit import Chapter, Document, Exhibit, Table
from dualcarbon.core.text import Text
from dualcarbon.policy.words import number_form, sentence
from dualcarbon.studies.broadband_china.analysis import Checked, Estimated
from dualcarbon.studies.broadband_china.samples import Cities
from dualcarbon.studies.broadband_china.truth import truth_table
from dualcarbon.studies.broadband_china.verdict import verdict


def build_document(
    every: tuple[Cities, ...], found: Estimated, checked: Checked, colophon: tuple[Text, ...]
) -> Document:
    """The chapters in order, each with its exhibits."""
    simulated = every[0].panel.provenance.simulated
    return Document(
        key="report",
        title=Text("“宽带中国”示范城市与城市碳排放", "Broadband China demonstration cities and city CO2"),
        subtitle=every[0].panel.provenance.name,
        abstract=(_abstract(found), *verdict(found, checked)),
        chapters=_numbered(
            _policy_chapter(found),
            _design_chapter(every, found),
            _effect_chapter(found),
            _average_chapter(found),
            _check_chapter(checked),
            *_spatial_chapter(checked),
            *_truth_chapter(every, found),
        ),
        colophon=colophon,
        simulated=simulated,
    )


def _numbered(*chapters: Chapter) -> tuple[Chapter, ...]:
    """The chapters with their tables and figures numbered through."""
    tables, figures = count(1), count(1)

    def number(item: Exhibit) -> Exhibit:
        if isinstance(item, Table):
            return replace(item, number=Text("表 {n}", "Table {n}").format(n=next(tables)))
        return replace(item, number=Text("图 {n}", "Figure {n}").format(n=next(figures)))

    return tuple(replace(one, exhibits=tuple(number(item) for item in one.exhibits)) for one in chapters)


def exhibits(document: Document) -> tuple[Exhibit, ...]:
    """Every exhibit of the report, in its order."""
    return tuple(item for chapter in document.chapters for item in chapter.exhibits)


def _abstract(found: Estimated) -> Text:
    low, high = found.main.interval
    form = number_form(found.main.att)
    return Text(
        "名单中 {n} 个地方有 {m} 个与数据匹配；{u} 个城市中 {t} 个受处理。{l}：对 ln CO2 的平均效应 {b}"
        "（95% 区间 {lo} 至 {hi}）。",
        "Of {n} places on the list {m} are matched to the data; {t} of {u} cities are treated. {l}: average effect on "
        "ln CO2 {b} (95 % interval {lo} to {hi}).",
    ).format(
        n=found.match.named,
        m=found.match.named_matched,
        u=found.main.units,
        t=found.main.treated_units,
        l=found.main.label,
        b=format(found.main.att, form),
        lo=format(low, form),
        hi=format(high, form),
    )


def _policy_chapter(found: Estimated) -> Chapter:
    words = Text(
        "报告表 2-3（本文表 1）的六项政策中，有名单可用的才能评估；每条名单注明核实情况，未核实的列出而不用。",
        "Of the six policies of the report's Table 2-3 (Table 1 here), those with a usable list can be "
        "evaluated; each entry carries its verification, and unverified ones are listed but not used.",
    )
    return Chapter(
        Text("政策与名单", "Policies and lists"),
        (words,),
        (policy.table_2_3(), policy.lists_table(), policy.match_table(found.match)),
    )


def _design_chapter(every: tuple[Cities, ...], found: Estimated) -> Chapter:
    notes = tuple(sentence(note) for cities in every for note in cities.panel.notes)
    return Chapter(Text("样本与设计", "Sample and design"), notes, (policy.design_table(found.design),))


def _effect_chapter(found: Estimated) -> Chapter:
    words = Text(
        "各估计方法用同一样本。不能作答的方法留在表中并写明原因。",
        "All estimators use one sample. Those that cannot answer stay in the table with the reason.",
    )
    return Chapter(
        Text("效应", "The effect"),
        (words,),
        (
            policy.effect_table(found.main),
            policy.event_study_figure(found.pictured),
            found.compared.table(),
            found.compared.figure(),
        ),
    )


def _average_chapter(found: Estimated) -> Chapter:
    words = Text(
        "双向固定效应系数是各组两两比较的加权平均；下面是权重与各比较的估计值，以及平行趋势可以偏离多远而结论不变。",
        "The two-way coefficient is a weighted average of comparisons of two groups; below are the weights and the "
        "comparisons, and how far trends may differ before the conclusion changes.",
    )
    shown = [item for honest in found.honest for item in honest.exhibit()]
    return Chapter(Text("系数由何而来", "What the coefficient averages"), (words,), (*found.bacon.exhibit(), *shown))


def _check_chapter(checked: Checked) -> Chapter:
    pairs = (checked.in_time, checked.without_cohorts, checked.concurrent, checked.robustness)
    shown = [item for check in pairs for item in (check.table(), check.figure())]
    return Chapter(Text("检验", "Checks"), (), (checked.in_units.table(), checked.in_units.figure(), *shown))


def _spatial_chapter(checked: Checked) -> tuple[Chapter, ...]:
    if checked.spatial is None:
        return ()
    words = Text("邻居为同省的其他城市。{w}", "Neighbours are the other cities of the province. {w}").format(
        w=sentence(checked.spatial.words())
    )
    title = Text("是否转移到了邻近城市？", "Did it move next door?")
    return (Chapter(title, (words,), (checked.spatial.table(), checked.spatial.figure())),)


def _truth_chapter(every: tuple[Cities, ...], found: Estimated) -> tuple[Chapter, ...]:
    truth = every[0].truth
    if truth is None:
        return ()
    words = Text(
        "没有找到真实的城市排放数据，本次运行用模拟城市：名字与日期是真的，数字是抽取的，真实效应已知。",
        "No city emissions were found, so this run uses simulated cities: names and dates are real, numbers are drawn, "
        "and the true effect is known.",
    )
    return (Chapter(Text("与真值比较", "Against the truth"), (words,), (truth_table(found, truth),)),)
