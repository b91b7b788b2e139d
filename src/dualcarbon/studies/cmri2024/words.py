"""Words that several exhibits of the chapter share."""

from __future__ import annotations

from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.results import Results

MAC = Text("边际减排成本", "Marginal abatement cost")
ROOM = Text("减排空间（无效率）", "Abatement room (inefficiency)")
OURS = Text("本系统", "Ours")
PRINTED = Text("报告", "Report")
TRUTH = Text("真值", "Truth")
CNY_PER_T = Text("元/吨", "CNY/t")
SHARE = Text("比例", "share")
STARS = Text(
    "*、**、*** 分别表示在 10%、5%、1% 水平上显著；括号内为按企业聚类的标准误；行业为四位数行业。",
    "*, **, *** significant at 10 %, 5 %, 1 %; in parentheses standard errors clustered by firm; industries are "
    "four-digit.",
)


def source(results: Results) -> Text:
    """The source line of an exhibit made from the firm table."""
    name = results.sample.provenance.name
    return Text("{n}，dualcarbon 计算", "{n}, computed by dualcarbon").format(n=name)
