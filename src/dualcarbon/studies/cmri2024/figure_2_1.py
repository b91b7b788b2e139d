"""Figure 2-1: the inner logic of the development concepts, drawn after section 2.2 of the report."""

from __future__ import annotations

from dualcarbon.core.exhibit import Arrow, Box, Figure, Flow
from dualcarbon.core.text import Text
from dualcarbon.studies.cmri2024.results import Results

_BOXES = (
    Box("modernisation", 0, 1, Text("中国式现代化", "Chinese path to modernisation"), strong=True),
    Box("growth", 1, 0, Text("经济高质量发展", "High-quality economic development")),
    Box("nature", 1, 2, Text("生态环境高水平保护", "High-level protection of the environment")),
    Box("twin", 2, 1, Text("数字化绿色化协同转型", "Joint digital and green transition"), strong=True),
    Box("digital", 3, 0, Text("数字技术与数字经济", "Digital technology, digital economy")),
    Box("goals", 3, 2, Text("“双碳”目标", "Dual-carbon goals")),
)
_ARROWS = (
    Arrow("growth", "modernisation", Text("首要任务", "first task")),
    Arrow("nature", "modernisation", Text("人与自然和谐共生", "harmony with nature")),
    Arrow("growth", "nature", Text("统筹", "balanced"), both=True),
    Arrow("twin", "growth", Text("关键与抓手", "key and lever")),
    Arrow("twin", "nature", Text("降碳、减污、扩绿", "less carbon and pollution")),
    Arrow("digital", "growth", Text("主要动力", "main drive")),
    Arrow("goals", "nature", Text("重点工作、主要约束", "priority and constraint")),
    Arrow("digital", "twin", Text("数字化", "digital")),
    Arrow("goals", "twin", Text("绿色化", "green")),
)


def build(results: Results | None = None) -> Figure:
    """The figure; `results` is not read."""
    return Figure(
        key="figure_2_1",
        number=Text("图 2-1", "Figure 2-1"),
        title=Text("发展理念的内在逻辑", "The inner logic of the development concepts"),
        drawing=Flow(_BOXES, _ARROWS),
        notes=(
            Text(
                "按报告第 2.2 节的文字绘制，箭头上的词为报告用语。",
                "Drawn after the text of section 2.2 of the report; the words on the arrows are the report's.",
            ),
        ),
        source=Text(
            "中国移动研究院、北京师范大学（2024），第 2.2 节",
            "China Mobile Research Institute and Beijing Normal University (2024), section 2.2",
        ),
        simulated=False,
    )
