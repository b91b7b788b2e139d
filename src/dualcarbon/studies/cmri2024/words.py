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


def source(results: Results) -> Text:
    """The source line of an exhibit made from the firm table."""
    name = results.sample.provenance.name
    return Text("{n}，dualcarbon 计算", "{n}, computed by dualcarbon").format(n=name)
