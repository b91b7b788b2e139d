"""Several attempts at one effect in one table and one forest plot; refused ones keep their reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from dualcarbon.core.errors import DualcarbonError
from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.text import Text
from dualcarbon.policy.design import Design
from dualcarbon.policy.evaluation import evaluate
from dualcarbon.policy.model import Estimator
from dualcarbon.policy.result import Effect
from dualcarbon.policy.words import (
    ERROR,
    ESTIMATE,
    OBSERVATIONS,
    P_VALUE,
    comparison_group,
    effect_on,
    number_form,
    reason,
    sentence,
    source,
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One row: an effect, or why there is none.

    Attributes
    ----------
    key : str
    label : Text
    comparison : Text
        Whom is compared with.
    effect : Effect or None
    refused : Text or None
    """

    key: str
    label: Text
    comparison: Text
    effect: Effect | None
    refused: Text | None


def attempt(
    key: str, label: Text, make: Callable[[], Design], sample: Design, estimator: Estimator, level: float
) -> Attempt:
    """The effect on the design that `make` gives, or the reason why there is none.

    Faults of the sample or the estimator become reasons, and so do numerical faults of the library behind it.
    """
    group = comparison_group(sample, estimator)
    try:
        return Attempt(key, label, group, evaluate(make(), estimator, level), None)
    except (DualcarbonError, ValueError, ArithmeticError) as error:
        return Attempt(key, label, group, None, reason(error))


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Attempts at one effect.

    Attributes
    ----------
    number, title, heading : Text
        Of the exhibits; what the rows are.
    attempts : tuple of Attempt
    sample : Design
        The design that the attempts start from.
    level : float
    notes : tuple of Text
    baseline : Effect or None
        Effect drawn as a dashed line.
    key : str
        Stem of the exhibits' keys.
    """

    number: Text
    title: Text
    heading: Text
    attempts: tuple[Attempt, ...]
    sample: Design
    level: float
    notes: tuple[Text, ...]
    key: str
    baseline: Effect | None = None

    @property
    def done(self) -> tuple[Attempt, ...]:
        """The attempts that gave an effect."""
        return tuple(a for a in self.attempts if a.effect is not None)

    @property
    def refused(self) -> tuple[Attempt, ...]:
        """The attempts that were refused."""
        return tuple(a for a in self.attempts if a.refused is not None)

    @property
    def frame(self) -> pl.DataFrame:
        """One row per attempt: key, label, estimate, se, low, high, p, pre_test_p, n, units, comparison, refused."""
        return pl.DataFrame([_record(a) for a in self.attempts], schema=_SCHEMA, orient="row")

    def table(self, key: str | None = None) -> Table:
        """All attempts, the refused ones with a dash and their reason in the notes."""
        percent = f"{100 * self.level:g}"
        headers = (
            Header("item", self.heading),
            Header("estimate", ESTIMATE),
            Header("se", ERROR),
            Header("low", Text("下限", "Lower"), group=Text("{l}% 区间", "{l} % interval").format(l=percent)),
            Header("high", Text("上限", "Upper"), group=Text("{l}% 区间", "{l} % interval").format(l=percent)),
            Header("p", P_VALUE),
            Header("pre_test_p", Text("平行趋势检验 p", "Pre-test p")),
            Header("n", OBSERVATIONS),
            Header("comparison", Text("比较组", "Comparison group")),
        )
        return Table(
            key=key or self.key,
            number=self.number,
            title=self.title,
            headers=headers,
            rows=tuple(_cells(a) for a in self.attempts),
            notes=(*self.notes, *self._reasons()),
            source=source(self.sample),
            simulated=self.sample.simulated,
            row_keys=tuple(a.key for a in self.attempts),
        )

    def figure(self, key: str | None = None) -> Figure:
        """Estimates with their intervals, one line per attempt; refused ones are named in the notes."""
        shown = [a.effect for a in self.done if a.effect is not None]
        limits = [effect.interval for effect in shown]
        marks = Series(
            Text("估计值与 {l}% 区间", "estimate and {l} % interval").format(l=f"{100 * self.level:g}"),
            tuple(effect.att for effect in shown),
            tuple(low for low, _ in limits),
            tuple(high for _, high in limits),
        )
        base = () if self.baseline is None else (self.baseline.att,)
        return Figure(
            key=key or f"figure_{self.key}",
            number=Text("{n}图", "{n}, figure").format(n=self.number),
            title=self.title,
            drawing=DotPlot(
                tuple(a.label for a in self.done),
                (marks,),
                Text("{e}（{l}% 区间）", "{e} ({l} % interval)").format(
                    e=effect_on(self.sample.asked.outcome), l=f"{100 * self.level:g}"
                ),
                references=(0.0, *base),
            ),
            notes=(*self.notes, *self._reasons()),
            source=source(self.sample),
            simulated=self.sample.simulated,
        )

    def _reasons(self) -> tuple[Text, ...]:
        return tuple(
            sentence(Text("未估计——{m}：{r}", "Refused – {m}: {r}").format(m=a.label, r=a.refused))
            for a in self.refused
        )

    def __repr__(self) -> str:
        lines = [f"{self.title.en}: {len(self.done)} of {len(self.attempts)}"]
        for a in self.attempts:
            said = f"refused, {a.refused.en}" if a.refused is not None else repr(a.effect).partition(": ")[2]
            lines.append(f"  {a.label.en}: {said}")
        return "\n".join(lines)


_SCHEMA = {
    "key": pl.String,
    "label_zh": pl.String,
    "label_en": pl.String,
    "estimate": pl.Float64,
    "se": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "p": pl.Float64,
    "pre_test_p": pl.Float64,
    "n": pl.Int64,
    "units": pl.Int64,
    "treated_units": pl.Int64,
    "comparison_zh": pl.String,
    "comparison_en": pl.String,
    "refused_zh": pl.String,
    "refused_en": pl.String,
}


def _record(a: Attempt) -> tuple[object, ...]:
    head = (a.key, a.label.zh, a.label.en)
    tail = (
        a.comparison.zh,
        a.comparison.en,
        a.refused.zh if a.refused else None,
        a.refused.en if a.refused else None,
    )
    if a.effect is None:
        return (*head, *(None,) * 9, *tail)
    e = a.effect
    pre = e.pre_test.p if e.pre_test is not None else None
    return (*head, e.att, e.se, *e.interval, e.p, pre, e.n, e.units, e.treated_units, *tail)


def _cells(a: Attempt) -> tuple[Cell, ...]:
    if a.effect is None:
        refused = Text("未估计，见注", "refused, see note")
        return (Cell(a.label), *(Cell(None) for _ in range(7)), Cell(refused))
    e = a.effect
    form = number_form(max(abs(e.att), e.se))
    low, high = e.interval
    pre = e.pre_test.p if e.pre_test is not None else None
    numbers = (Cell(e.att, form), Cell(e.se, form), Cell(low, form), Cell(high, form), Cell(e.p, ".4f"))
    return (Cell(a.label), *numbers, Cell(pre, ".4f"), Cell(e.n, ",d"), Cell(a.comparison))
