"""Numbers that nothing public can check, each with its reason."""

from __future__ import annotations

from dualcarbon.core.text import Text
from dualcarbon.footprint import break_even_efficiency
from dualcarbon.studies.cmri2024.claims.claim import Claim, Finding

_COMPUTE, _YEARS = 1e6, 10


def confidential(claim: Claim) -> Finding:
    """A result on the tax survey."""
    return Finding(
        None,
        Text(
            "出自全国税收调查的企业微观数据，数据保密，无从重算",
            "rests on the firm data of the national tax survey, which are confidential: it cannot be computed again",
        ),
    )


def no_source(claim: Claim) -> Finding:
    """A fact for which no public source is shipped."""
    return Finding(
        None,
        Text(
            "报告未注明出处，本系统未附可核对的公开来源",
            "the report names no source, and no public source that could check it is shipped",
        ),
    )


def forecast(claim: Claim) -> Finding:
    """A number of the future."""
    return Finding(
        None,
        Text(
            "《中国能源展望 2060》的情景值，属于未来，没有可比的统计",
            "a scenario of China Energy Outlook 2060: it lies in the future, there is no statistic to compare",
        ),
    )


def quotation(claim: Claim) -> Finding:
    """A figure of speech that is quoted."""
    return Finding(
        None, Text("引语中的比喻，没有可核对的量", "a figure of speech in a quotation: no quantity to check")
    )


def station_measured(claim: Claim) -> Finding:
    """The daily electricity of a station."""
    return Finding(
        None,
        Text(
            "中国铁塔的测度未公开；65 千瓦时/日相当于平均功率 {w} 瓦",
            "the measurement by China Tower is not public; it is a mean power of {w} W",
        ).format(w=_watts(claim)),
    )


def _watts(claim: Claim) -> int:
    return round(claim.printed * 1000.0 / 24.0)


def compute_growth(claim: Claim) -> Finding:
    """A million times the compute in ten years."""
    return Finding(
        None,
        Text(
            "企业家的预想，属于未来；十年一百万倍为每年 {g} 倍，能效需同样增长用电才不变",
            "an expectation of the future; a million times in ten years is {g} times a year, and efficiency would have "
            "to grow alike to hold energy flat",
        ).format(g=f"{break_even_efficiency(_COMPUTE, _YEARS):.2f}"),
    )
