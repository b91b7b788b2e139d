"""What a specification curve gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Cell, Figure, Header, Lines, Points, Table
from dualcarbon.core.panel import Provenance
from dualcarbon.core.text import Text, both
from dualcarbon.effects.specification import Specification
from dualcarbon.effects.words import number_form, source
from dualcarbon.kernels.resampling import permutation_p

Floats = NDArray[np.float64]
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class JointInference:
    """All specifications together against reassigned treatments.

    Attributes
    ----------
    median : float
        Of the true coefficients.
    same_sign : float
        Share of the true coefficients that have the sign of their median.
    medians, same_signs : (draws,)
        The same in each draw, over the specifications it identifies; NaN if there is none. Read-only.
    p_median, p_sign : float
        (1 + draws at least as extreme) / (1 + draws), equal to a relative 1e-9 counting, NaN left out.
    seed : int
    scheme : Text
    """

    median: float
    same_sign: float
    medians: Floats
    same_signs: Floats
    p_median: float
    p_sign: float
    seed: int
    scheme: Text

    @classmethod
    def of(cls, true: Floats, coef: Floats, seed: int, scheme: Text) -> JointInference:
        """From true coefficients, (s,), and those of the draws, (s, draws)."""
        medians, shares = np.full((2, coef.shape[1]), np.nan)
        known = np.isfinite(coef).any(axis=0)
        medians[known], shares[known] = np.nanmedian(coef[:, known], axis=0), _same_sign(coef[:, known])
        median, share = float(np.median(true)), float(_same_sign(true[:, None])[0])
        for array in (medians, shares):
            array.flags.writeable = False
        p_median, p_sign = permutation_p(np.abs(medians), abs(median)), permutation_p(shares, share)
        return cls(median, share, medians, shares, p_median, p_sign, seed, scheme)


def _same_sign(coef: Floats) -> Floats:
    signs = np.sign(coef) == np.sign(np.nanmedian(coef, axis=0))
    return np.asarray(signs.sum(axis=0) / np.isfinite(coef).sum(axis=0), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class SpecificationCurve:
    """One coefficient under many specifications.

    Attributes
    ----------
    table_of_specifications : polars.DataFrame
        controls, effects, sample, winsor; coef, se, t, p, low, high (95 %), n; why it could not be estimated. In the
        order of the coefficient, those without one last.
    depvar, treatment : str
    joint : JointInference or None
    words : tuple of Text
        The treatment's unit and the covariance.
    provenance : Provenance
    """

    table_of_specifications: pl.DataFrame
    depvar: str
    treatment: str
    joint: JointInference | None
    words: tuple[Text, ...]
    provenance: Provenance

    @classmethod
    def of(
        cls,
        rows: pl.DataFrame,
        specification: Specification,
        treatment: str,
        joint: JointInference | None,
        words: tuple[Text, ...],
        provenance: Provenance,
    ) -> SpecificationCurve:
        """The curve in order."""
        ordered = rows.sort("coef", nulls_last=True, maintain_order=True)
        return cls(ordered, specification.depvar.name, treatment, joint, words, provenance)

    @property
    def estimated(self) -> pl.DataFrame:
        """The specifications that could be estimated."""
        return self.table_of_specifications.filter(pl.col("coef").is_not_null())

    @property
    def positive(self) -> int:
        """Specifications with a coefficient above zero."""
        return self.estimated.filter(pl.col("coef") > 0).height

    @property
    def significant(self) -> int:
        """Specifications with p below 5 %."""
        return self.estimated.filter(pl.col("p") < LEVEL).height

    def table(self, key: str = "specification_curve") -> Table:
        """Counts of sign and significance and the median coefficient, over all and by choice."""
        choices: list[tuple[Text, pl.DataFrame]] = [(Text("全部设定", "All specifications"), self.estimated)]
        kinds = {
            "effects": Text("效应：{v}", "Effects: {v}"),
            "sample": Text("样本：{v}", "Sample: {v}"),
            "winsor": Text("缩尾：{v}", "Winsorised: {v}"),
        }
        for column, label in kinds.items():
            for value in self.estimated[column].unique(maintain_order=True).sort().to_list():
                part = self.estimated.filter(pl.col(column) == value)
                if part.height < self.estimated.height:
                    choices.append((label.format(v=_said(value)), part))
        for name in self._controls():
            inside = pl.col("controls").str.split(" + ").list.contains(name)
            choices.append((Text("含 {c}", "With {c}").format(c=name), self.estimated.filter(inside)))
        return Table(
            key=key,
            number=Text("设定曲线", "Specification curve"),
            title=Text("{d} 对 {y}：全部设定", "{d} on {y}, all specifications").format(
                d=self.treatment, y=self.depvar
            ),
            headers=(
                Header("choice", Text("设定", "Specifications")),
                Header("count", Text("个数", "Count")),
                Header("positive", Text("系数为正", "Positive")),
                Header("positive_significant", Text("正且 p < 5%", "Positive, p < 5 %")),
                Header("negative_significant", Text("负且 p < 5%", "Negative, p < 5 %")),
                Header("median", Text("系数中位数", "Median coefficient")),
                Header("low", Text("最小", "Smallest")),
                Header("high", Text("最大", "Largest")),
            ),
            rows=tuple(_counted(label, part) for label, part in choices if part.height),
            notes=self._notes(),
            source=source(self.provenance),
            simulated=self.provenance.simulated,
            rules_after=(1,),
        )

    def figure(self, key: str = "figure_specification_curve") -> Figure:
        """Coefficients from the smallest to the largest with their 95 % limits."""
        part = self.estimated
        order = tuple(float(i) for i in range(1, part.height + 1))
        curves = [
            Points(label, order, tuple(part[column].to_list()))
            for column, label in (
                ("coef", Text("系数", "coefficient")),
                ("low", Text("95% 下限", "lower 95 % limit")),
                ("high", Text("95% 上限", "upper 95 % limit")),
            )
        ]
        zero = Points(Text("零", "zero"), (order[0], order[-1]), (0.0, 0.0))
        return Figure(
            key=key,
            number=Text("设定曲线图", "Specification curve figure"),
            title=Text("{d} 的系数，从小到大", "Coefficients of {d} in increasing order").format(d=self.treatment),
            drawing=Lines(
                x_label=Text("设定（按系数排序）", "Specifications in the order of the coefficient"),
                y_label=Text("{d} 的系数", "Coefficient of {d}").format(d=self.treatment),
                curves=tuple(curves),
                references=(zero,),
            ),
            notes=self._notes(),
            source=source(self.provenance),
            simulated=self.provenance.simulated,
        )

    def _controls(self) -> list[str]:
        written = [name for row in self.estimated["controls"].to_list() if row != "-" for name in row.split(" + ")]
        return list(dict.fromkeys(written))

    def _notes(self) -> tuple[Text, ...]:
        lost = self.table_of_specifications.height - self.estimated.height
        notes = []
        if lost:
            notes.append(Text("{k} 个设定无法估计。", "{k} specifications could not be estimated.").format(k=lost))
        if self.joint is not None:
            text = Text(
                "联合推断（Simonsohn 等 2020）：{s}，{d} 次，种子 {k}；中位数系数的 p = {m}，同号比例的 p = {g}。",
                "Joint inference (Simonsohn et al. 2020): {s}, {d} draws, seed {k}; p of the median coefficient {m}, "
                "of the share with one sign {g}.",
            )
            one = self.joint
            filled = text.format(
                s=one.scheme, d=len(one.medians), k=one.seed, m=f"{one.p_median:.4f}", g=f"{one.p_sign:.4f}"
            )
            notes.append(filled)
        return (*notes, *self.words)

    def __repr__(self) -> str:
        part = self.estimated
        joint = "" if self.joint is None else f"; joint p of the median {self.joint.p_median:.4f}"
        return (
            f"SpecificationCurve({self.treatment} on {self.depvar}: {part.height} specifications, "
            f"{self.positive} positive, {self.significant} with p < 0.05; "
            f"median {float(np.median(part['coef'].to_numpy())):.6g}{joint})"
        )


def _said(value: str) -> Text:
    if value == "all":
        return Text("全部行", "all rows")
    return Text("无", "none") if value in ("-", "0") else both(value)


def _counted(label: Text, part: pl.DataFrame) -> tuple[Cell, ...]:
    clear, coef = part.filter(pl.col("p") < LEVEL), part["coef"].to_numpy()
    middle, low, high = (float(v) for v in np.quantile(coef, (0.5, 0.0, 1.0)))
    return (
        Cell(label),
        Cell(part.height, ",d"),
        Cell(part.filter(pl.col("coef") > 0).height, ",d"),
        Cell(clear.filter(pl.col("coef") > 0).height, ",d"),
        Cell(clear.filter(pl.col("coef") < 0).height, ",d"),
        *(Cell(value, number_form(value)) for value in (middle, low, high)),
    )
