"""What may be concluded, said from the numbers alone."""

from __future__ import annotations

from dualcarbon.core.text import Text
from dualcarbon.policy.checks.side_by_side import Attempt
from dualcarbon.policy.result import Effect
from dualcarbon.policy.words import number_form
from dualcarbon.studies.broadband_china.analysis import Checked, Estimated

SIZE = 0.05
"""Size of the tests the verdict rests on."""

ALL_BEFORE = ("imputation", "two_stage", "twfe", "matched")
"""Estimators that compare with all periods before treatment."""

LAST_BEFORE = ("callaway_santanna", "sun_abraham", "event_study", "stacked")
"""Estimators that compare with the last period before treatment."""


def verdict(found: Estimated, checked: Checked) -> tuple[Text, ...]:
    """One sentence per piece of evidence, and what they come to.

    The effect counts as shown where the main estimate differs from zero at 5 %, neither the joint pre-test nor any
    earlier dating rejects, and at least one bound of `honest` above zero leaves zero out. An effect that is not shown
    is not shown to be zero: the interval is said with it.
    """
    doubts = _doubts(found, checked)
    return (*doubts, *_disagreement(found.compared.done), _conclusion(found.main, bool(doubts)))


def _conclusion(main: Effect, doubted: bool) -> Text:
    if main.p >= SIZE:
        last = Text(
            "结论：这些数据没有显示政策改变了城市碳排放；{l} 至 {h} 之间的效应都未被排除。",
            "Conclusion: these data do not show that the policy changed city CO2; effects from {l} to {h} are not "
            "ruled out.",
        )
        if doubted:
            last = Text(
                last.zh + "识别假定受到质疑，这一区间和其他方法的显著结果都不能读作因果效应。",
                last.en + " What identifies the effect is in doubt, so neither this interval nor significant results "
                "of other estimators can be read as causal.",
            )
    elif doubted:
        last = Text(
            "结论：估计值显著{s}，但识别假定受到质疑，不能读作因果效应。",
            "Conclusion: the estimate is significantly {s} zero, but what identifies it is in doubt; it cannot be read "
            "as causal.",
        )
    else:
        last = Text(
            "结论：效应显著{s}，平行趋势未被否定（未被否定不等于成立）。",
            "Conclusion: the effect is significantly {s} zero and parallel trends are not rejected, which does not "
            "prove them.",
        )
    form = number_form(max(map(abs, main.interval)))
    low, high = (format(limit, form).replace("-", "−") for limit in main.interval)
    return last.format(l=low, h=high, s=Text("为负", "below") if main.att < 0 else Text("为正", "above"))


def _doubts(found: Estimated, checked: Checked) -> tuple[Text, ...]:
    said = []
    test = found.main.pre_test
    if test is not None and test.p < SIZE:
        said.append(
            Text(
                "处理前各期效应的联合检验拒绝平行趋势（p = {p}）。",
                "The joint test of effects before treatment rejects parallel trends (p = {p}).",
            ).format(p=f"{test.p:.3f}")
        )
    dated = [a.effect for a in checked.in_time.done if a.key != "true" and a.effect is not None]
    early = [effect for effect in dated if effect.p < SIZE]
    if early:
        said.append(
            Text(
                "把处理时点提前后，在尚未处理的数据中也出现“效应”（{k} 种提前中有 {n} 种 p < 0.05）。",
                'Dated earlier, an "effect" appears in untreated data too ({n} of {k} earlier datings have p < 0.05).',
            ).format(k=len(dated), n=len(early))
        )
    if found.main.p < SIZE and all(honest.breakdown <= 0 for honest in found.honest):
        said.append(
            Text(
                "只要允许趋势有任何差异，稳健区间就包含零。",
                "As soon as trends may differ at all, robust intervals hold zero.",
            )
        )
    return tuple(said)


def _disagreement(done: tuple[Attempt, ...]) -> tuple[Text, ...]:
    """That estimators of one sample disagree in what a reader would conclude, and whether their base explains it."""
    sides: dict[Text, list[Attempt]] = {
        Text("显著为负：", "significantly below zero by"): [],
        Text("显著为正：", "significantly above zero by"): [],
        Text("不显著：", "not significant by"): [],
    }
    below, above, neither = sides
    for a in done:
        if a.effect is not None:
            side = neither if a.effect.p >= SIZE else below if a.effect.att < 0 else above
            sides[side].append(a)
    held = {side: rows for side, rows in sides.items() if rows}
    if len(held) < 2:
        return ()
    parts = [Text("{s}{l}", "{s} {l}").format(s=side, l=_listed(rows)) for side, rows in held.items()]
    what = Text("；".join(p.zh for p in parts), "; ".join(p.en for p in parts))
    said = Text(
        "同一样本上各方法不一致（5% 水平）：{w}。", "On one sample the estimators disagree at 5 %: {w}."
    ).format(w=what)
    return (said, _BASE) if _parted_by_base(list(held.values())) else (said,)


_BASE = Text(
    "以全部处理前时期为基准的方法在一边，以处理前一期为基准的在另一边：处理前趋势不同时二者会分离。",
    "Estimators that compare with all periods before treatment are on one side, those that compare with the last one "
    "on the other: they part where trends differ before treatment.",
)


def _parted_by_base(sides: list[list[Attempt]]) -> bool:
    """Whether no side holds estimators of both bases, and both bases occur."""
    bases = [{base for a in rows for base in (ALL_BEFORE, LAST_BEFORE) if a.key in base} for rows in sides]
    return all(len(held) < 2 for held in bases) and len(set().union(*bases)) == 2


def _listed(rows: list[Attempt]) -> Text:
    return Text("、".join(a.label.zh for a in rows), ", ".join(a.label.en for a in rows))
