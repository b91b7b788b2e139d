"""What the diagnostics of instruments hand over, and their table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both

Shape = Literal["interval", "disjoint", "unbounded", "whole", "empty"]

_SHAPES: dict[str, Text] = {
    "interval": Text("有界区间", "a bounded interval"),
    "disjoint": Text("若干不相连的部分", "disjoint parts"),
    "unbounded": Text("一端无界", "unbounded on one side"),
    "whole": Text("整条实线：工具变量没有信息", "the whole line: the instruments carry no information"),
    "empty": Text(
        "空集：任何取值都被拒绝，过度识别约束不成立", "empty: every value is rejected, the instruments disagree"
    ),
}


@dataclass(frozen=True, slots=True)
class Test:
    """A statistic, its distribution (F with `df1`, `df2`; chi-squared with `df1` where `df2` is None) and p value."""

    statistic: float
    df1: int
    df2: float | None
    p: float


def f_test(statistic: float, df1: int, df2: float) -> Test:
    """An F statistic with its p value."""
    from scipy.stats import f

    return Test(statistic, df1, df2, float(f.sf(statistic, df1, df2)))


def chi_squared(statistic: float, df: int) -> Test:
    """A chi-squared statistic with its p value."""
    from scipy.stats import chi2

    return Test(statistic, df, None, float(chi2.sf(statistic, df)))


@dataclass(frozen=True, slots=True)
class FirstStage:
    """First stage of one endogenous regressor.

    Attributes
    ----------
    estimate : Estimate
        On instruments, then exogenous regressors; `depvar` is the endogenous regressor.
    f : Test
        Of all instruments.
    partial_r2 : float
        Share of its variation, beyond effects and exogenous regressors, that the instruments explain.
    """

    estimate: Estimate
    f: Test
    partial_r2: float


@dataclass(frozen=True, slots=True)
class AndersonRubin:
    """A test that holds however weak the instruments are.

    Attributes
    ----------
    test : Test
        Of all endogenous coefficients being 0.
    level : float
    intervals : tuple of (low, high), or None
        Values of the one endogenous coefficient not rejected at `level`, in order; ends may be infinite; none if every
        value is rejected. None with several endogenous regressors.
    """

    test: Test
    level: float
    intervals: tuple[tuple[float, float], ...] | None

    @property
    def shape(self) -> Shape | None:
        """What the set looks like."""
        if self.intervals is None:
            return None
        if not self.intervals:
            return "empty"
        low, high = self.intervals[0][0], self.intervals[-1][1]
        if len(self.intervals) > 1:
            return "disjoint"
        if low == float("-inf") and high == float("inf"):
            return "whole"
        return "unbounded" if low == float("-inf") or high == float("inf") else "interval"


@dataclass(frozen=True, slots=True)
class EffectiveF:
    """Effective F statistic and the values it exceeds with 5 % chance at most, by share of the worst-case bias.

    `critical` is for the bias of two-stage least squares, which is 0 with two instruments and equal error variances;
    `conservative` holds whatever the errors are, and is the same with one instrument.
    """

    statistic: float
    critical: Mapping[float, float]
    conservative: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class InstrumentDiagnostics:
    """What can be said about the instruments of a regression; see `dualcarbon.effects.instruments`.

    Attributes
    ----------
    estimate : Estimate
        Two-stage least squares.
    first_stages : tuple of FirstStage, m
    cragg_donald : float
        In F form; for iid errors only.
    kleibergen_paap : Test
        rk Wald statistic over the number of instruments; p of underidentification from F(l - m + 1, df).
    anderson_rubin : AndersonRubin
    effective_f : EffectiveF or None
        None with several endogenous regressors.
    overidentification : Test or None
        Sargan (iid) or Hansen J; None where exactly identified.
    wu_hausman : Test
        Of the endogenous regressors being exogenous.
    source : Text
    simulated : bool
    """

    estimate: Estimate
    first_stages: tuple[FirstStage, ...]
    cragg_donald: float
    kleibergen_paap: Test
    anderson_rubin: AndersonRubin
    effective_f: EffectiveF | None
    overidentification: Test | None
    wu_hausman: Test
    source: Text
    simulated: bool

    @property
    def notes(self) -> tuple[Text, ...]:
        """What the statistics say in words: weak instruments, the shape of the confidence set, disagreement."""
        found = []
        strength = self.effective_f
        if strength is not None and strength.statistic < strength.conservative[0.10]:
            found.append(
                Text(
                    "有效 F 为 {f}，低于 10% 偏误的临界值 {c}：工具变量弱，用 Anderson-Rubin 置信集",
                    "effective F {f} is below {c}, the value for a bias of 10 %: weak, use the Anderson-Rubin set",
                ).format(f=f"{strength.statistic:.2f}", c=f"{strength.conservative[0.10]:.2f}")
            )
        shape = self.anderson_rubin.shape
        if shape is not None:
            found.append(Text("Anderson-Rubin 置信集：{s}", "Anderson-Rubin set: {s}").format(s=_SHAPES[shape]))
        else:
            found.append(
                Text(
                    "有多个内生变量：不给出 Anderson-Rubin 置信集与有效 F",
                    "several endogenous regressors: no Anderson-Rubin set and no effective F",
                )
            )
        return (*found, *self.estimate.notes)

    def table(self, number: Text | None = None) -> Table:
        """The statistics as a three-line table."""
        headers = (
            Header("statistic", Text("统计量", "Statistic")),
            Header("value", Text("值", "Value")),
            Header("df", Text("自由度", "df")),
            Header("p", Text("p 值", "p value")),
        )
        rows = [
            _test_row(Text("第一阶段 F：{d}", "First-stage F: {d}"), each.estimate.depvar, each.f)
            for each in self.first_stages
        ]
        rows.append(_row(both("Cragg-Donald F"), self.cragg_donald))
        rows.append(_test_row(both("Kleibergen-Paap rk Wald F"), "", self.kleibergen_paap))
        rows.extend(self._effective_rows())
        rows.append(
            _test_row(
                Text("Anderson-Rubin F（系数为 0）", "Anderson-Rubin F (coefficient 0)"), "", self.anderson_rubin.test
            )
        )
        rows.extend(self._set_row())
        if self.overidentification is not None:
            rows.append(
                _test_row(
                    Text("过度识别（Sargan / Hansen J）", "Overidentification (Sargan / Hansen J)"),
                    "",
                    self.overidentification,
                )
            )
        rows.append(_test_row(Text("Wu-Hausman F（外生性）", "Wu-Hausman F (exogeneity)"), "", self.wu_hausman))
        title = Text("工具变量诊断：{y}", "Diagnostics of the instruments: {y}").format(y=self.estimate.depvar)
        told = Text("N = {n}；{e}；{r}。", "N = {n}; {e}; {r}.").format(
            n=f"{self.estimate.n:,}", e=self.estimate.estimator, r=self.estimate.rule
        )
        where = number or Text("表", "Table")
        return Table(
            "table_instruments", where, title, headers, tuple(rows), (told, *self.notes), self.source, self.simulated
        )

    def _effective_rows(self) -> list[tuple[Cell, ...]]:
        if self.effective_f is None:
            return []
        rows = [
            _row(
                Text("有效 F（Montiel Olea-Pflueger）", "Effective F (Montiel Olea-Pflueger)"),
                self.effective_f.statistic,
            )
        ]
        kinds = (
            (Text("临界值，偏误 {b}", "critical value, bias {b}"), self.effective_f.critical),
            (Text("保守临界值，偏误 {b}", "conservative critical value, bias {b}"), self.effective_f.conservative),
        )
        for label, values in kinds:
            rows.extend(_row(label.format(b=f"{100 * bias:.0f} %"), value) for bias, value in values.items())
        return rows

    def _set_row(self) -> list[tuple[Cell, ...]]:
        if self.anderson_rubin.intervals is None:
            return []
        parts = [f"[{low:.4g}, {high:.4g}]" for low, high in self.anderson_rubin.intervals]
        label = Text("Anderson-Rubin {l} 置信集", "Anderson-Rubin {l} set").format(
            l=f"{100 * self.anderson_rubin.level:g} %"
        )
        return [(Cell(label), Cell(" ∪ ".join(parts) or "∅"), Cell(None), Cell(None))]

    def __repr__(self) -> str:
        first = ", ".join(f"{each.estimate.depvar} F {each.f.statistic:.2f}" for each in self.first_stages)
        strength = "" if self.effective_f is None else f"; effective F {self.effective_f.statistic:.2f}"
        return (
            f"InstrumentDiagnostics({first}; Cragg-Donald {self.cragg_donald:.2f}; "
            f"Kleibergen-Paap {self.kleibergen_paap.statistic:.2f}{strength}; "
            f"Anderson-Rubin p {self.anderson_rubin.test.p:.4f}, set {self.anderson_rubin.intervals})"
        )


def _row(label: Text, value: float) -> tuple[Cell, ...]:
    return (Cell(label), Cell(value, ",.3f"), Cell(None), Cell(None))


def _test_row(label: Text, name: str, test: Test) -> tuple[Cell, ...]:
    df = f"{test.df1}" if test.df2 is None else f"{test.df1}, {test.df2:g}"
    return (Cell(label.format(d=name)), Cell(test.statistic, ",.3f"), Cell(df), Cell(test.p, ".4f"))
