"""Paragraphs of the chapters that take nothing from the firm table."""

from __future__ import annotations

from dualcarbon import footprint
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024 import claims, table_2_1, table_3_1, table_claims, table_claims_disagree


def peaks() -> tuple[Text, ...]:
    """Table 2-1 to Table 2-3 and Figure 2-1 in words."""
    countries, _ = table_2_1.compare()
    peaked = [one for one in countries if one.peak["status"] == "peaked"]
    low, high = (bound(one.ours[2] for one in peaked) for bound in (min, max))
    china = next(one for one in countries if one.country == "CHN")
    return (
        Text(
            "表中的发达国家达峰时人均 GDP 为世界平均的 {a} 到 {b} 倍；中国 {y} 年为 {c} 倍（表 2-1）。"
            "达峰年由排放序列按写明的规则判定，与报告所印并列。",
            "When the developed countries of the table peaked, their GDP per head was {a} to {b} times the world's; "
            "China's was {c} times in {y} (Table 2-1). The peak year follows from the emission series by the stated "
            "rule and stands beside the report's.",
        ).format(a=f"{low:.1f}", b=f"{high:.1f}", c=f"{china.ours[2]:.2f}", y=china.year),
        Text(
            "图 2-1 按报告的文字画出发展理念的逻辑；表 2-2 为报告所列的十个试点，表 2-3 为六项政策，"
            "末列写明哪份名单可用于评估。",
            "Figure 2-1 draws the logic of the development concepts as the report tells it; Table 2-2 has its ten "
            "pilots, Table 2-3 its six policies, with the list that serves to evaluate each.",
        ),
    )


def power_and_digital() -> tuple[Text, ...]:
    """Table 3-1, Figure 3-1 and Figure 3-2 in words."""
    have = table_3_1.implied()
    used = footprint.stations([2024]).by_year.to_dicts()[0]
    return (
        Text(
            "报告的电力情景意味着清洁份额由 {y} 年的 {a}% 升到 {z} 年的 {b}%，电网平均因子由 {f} 降到 {g} 吨/兆瓦时"
            "（表 3-1，规则见其注）。图 3-1 为各国清洁电力的份额。",
            "The report's power scenario lifts the clean share from {a} % in {y} to {b} % in {z}; the average grid "
            "factor falls from {f} to {g} t/MWh (Table 3-1, with the rule in its note). Figure 3-1 shows the share of "
            "clean electricity by country.",
        ).format(
            y=have.years[0],
            z=have.years[-1],
            a=f"{100.0 * have.clean_share[0]:.1f}",
            b=f"{100.0 * have.clean_share[-1]:.1f}",
            f=f"{have.t_per_mwh[0]:.4f}",
            g=f"{have.t_per_mwh[-1]:.4f}",
        ),
        Text(
            "5G 基站 2024 年用电约 {p} TWh（年均存量）；排放取决于所选的电网因子，图 3-2 把几种因子并列。",
            "5G stations used some {p} TWh in 2024 (average stock); their emissions depend on the grid factor chosen, "
            "and Figure 3-2 puts several side by side.",
        ).format(p=f"{used['power_average_twh']:.1f}"),
    )


def claims_told() -> tuple[Text, ...]:
    """How the numbers were checked and what came of it."""
    return (
        claims_counted(),
        Text(
            "{a}列出不成立的数字、应有的数值与原因，{b}列出全部数字。“一致”只给重新算出的数，或另有独立公开来源的数；"
            "出自保密微观数据、属于未来或没有公开来源的，一律记为无法核对，并写明原因。",
            "{a} lists the numbers that do not hold, with the right value and why; {b} lists them all. 'Agrees' is "
            "said only of a number that was computed again or that an independent public source gives; what rests on "
            "confidential firm data, lies in the future or has no public source counts as not checkable, with the "
            "reason.",
        ).format(a=table_claims_disagree.NUMBER, b=table_claims.NUMBER),
    )


def claims_counted() -> Text:
    """How many numbers agree, disagree and cannot be checked."""
    found = claims.counts()
    return Text(
        "报告第 1 至 5 章的正文与表共有 {n} 个数字：{a} 个一致，{d} 个不一致，{x} 个无法核对。",
        "Text and tables of the report's chapters 1 to 5 hold {n} numbers: {a} agree, {d} disagree, {x} are not "
        "checkable.",
    ).format(n=sum(found.values()), a=found["agrees"], d=found["disagrees"], x=found["not_checkable"])
