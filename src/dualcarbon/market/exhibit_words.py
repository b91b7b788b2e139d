"""Labels, units and small cells that the exhibits of the market share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dualcarbon.core.text import Text, both
from dualcarbon.market.result import Market
from dualcarbon.market.words import RESPONSES, SCHEMES

GROUP = Text("组别", "Group")
ALL = Text("合计", "Total")
EVERY_FIRM_CUTS = Text("每家企业都做得到统一减排。", "Every firm can make the uniform cut.")
COMPUTED = Text("dualcarbon 计算", "computed by dualcarbon")

Unit = tuple[float, float, Text]
"""Values below the first number are printed in units of the second, called by the third."""

MASSES: tuple[Unit, ...] = (
    (1e7, 1.0, Text("吨", "t")),
    (1e10, 1e3, Text("千吨", "kt")),
    (math.inf, 1e6, Text("百万吨", "Mt")),
)
MONEY: tuple[Unit, ...] = (
    (1e8, 1.0, Text("元", "CNY")),
    (1e12, 1e6, Text("百万元", "CNY million")),
    (math.inf, 1e9, Text("十亿元", "CNY billion")),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What exhibits print beside the numbers.

    Attributes
    ----------
    currency, mass : Text
        Units of output and of CO2 in the table of firms.
    per_tonne : Text
        Unit of prices, which are printed unscaled.
    currency_scale, mass_scale : float
        One printed unit is this many units of the table.
    groups : mapping of a group's value to its label
    source : Text
    simulated : bool
    prefix : str
        Of the keys, so that several markets can lie in one folder.
    """

    currency: Text = field(default_factory=lambda: Text("元", "CNY"))
    mass: Text = field(default_factory=lambda: Text("吨", "t"))
    per_tonne: Text = field(default_factory=lambda: Text("元/吨", "CNY/t"))
    currency_scale: float = 1.0
    mass_scale: float = 1.0
    groups: Mapping[object, Text] = field(default_factory=dict)
    source: Text = COMPUTED
    simulated: bool = False
    prefix: str = "market"

    def group(self, value: object) -> Text:
        """The label of a group."""
        found = self.groups.get(value)
        return found if found is not None else both(str(value)) if value is not None else Text("未分组", "none")

    def key(self, name: str) -> str:
        """The stem of a file."""
        return f"{self.prefix}_{name}" if self.prefix else name


DEFAULT = Frame()


def unit_of(units: tuple[Unit, ...], values: Iterable[float]) -> tuple[float, Text]:
    """Scale and name of the unit in which the largest of the values is short."""
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    return next((scale, name) for most, scale, name in units if largest < most)


def scheme_text(market: Market) -> Text:
    """Scheme and response in one phrase."""
    return Text("{s}，{r}响应", "{s}, {r} response").format(s=SCHEMES[market.scheme], r=RESPONSES[market.response])


def said(market: Market) -> tuple[Text, ...]:
    """What stands below every exhibit of a market: firms at bounds, and the notes, which count the firms left out."""
    one = market.summary.row(0, named=True)
    bounds = Text(
        "{s}。有价格的 {n} 家企业中，内点 {i}，处于排放下限 {f}，处于上限 {c}。",
        "{s}. Of {n} firms with a price {i} are interior, {f} at their lowest and {c} at their highest emissions.",
    ).format(
        s=scheme_text(market),
        n=f"{one['firms']:,}",
        i=percent(one["share_interior"]),
        f=percent(one["share_at_floor"]),
        c=percent(one["share_at_ceiling"]),
    )
    return (bounds, *(ended(note) for note in market.notes))


def cut_missed(uniform: Market, target: float) -> tuple[Text, ...]:
    """That some firms cannot make the uniform cut, so that it ends above the emissions it is compared at."""
    missed = int((uniform.table["state"] == "infeasible").sum())
    if not missed:
        return ()
    above = float(uniform.summary["emissions"][0]) / target - 1.0
    return (
        Text(
            "{n} 家企业做不到统一减排，只减到能减之处：统一减排的排放因此高出 {a:.2g} %，其成本被低估。",
            "{n} firms cannot make the uniform cut and stop where they can: its emissions are {a:.2g} % too high, and "
            "its cost is understated.",
        ).format(n=f"{missed:,}", a=100.0 * above),
    )


def ended(text: Text) -> Text:
    """The phrase as a sentence."""
    zh = text.zh if text.zh.endswith(("。", "；")) else f"{text.zh}。"
    en = text.en if text.en.endswith(".") else f"{text.en}."
    return Text(zh, en[0].upper() + en[1:])


def percent(share: float) -> str:
    """A share in percent."""
    return "–" if math.isnan(share) else f"{100.0 * share:.1f} %"


def form_of(values: Iterable[float]) -> str:
    """Digits that the values need: fewer for large ones."""
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    return ",.0f" if largest >= 1e4 else ",.1f" if largest >= 100.0 else ",.2f" if largest >= 1.0 else ".4f"
