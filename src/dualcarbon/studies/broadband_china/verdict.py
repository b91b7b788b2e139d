"""What may be concluded, said from the numbers alone."""

from __future__ import annotations

from dualcarbon.core.text import Text
from dualcarbon.studies.broadband_china.analysis import Checked, Estimated

SIZE = 0.05
"""Size of the tests the verdict rests on."""


def verdict(found: Estimated, checked: Checked) -> tuple[Text, ...]:
    """One sentence per piece of evidence, and what they come to.

    The effect counts as shown where the main estimate differs from zero at 5 %, neither the joint pre-test nor any
    earlier dating rejects, and at least one bound of `honest` above zero leaves zero out.
    """
    doubts = _doubts(found, checked)
    if found.main.p >= SIZE:
        last = Text(
            "结论：这些数据没有显示政策改变了城市碳排放。",
            "Conclusion: these data do not show that the policy changed city CO2.",
        )
    elif doubts:
        last = Text(
            "结论：估计值显著，但识别假定受到质疑，不能读作因果效应。",
            "Conclusion: the estimate is significant, but what identifies it is in doubt; it cannot be read as causal.",
        )
    else:
        last = Text(
            "结论：效应显著，平行趋势未被否定。",
            "Conclusion: the effect is significant and parallel trends are not rejected.",
        )
    return (*doubts, *_disagreement(found), last)


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
    early = [a for a in checked.in_time.done if a.key != "true" and a.effect is not None and a.effect.p < SIZE]
    if early:
        said.append(
            Text(
                "把处理时点提前后，在尚未处理的数据中也出现“效应”（{k} 种提前中有 {n} 种 p < 0.05）。",
                'Dated earlier, an "effect" appears in untreated data too ({n} of {k} earlier datings have p < 0.05).',
            ).format(k=len(checked.in_time.attempts) - 1, n=len(early))
        )
    if found.main.p < SIZE and all(honest.breakdown <= 0 for honest in found.honest):
        said.append(
            Text(
                "只要允许趋势有任何差异，稳健区间就包含零。",
                "As soon as trends may differ at all, robust intervals hold zero.",
            )
        )
    return tuple(said)


def _disagreement(found: Estimated) -> tuple[Text, ...]:
    """That estimators of one sample disagree in what a reader would conclude."""
    done = [a.effect for a in found.compared.done if a.effect is not None]
    yes = [effect.label for effect in done if effect.p < SIZE]
    no = [effect.label for effect in done if effect.p >= SIZE]
    if not yes or not no:
        return ()
    return (
        Text(
            "同一样本上各方法不一致：在 5% 水平显著的有 {y}；不显著的有 {n}。前者以全部处理前时期为基准，"
            "后者多以处理前一年为基准；处理前趋势不同时二者会分离。",
            "On one sample the estimators disagree: significant at 5 % by {y}; not by {n}. The former compare with all "
            "periods before treatment, most of the latter with the year before; they part where trends differ before.",
        ).format(y=_listed(yes), n=_listed(no)),
    )


def _listed(labels: list[Text]) -> Text:
    return Text("、".join(label.zh for label in labels), ", ".join(label.en for label in labels))
