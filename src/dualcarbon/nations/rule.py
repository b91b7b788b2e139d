"""What counts as a peak: the rule in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both

STATUSES = {
    "peaked": Text("已达峰", "peaked"),
    "plateau": Text("高位徘徊", "on a plateau"),
    "returned": Text("回升超过峰值", "rose above it again"),
    "too_early": Text("为时尚早", "too early to say"),
    "rising": Text("未达峰（末年最高）", "not peaked (last year highest)"),
    "too_short": Text("序列太短", "series too short"),
    "gaps": Text("中间缺年", "years missing"),
    "no_emissions": Text("无排放", "no emissions"),
}
"""Every verdict on a country; each gets exactly one."""


@dataclass(frozen=True, slots=True)
class PeakRule:
    """When a country counts as peaked, and when its peak year counts as robust.

    Attributes
    ----------
    smooth : int, odd
        Years of the centred moving mean whose highest year is the peak; 1 takes the series as it is.
    decline : int
        Observed years that must follow the peak.
    margin : float
        Share of the peak: from `decline` years after it on, emissions must stay below it by more than this; and the
        runner-up year must lie below it by more than this for the year to count as robust.
    windows : tuple of int, odd
        Moving means whose highest year must lie within half a window of the peak for it to count as robust.
    since : int or None
        First year looked at.

    Raises
    ------
    ConfigError
        If a window is no odd number above zero, `decline` no whole number above zero, or `margin` not in [0, 1),
        or `since` no whole number.
    """

    smooth: int = 1
    decline: int = 5
    margin: float = 0.005
    windows: tuple[int, ...] = (1, 3, 5)
    since: int | None = None

    def __post_init__(self) -> None:
        widths = (self.smooth, *self.windows)
        whole = (*widths, self.decline, *(() if self.since is None else (self.since,)))
        numbers = all(isinstance(n, Integral) for n in whole) and isinstance(self.margin, Real)
        if not numbers or min(*widths, self.decline) < 1 or any(w % 2 == 0 for w in widths) or not 0 <= self.margin < 1:
            raise ConfigError(
                Text("达峰规则不成立", "the peak rule cannot be used"),
                expected=Text(
                    "smooth 与 windows 为正奇数，decline 为不小于 1 的整数，margin 在 [0, 1) 内，since 为整数",
                    "smooth and windows odd and positive, decline from 1 on, margin in [0, 1), since a whole year",
                ),
                found=both(repr(self)),
                remedy=Text("改正规则中的数", "correct the numbers of the rule"),
            )

    @property
    def words(self) -> Text:
        """The rule as a sentence."""
        series = (
            Text("排放序列", "of the series")
            if self.smooth == 1
            else Text("{n} 年中心移动平均", "of the centred mean over {n} years").format(n=self.smooth)
        )
        return Text(
            "峰值年为{s}最高的一年，其后至少有 {d} 年数据，排放不再超过峰值，且 {d} 年后始终低于峰值 {m}% 以上；"
            "若 {w} 年移动平均的最高年与之相差不超过半个窗口，且次高年低 {m}% 以上，则该年稳健。",
            "The peak is the highest year {s}; at least {d} years follow, emissions never return above it, and from "
            "{d} years on they stay more than {m} % below. The year is robust if means over {w} years peak "
            "within half a window of it and the runner-up year lies more than {m} % lower.",
        ).format(
            s=series,
            d=self.decline,
            m=f"{100 * self.margin:g}",
            w=Text("、".join(map(str, self.windows)), ", ".join(map(str, self.windows))),
        )
