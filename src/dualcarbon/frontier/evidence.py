"""What the evidence of a fit allows one to say: every threshold in one place, every finding in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

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
NEAR_RANGE_WEAK_LOGS = 0.6
"""The same for translog programs, where it says less."""
NOISE_LEAST = 0.01
"""ln ratio of the pooled to the noise-corrected elasticity below which there is no noise to remove."""
NOISE_EXPLAINS = 0.5
"""Share of the way from the pooled to the noise-corrected elasticity that the instrumented one must have gone."""
HIDDEN_GAP = 0.2
"""ln ratio of the within-firm to the pooled elasticity, both without noise, above which firms differ for good."""
WITHIN_REACH = 0.75
"""Spread of s within firms given the other variables over sigma_u, below which within-firm slopes say nothing."""
RISK_WEAK = 0.12
"""`risk` above which a likelihood fit of a translog function is weakly identified."""
RISK_WEAK_PANEL, RISK_WEAK_LINEAR = 0.2, 0.25
"""The same for translog panel estimates and linear programs, whose distance from the likelihood counts beside it."""
LEVEL_APART_WEAK = 0.3
"""|ln ratio| of the median MAC of a panel estimate or linear program and of the likelihood fit to the same rows."""
TIED = 1e-6
"""Residual spread in logs below which output, CO2 and inputs are tied to each other by construction."""
INTENSITY_SPREAD = 5.0
"""p99 / p1 of b / y beyond which a quadratic fit is never identified."""
SIZE_SPREAD = 4.0
"""p99 / p1 of the first input beyond which a quadratic fit is never identified."""


_RISK = {"constant": -2.14, "hidden": 1.95, "noise": -1.14, "open": 0.89, "within": 4.30, "cone": 18.6, "kept": 2.60}
"""Logistic coefficients of `risk`, fitted to 1,880 simulated industries of known truth."""

Choice = Literal["pooled", "noise_removed", "within", "iv"]
"""Which estimate a group is priced by."""


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
    """Whether the leave-one-out instruments say that noise raises the pooled elasticity.

    With p, v, c the logs of the pooled, instrumented and noise-corrected elasticities: p - c >= 0.01 and
    p - v >= (p - c) / 2. Noise
    that is independent between years does not bias v; where v stays at p, the residual noise is no measurement error of
    the year, and removing it would be wrong. A lasting difference between firms lowers v as well: `hidden_gap` sees it.
    False where one of the three does not exist.
    """
    found = [levels[name].elasticity for name in ("pooled", "iv", "noise")]
    if not all(value > 0.0 for value in found):
        return False
    pooled, instrumented, corrected = (math.log(value) for value in found)
    noise = pooled - corrected
    return noise >= NOISE_LEAST and pooled - instrumented >= NOISE_EXPLAINS * noise


def hidden_gap(levels: Mapping[str, Level]) -> float:
    """ln of the within-firm over the pooled elasticity, each less what its own residuals say noise adds to it.

    Noise raises both, and the within-firm one more; without it they agree. A lasting carbon intensity that no column
    shows lowers the pooled one and leaves the other. NaN where one of the two does not exist.
    """
    pooled, within = (levels[name].elasticity if name in levels else math.nan for name in ("noise", "within_noise"))
    return math.log(within / pooled) if pooled > 0.0 and within > 0.0 else math.nan


def choose_level(levels: Mapping[str, Level], reach: float) -> Choice:
    """Which of the estimates of a group to price it by.

    within: the gap of `hidden_gap` exceeds 0.2 log points, and s moves within firms by at least 0.75 sigma_u, so that
    inefficiency that moves with s cannot make the gap. noise_removed: no such gap, and `noise_explains`. pooled: else.

    Parameters
    ----------
    levels : mapping
        pooled, noise (pooled less the bias of noise), within, within_noise, iv.
    reach : float
        Standard deviation of s within firms given the other variables, over sigma_u; NaN where not known.
    """
    if hidden_gap(levels) > HIDDEN_GAP and reach > WITHIN_REACH:
        return "within"
    return "noise_removed" if noise_explains(levels) else "pooled"


def risk(levels: Mapping[str, Level], violations: float, removed: bool) -> float:
    """Probability that the median MAC of a likelihood fit is off by more than 1.5 times, from what the fit can see.

    Of industries simulated with every trouble at random, those wrong by more than 1.5 against those right within 15 %
    are told apart by a logistic function of

    - ln ln(h / p): h the pooled elasticity p were all residual noise a hidden carbon intensity (Frisch's other bound);
    - ln ln(p / c) and, where noise was not removed, ln(p / c): c the same were it all measurement error;
    - ln |ln(c / v)|, v the instrumented one: what noise of the year leaves open;
    - |ln(w / p)|, w the within-firm one;
    - the share of rows off the monotone cone.

    With t = e / (1 + e) of each elasticity, q = (t_p - t_c)((1 - t_p)^2 + t_p^2) / (1 - 2 t_p) is the noise share of
    s, and ln(h / p) = ln(1 + q / t_p^2). An estimate that does not exist counts as far away.

    Parameters
    ----------
    levels : mapping
        pooled, noise, iv, within.
    violations : float
        Share of rows at which a slope leaves the cone before the projection.
    removed : bool
        Whether the noise was removed.
    """
    p, c, v, w = (levels[name].elasticity for name in ("pooled", "noise", "iv", "within"))
    if not p > 0.0:
        return 1.0
    noise = _between(math.log(p / c) if c > 0.0 else math.nan, 0.0, 3.0)
    score = (
        _RISK["constant"]
        + _RISK["hidden"] * math.log(max(_hidden_bound(p, c), 0.01))
        + _RISK["noise"] * math.log(max(noise, 0.01))
        + _RISK["open"] * math.log(_between(_apart(c, v), 0.02, 1.0))
        + _RISK["within"] * _between(_apart(w, p), 0.0, 1.0)
        + _RISK["cone"] * min(violations, 0.2)
        + _RISK["kept"] * (0.0 if removed else noise)
    )
    return 1.0 / (1.0 + math.exp(-score))


def _hidden_bound(p: float, c: float) -> float:
    """ln(h / p), within 0 and 5."""
    t, corrected = p / (1.0 + p), c / (1.0 + c) if c > 0.0 else 0.0
    share = max(t - corrected, 0.0) * ((1.0 - t) ** 2 + t**2) / max(1.0 - 2.0 * t, 0.05)
    return min(math.log1p(share / t**2), 5.0)


def _apart(first: float, second: float) -> float:
    return abs(math.log(first / second)) if first > 0.0 and second > 0.0 else math.nan


def _between(value: float, low: float, high: float) -> float:
    """NaN counts as high."""
    return high if math.isnan(value) else min(max(value, low), high)


def doubtful(probability: float, limit: float = RISK_WEAK) -> Finding | None:
    """The value of `risk`."""
    if probability <= limit:
        return None
    text = Text(
        "残差噪声若是测量误差或隐藏的碳强度，弹性将明显不同，面板证据不能判定：同类模拟行业中 MAC 中位数偏差超过 "
        "1.5 倍的可能性为 {p:.0f} %，超过 {l:.0f} %",
        "the elasticity would be another if the residual noise were measurement error or hidden carbon intensity, and "
        "the panel does not settle it: among simulated industries like this one the median MAC is off by more than 1.5 "
        "times with probability {p:.0f} %, more than {l:.0f} %",
    )
    return Finding("weakly_identified", text.format(p=100.0 * probability, l=100.0 * limit))


def hidden(choice: str, gap: float, taken: bool = True) -> Finding | None:
    """Whether changes within firms tell of a lasting carbon intensity; `taken`: whether the MAC comes from them."""
    if choice != "within":
        return None
    text = Text(
        "扣除噪声后，企业内弹性仍比合并弹性高 {g:.2f} 对数点，超过 {l}：企业间有长期存在而数据未记录的碳强度差异，{w}",
        "less noise, the within-firm elasticity is {g:.2f} log points above the pooled one, more than {l}: firms "
        "differ for good in a carbon intensity that no column shows, {w}",
    )
    used = Text("MAC 按企业内变动估计", "and the MAC is taken from changes within firms")
    missed = Text("本估计把它当作技术", "which this estimate takes for technology")
    return Finding("weakly_identified", text.format(g=gap, l=HIDDEN_GAP, w=used if taken else missed))


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


def one_ratio(ln_y: NDArray[np.float64], ln_b: NDArray[np.float64]) -> Finding | None:
    """Whether the outputs of an envelopment do not vary against each other: distances stand, prices say nothing.

    CO2 a multiple of output: the price is the ratio. Either of them the same at every row: it is a consequence of the
    assumption on disposability alone.
    """
    found = tied(float(np.std(ln_b - ln_y)))
    if found is not None:
        return Finding("weakly_identified", found.text)
    if min(float(np.std(ln_y)), float(np.std(ln_b))) > TIED:
        return None
    text = Text(
        "产出或排放在各观测间毫无差别，减排成本只由可处置性的假定决定",
        "output or CO2 is the same at every row: the cost of abatement follows from the assumption on disposability "
        "alone",
    )
    return Finding("weakly_identified", text)


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
    text = Text(
        "似然的搜索在达到容差之前停止（最大导数 {g:.1e}）",
        "the search for the largest likelihood ended before its tolerance (largest derivative {g:.1e})",
    )
    return Finding("weakly_identified", text.format(g=gradient))


def level_shift(log_ratio: float) -> Finding | None:
    """ln of the median MAC of the untreated over that of the screened data, for deterministic fits."""
    if abs(log_ratio) <= LEVEL_SHIFT_WEAK:
        return None
    text = Text(
        "剔除异常值前后 MAC 中位数相差 {r} 对数点，超过 {l}",
        "median MAC moves by {r} log points with the screen, more than {l}",
    )
    return Finding("weakly_identified", text.format(r=_points(abs(log_ratio)), l=LEVEL_SHIFT_WEAK))


def level_apart(log_ratio: float) -> Finding | None:
    """|ln ratio| of the median MAC of a fit and of the likelihood fit to its rows; NaN counts as apart."""
    if log_ratio <= LEVEL_APART_WEAK:
        return None
    text = Text(
        "MAC 中位数与同样各行上由证据选定的估计相差 {r:.2f} 对数点，超过 {l}",
        "the median MAC is {r:.2f} log points from that of the estimate which the evidence chooses on the same rows, "
        "more than {l}",
    )
    return Finding("weakly_identified", text.format(r=log_ratio, l=LEVEL_APART_WEAK))


def near_range(log_range: float, limit: float = NEAR_RANGE_WEAK) -> Finding | None:
    """ln range of the mean MAC over nearly optimal fits."""
    if log_range <= limit:
        return None
    text = Text(
        "目标值只差 1 % 的拟合间平均 MAC 相差 {r} 对数点，超过 {l}",
        "mean MAC ranges over {r} log points among fits within 1 % of the optimum, more than {l}",
    )
    return Finding("weakly_identified", text.format(r=_points(log_range), l=limit))


def _points(value: float) -> str:
    return f"{value:.2f}".replace("inf", "∞")


def spread(intensity: float, size: float) -> Finding | None:
    """p99 / p1 of b / y and of the first input, for models that are not made for firms of many sizes."""
    measured = (
        (Text("碳强度", "carbon intensity"), intensity, INTENSITY_SPREAD),
        (Text("首个投入", "the first input"), size, SIZE_SPREAD),
    )
    text = Text(
        "{w} p99/p1 为 {v}，超过本模型可用的 {l:.0f}",
        "p99/p1 of {w} is {v}, more than the {l:.0f} this model can carry",
    )
    beyond = [
        text.format(w=what, v=f"{value:.1f}" if value < 10.0 else f"{value:,.0f}", l=limit)
        for what, value, limit in measured
        if not value <= limit
    ]
    if not beyond:
        return None
    return Finding("weakly_identified", Text("，".join(t.zh for t in beyond), " and ".join(t.en for t in beyond)))


def judge(findings: Iterable[Finding | None]) -> tuple[Verdict, Text]:
    """The verdict, trivial before weakly_identified before identified, and all findings in words."""
    found = [f for f in findings if f is not None]
    if not found:
        return "identified", Text("各项证据均未越界", "no piece of evidence crosses its threshold")
    verdict: Verdict = "trivial" if any(f.verdict == "trivial" for f in found) else "weakly_identified"
    zh, en = (mark.join(f.text.get(lang) for f in found) for mark, lang in zip(("；", "; "), LANGUAGES, strict=True))
    return verdict, Text(zh, en)
