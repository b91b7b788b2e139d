"""What the exhibits of the market share: units, names of industries and sizes, source, and the assumptions."""

from __future__ import annotations

from collections.abc import Mapping

from dualcarbon.core.tables import provinces, short_industries
from dualcarbon.core.text import Text
from dualcarbon.market.exhibit_words import Frame
from dualcarbon.studies.cmri2024.adoption import AdoptionResults
from dualcarbon.studies.cmri2024.market import MarketResults
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import source
from dualcarbon.studies.config import AdoptionPart, MarketPart

INDUSTRY = Text("行业", "Industry")
_SIZES = {"small": Text("小企业", "small firms"), "large": Text("大企业", "large firms")}
_GROUPS: Mapping[object, Text] = {key: text for part in (short_industries(), _SIZES) for key, text in part.items()}
PROVINCES: Mapping[object, Text] = {spelling: one.short for one in provinces() for spelling in one.spellings}


def frame(results: Results, key: str, groups: Mapping[object, Text] = _GROUPS) -> Frame:
    """Billions of CNY, millions of tonnes; names of industries and sizes, or those given."""
    return Frame(
        currency=Text("十亿元", "CNY billion"),
        mass=Text("百万吨", "Mt"),
        currency_scale=1e9,
        mass_scale=1e6,
        groups=groups,
        source=source(results),
        simulated=results.sample.provenance.simulated,
        prefix=key,
    )


def settings(found: MarketResults, asked: MarketPart) -> Text:
    """Year, cap and bounds."""
    return Text(
        "{y} 年的企业；总量为当年 CO2 的 {c:.0f} %，每家企业在当前排放的 {a:.0f} % 与 {b:.0f} % 之间（自定）。",
        "Firms of {y}; cap {c:.0f} % of their CO2, each firm between {a:.0f} % and {b:.0f} % of its own (our choice).",
    ).format(y=found.year, c=100 * asked.cap_share, a=100 * asked.floor, b=100 * asked.ceiling)


def assumptions(found: AdoptionResults, asked: AdoptionPart) -> Text:
    """What the adoption policies assume and no data say."""
    return Text(
        "自定而无数据的设定（study.toml 的 [adoption]）：采用者为数字应用居前 {q:.0f} % 的企业（比其余高 {r:.4f}）；"
        "采用成本为产出的 {c:g} %；成本全部免除使采用的对数优势上升 {k:g}；基础设施至多承担成本的 {m:.0f} %。"
        "{y} 年 {n} 家企业，另有 {o} 家缺数字应用、规模、产出或 CO2。",
        "Set without data ([adoption] of study.toml): adopters are the {q:.0f} % of firms of highest digital use "
        "({r:.4f} above the others); adopting costs {c:g} % of output; paying all of it raises the log odds of "
        "adoption by {k:g}; infrastructure takes over at most {m:.0f} % of the cost. {n} firms of {y}; {o} more "
        "lack digital use, size, output or CO2.",
    ).format(
        q=100 * (1.0 - asked.adopter_quantile),
        r=found.rise,
        c=100 * asked.cost_share,
        k=asked.slope,
        m=100 * asked.reach,
        y=found.year,
        n=f"{found.firms:,}",
        o=f"{found.left_out:,}",
    )
