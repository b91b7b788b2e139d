"""What a comparison of groups gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Cell, Figure, Table
from dualcarbon.core.panel import Provenance
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text
from dualcarbon.effects.exhibits import coefficient_plot, regression_table
from dualcarbon.effects.words import number_form
from dualcarbon.kernels.resampling import permutation_p

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Equality:
    """A test that the coefficients of all groups are equal.

    Attributes
    ----------
    difference, se : (g - 1,)
        Each group's coefficient less that of the first group, and its standard error; read-only.
    statistic : float
        F, or chi-square where `df2` is None.
    df1 : int
    df2 : float or None
    p : float
    """

    difference: Floats
    se: Floats
    statistic: float
    df1: int
    df2: float | None
    p: float

    @classmethod
    def of(cls, coef: Floats, vcov: Floats, df: float | None) -> Equality:
        """The Wald test of coefficients, (g,), with their covariance, (g, g)."""
        from scipy.stats import chi2, f

        contrast = np.column_stack([-np.ones(len(coef) - 1), np.eye(len(coef) - 1)])
        difference, spread = contrast @ coef, contrast @ vcov @ contrast.T
        wald, df1 = float(difference @ np.linalg.pinv(spread, hermitian=True) @ difference), len(difference)
        statistic = wald if df is None else wald / df1
        p = float(chi2.sf(wald, df1)) if df is None else float(f.sf(statistic, df1, df))
        se = np.sqrt(np.diag(spread))
        for array in (difference, se):
            array.flags.writeable = False
        return cls(difference, se, statistic, df1, df, p)


@dataclass(frozen=True, slots=True)
class Permutation:
    """The spread of the coefficients beside that of groups dealt anew.

    Attributes
    ----------
    spread : float
        Largest difference between two groups.
    draws : (d,)
        The same in each draw; NaN where a coefficient was not identified. Read-only.
    p : float
        NaN without draws.
    segments : int
        Blocks of rows that were dealt: units, or the rows of a unit in one group.
    seed : int
    whole_units : bool
        Whether every unit was in one group.
    """

    spread: float
    draws: Floats
    p: float
    segments: int
    seed: int
    whole_units: bool

    @classmethod
    def of(cls, spread: float, draws: Floats, segments: int, seed: int, whole_units: bool) -> Permutation:
        """The result with its p value."""
        draws.flags.writeable = False
        return cls(spread, draws, permutation_p(draws, spread), segments, seed, whole_units)


@dataclass(frozen=True, slots=True)
class GroupDifference:
    """A coefficient in several groups.

    Attributes
    ----------
    coefficient : str
    groups : tuple of Text, g
    rule : Text
        How rows were divided.
    cuts : tuple of float
    estimates : tuple of Estimate, g
        The separate regressions.
    vcov : (g, g)
        Covariance of the coefficient over the groups: its variances in the separate regressions, with the correlations
        of their stacked scores; read-only.
    interaction, stacked : Equality
        By the fully interacted regression; by stacked scores.
    permutation : Permutation
    measured : Text
        The unit of the coefficient's regressor.
    provenance : Provenance
    unplaced : int
        Rows of the panel in no group, their value missing.
    """

    coefficient: str
    groups: tuple[Text, ...]
    rule: Text
    cuts: tuple[float, ...]
    estimates: tuple[Estimate, ...]
    vcov: Floats
    interaction: Equality
    stacked: Equality
    permutation: Permutation
    measured: Text
    provenance: Provenance
    unplaced: int

    @property
    def coef(self) -> Floats:
        """The coefficient in each group, (g,)."""
        return np.array([e.coef[e.names.index(self.coefficient)] for e in self.estimates])

    def table(self, key: str = "group_difference") -> Table:
        """The regressions side by side, and the p values of the tests."""
        first = self.interaction
        form = number_form(float(first.difference[0]))
        tests: list[tuple[Text, list[float | None], str]] = [
            (Text("与第一组之差", "Difference to the first"), [None, *first.difference.tolist()], form),
            (Text("差的标准误，交互", "Its error, interaction"), [None, *first.se.tolist()], form),
            (Text("差的标准误，叠加得分", "Its error, stacked scores"), [None, *self.stacked.se.tolist()], form),
            (Text("各组相等的 p 值：全交互", "p, all equal: interaction"), [first.p], ".4f"),
            (Text("各组相等的 p 值：叠加得分", "p, all equal: stacked scores"), [self.stacked.p], ".4f"),
        ]
        if len(self.permutation.draws):
            tests.append((Text("各组相等的 p 值：置换", "p, all equal: permutation"), [self.permutation.p], ".4f"))
        width = len(self.groups)
        foot = [
            (Cell(name), *(Cell(v, kind) for v in values), *(Cell("") for _ in range(width - len(values))))
            for name, values, kind in tests
        ]
        return regression_table(
            self.estimates,
            self.groups,
            key=key,
            number=Text("分组比较", "Groups compared"),
            title=Text("{c} 对 {y} 的效应：分组", "{c} on {y}, by group").format(
                c=self.coefficient, y=self.estimates[0].depvar
            ),
            foot=tuple(foot),
            notes=(*self._notes(), self.measured),
            provenance=self.provenance,
        )

    def figure(self, key: str = "figure_groups") -> Figure:
        """The coefficient of each group with its 95 % interval."""
        return coefficient_plot(
            self.estimates,
            self.groups,
            [self.coefficient],
            key=key,
            title=Text("{c} 的系数：分组", "Coefficient of {c} by group").format(c=self.coefficient),
            provenance=self.provenance,
        )

    def _notes(self) -> tuple[Text, ...]:
        notes = [
            Text("{r}。", "{r}.").format(r=self.rule),
            Text(
                "全交互：全部解释变量与效应都与组交互的一个回归，F 检验；"
                "叠加得分（suest）：各组回归的联合聚类协方差，卡方检验。",
                "Interaction: one regression with all regressors and effects interacted with the group, F test. "
                "Stacked scores (suest): joint clustered covariance of the separate regressions, chi-square test.",
            ),
        ]
        if len(self.permutation.draws):
            what = (
                Text("个体", "units")
                if self.permutation.whole_units
                else Text("个体在一组内的各行", "the rows of a unit in one group")
            )
            notes.append(
                Text(
                    "置换：组别在 {w} 之间重新分配 {d} 次（{s} 个，种子 {k}），各组重新估计。",
                    "Permutation: groups dealt anew among {w}, {d} times ({s} of them, seed {k}), each fitted anew.",
                ).format(
                    w=what, d=len(self.permutation.draws), s=f"{self.permutation.segments:,}", k=self.permutation.seed
                )
            )
        if self.unplaced:
            notes.append(
                Text("{k} 行缺分组变量，不在任何组。", "{k} rows lack the dividing value and are in no group.").format(
                    k=f"{self.unplaced:,}"
                )
            )
        return tuple(notes)

    def __repr__(self) -> str:
        parts = ", ".join(f"{label.en}: {b:.6g}" for label, b in zip(self.groups, self.coef, strict=True))
        return (
            f"GroupDifference({self.coefficient}: {parts}; p equal: interaction {self.interaction.p:.4f}, "
            f"stacked {self.stacked.p:.4f}, permutation {self.permutation.p:.4f})"
        )
