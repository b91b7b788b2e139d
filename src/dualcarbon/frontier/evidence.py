"""What the evidence of a fit allows one to say: every threshold in one place, every finding in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from dualcarbon.core.text import LANGUAGES, Text

Verdict = Literal["identified", "weakly_identified", "trivial", "too_few"]

ROOM_TRIVIAL = 0.6
"""Share of the group's CO2 that would be inefficiency; above it the frontier is not a frontier of these firms."""
ROOM_WEAK = 0.3
BRACKET_WEAK = 0.35
"""Largest |ln ratio| between the median elasticities of estimators that fail in different ways."""
LEVEL_SHIFT_WEAK = 0.1
"""|ln(median MAC untreated / screened)| of a deterministic fit."""
NEAR_RANGE_WEAK = 0.4
"""ln range of the mean MAC over fits whose objective is at most 1 % worse."""
NOISE_EXPLAINS = 0.5
"""Share of the gap between pooled and instrumented elasticities that may stay open if noise is to be its cause."""
TIED = 1e-6
"""Residual spread in logs below which output, CO2 and inputs are tied to each other by construction."""
INTENSITY_SPREAD = 5.0
"""p99 / p1 of b / y beyond which a quadratic fit is never identified."""
SIZE_SPREAD = 4.0
"""p99 / p1 of the first input beyond which a quadratic fit is never identified."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A piece of evidence that crosses its threshold, and the verdict it leads to."""

    verdict: Verdict
    text: Text


@dataclass(frozen=True, slots=True)
class Level:
    """Median elasticity d ln y / d ln b and median MAC of a group under one estimator; NaN where it has none."""

    elasticity: float
    mac: float


def noise_explains(levels: Mapping[str, Level]) -> bool:
    """Whether measurement noise is what parts the pooled from the leave-one-out instrumented elasticity.

    With p, v, c the logs of the pooled, instrumented and noise-corrected elasticities: |c - v| <= |p - v| / 2. Noise
    that is independent between years does not bias v, so a correction of the right size closes the gap; a lasting
    difference between firms biases p and v alike and differently from noise, and the correction leaves the gap open.
    False where one of the three does not exist.
    """
    found = [levels[name].elasticity for name in ("pooled", "iv", "noise")]
    if not all(value > 0.0 for value in found):
        return False
    pooled, instrumented, corrected = (math.log(value) for value in found)
    return abs(corrected - instrumented) <= NOISE_EXPLAINS * abs(pooled - instrumented)


def room(aggregate: float, weak: float = ROOM_WEAK, trivial: float = ROOM_TRIVIAL) -> Finding | None:
    """The CO2-weighted share of emissions that is inefficiency; NaN counts as trivial."""
    if aggregate <= min(weak, trivial):
        return None
    refused = not aggregate <= trivial
    text = Text("全组减排空间 {r:.3g} 超过 {l}", "aggregate abatement room {r:.3g} exceeds {l}")
    words = text.format(r=aggregate, l=trivial if refused else weak)
    return Finding("trivial" if refused else "weakly_identified", words)


def bracket(spread: float) -> Finding | None:
    """The range of the median elasticity over pooled, within-firm and leave-one-out estimators; NaN: not available."""
    if math.isnan(spread):
        return Finding(
            "weakly_identified",
            Text(
                "企业内与留一工具变量估计不可得（观测到两年以上的企业太少，或企业内几乎没有变动），合并估计无从核对",
                "within-firm and leave-one-out estimates are not available (too few firms seen twice, or too little "
                "change within firms), so nothing checks the pooled one",
            ),
        )
    if spread > BRACKET_WEAK:
        text = Text(
            "合并、企业内、留一工具变量三种弹性相差 {r:.2f} 对数点，超过 {l}",
            "pooled, within-firm and leave-one-out elasticities differ by {r:.2f} log points, more than {l}",
        )
        return Finding("weakly_identified", text.format(r=spread, l=BRACKET_WEAK))
    return None


def few(rows: float, wanted: int) -> Finding | None:
    """Fewer rows than the rule of thumb of a nonparametric frontier, three per input and output."""
    if rows >= wanted:
        return None
    text = Text(
        "只有 {n} 个观测，少于每种投入、产出三个（{w}）：多数观测只因没有可比者而有效",
        "{n} observations, fewer than three per input and output ({w}): most are efficient for want of peers",
    )
    return Finding("weakly_identified", text.format(n=int(rows), w=wanted))


def tied(residual_spread: float) -> Finding | None:
    """Whether the fit is exact, as where CO2 was imputed as a multiple of output."""
    if residual_spread > TIED:
        return None
    text = Text(
        "产出、排放与投入之间是恒等关系（残差近于零），排放可能由产出推算而来，数据不含减排成本的信息",
        "output, CO2 and inputs are tied exactly (no residual), as where CO2 was imputed from output: the data say "
        "nothing about the cost of abatement",
    )
    return Finding("trivial", text)


def skew(value: float) -> Finding | None:
    """The skewness of the least-squares residuals, which inefficiency makes positive."""
    if value > 0.0:
        return None
    text = Text(
        "残差偏度 {s:.2f} 不为正，似然在无效率为零处最大",
        "residual skewness {s:.2f} is not positive: the likelihood is largest at zero inefficiency",
    )
    return Finding("weakly_identified", text.format(s=value))


def convergence(converged: bool, gradient: float) -> Finding | None:
    """Whether the optimiser reached its tolerance."""
    if converged:
        return None
    text = Text("似然未收敛（梯度 {g:.1e}）", "the likelihood did not converge (gradient {g:.1e})")
    return Finding("weakly_identified", text.format(g=gradient))


def level_shift(log_ratio: float) -> Finding | None:
    """ln of the median MAC of the untreated over that of the screened data, for deterministic fits."""
    if abs(log_ratio) <= LEVEL_SHIFT_WEAK:
        return None
    text = Text(
        "剔除异常值前后 MAC 中位数相差 {r:.2f} 对数点，超过 {l}",
        "median MAC moves by {r:.2f} log points with the screen, more than {l}",
    )
    return Finding("weakly_identified", text.format(r=abs(log_ratio), l=LEVEL_SHIFT_WEAK))


def near_range(log_range: float) -> Finding | None:
    """ln range of the mean MAC over nearly optimal fits."""
    if log_range <= NEAR_RANGE_WEAK:
        return None
    text = Text(
        "目标值只差 1 % 的拟合间平均 MAC 相差 {r:.2f} 对数点，超过 {l}",
        "mean MAC ranges over {r:.2f} log points among fits within 1 % of the optimum, more than {l}",
    )
    return Finding("weakly_identified", text.format(r=log_range, l=NEAR_RANGE_WEAK))


def spread(intensity: float, size: float) -> Finding | None:
    """p99 / p1 of b / y and of the first input, for models that are not made for firms of many sizes."""
    if intensity <= INTENSITY_SPREAD and size <= SIZE_SPREAD:
        return None
    text = Text(
        "碳强度 p99/p1 为 {i:.0f}、首个投入 p99/p1 为 {s:.0f}，超出本模型可用的 {a:.0f} 与 {b:.0f}",
        "carbon intensity p99/p1 is {i:.0f} and that of the first input {s:.0f}, beyond the {a:.0f} and {b:.0f} "
        "this model can carry",
    )
    return Finding("weakly_identified", text.format(i=intensity, s=size, a=INTENSITY_SPREAD, b=SIZE_SPREAD))


def judge(findings: Iterable[Finding | None]) -> tuple[Verdict, Text]:
    """The verdict, trivial before weakly_identified before identified, and all findings in words."""
    found = [f for f in findings if f is not None]
    if not found:
        return "identified", Text("各项证据均未越界", "no piece of evidence crosses its threshold")
    verdict: Verdict = "trivial" if any(f.verdict == "trivial" for f in found) else "weakly_identified"
    zh, en = (mark.join(f.text.get(lang) for f in found) for mark, lang in zip(("；", "; "), LANGUAGES, strict=True))
    return verdict, Text(zh, en)
