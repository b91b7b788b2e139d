"""What the exhibits of the market share: units, names of industries and sizes, source, and the assumptions."""

from __future__ import annotations

from collections.abc import Mapping

from dualcarbon.core.tables import short_industries
from dualcarbon.core.text import Text
from dualcarbon.market.exhibit_words import Frame
from dualcarbon.studies.cmri2024 import market
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import source

INDUSTRY = Text("行业", "Industry")
_SIZES = {"small": Text("小企业", "small firms"), "large": Text("大企业", "large firms")}
_GROUPS: Mapping[object, Text] = {key: text for part in (short_industries(), _SIZES) for key, text in part.items()}


def frame(results: Results, key: str) -> Frame:
    """Billions of CNY, millions of tonnes."""
    return Frame(
        currency=Text("十亿元", "CNY billion"),
        mass=Text("百万吨", "Mt"),
        currency_scale=1e9,
        mass_scale=1e6,
        groups=_GROUPS,
        source=source(results),
        simulated=results.sample.provenance.simulated,
        prefix=key,
    )


def settings(found: market.MarketResults) -> Text:
    """Year, cap and bounds."""
    return Text(
        "{y} 年的企业；总量为当年 CO2 的 {c:.0f} %，每家企业的排放在当前的 {a:.0f} % 与 {b:.0f} % 之间（自定）。",
        "Firms of {y}; cap {c:.0f} % of their CO2, each firm between {a:.0f} % and {b:.0f} % of its own (our choice).",
    ).format(y=found.year, c=100 * market.CAP_SHARE, a=100 * market.FLOOR, b=100 * market.CEILING)


def assumptions(found: market.MarketResults) -> Text:
    """What the adoption policies assume and no data say."""
    return Text(
        "自定而无数据的设定：采用者为数字应用最高的四分之一企业（比其余高 {r:.4f}）；采用成本为产出的 {c:.1f} %；"
        "成本全部免除使采用的对数优势上升 {k:g}；基础设施至多承担成本的 {m:.0f} %。",
        "Set by us without data: adopters are the quarter of firms of highest digital use ({r:.4f} above the others); "
        "adopting costs {c:.1f} % of output; paying all of it raises the log odds of adoption by {k:g}; infrastructure "
        "takes over at most {m:.0f} % of the cost.",
    ).format(r=found.rise, c=100 * market.COST_SHARE, k=market.SLOPE, m=100 * market.REACH)
