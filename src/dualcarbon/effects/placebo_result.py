"""What a placebo gives: the true coefficient among those of chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Cell, Figure, Header, Lines, Points, Table
from dualcarbon.core.panel import Provenance
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text
from dualcarbon.effects.words import fragile, number_form, source
from dualcarbon.kernels.resampling import permutation_p

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Placebo:
    """Coefficients of a treatment that went to others at random.

    Attributes
    ----------
    estimate : Estimate
        The regression with the true treatment.
    treatment : str
    coef, t : (draws,)
        Of the reassigned treatment, in the order of the draws; NaN where it was not identified. Read-only.
    p, p_t : float
        (1 + draws whose |coefficient| (|t|) is at least the true one's) / (1 + draws with a coefficient); equal to a
        relative 1e-9 counts. NaN if no draw has a coefficient.
    seed : int
    scheme : Text
        How the treatment was reassigned.
    items, alone : int
        What was exchanged (units or rows), and how many of these could exchange with no other.
    measured : Text
        The treatment's unit.
    provenance : Provenance
    """

    estimate: Estimate
    treatment: str
    coef: Floats
    t: Floats
    p: float
    p_t: float
    seed: int
    scheme: Text
    items: int
    alone: int
    measured: Text
    provenance: Provenance

    @classmethod
    def of(
        cls,
        *,
        estimate: Estimate,
        treatment: str,
        coef: Floats,
        t: Floats,
        seed: int,
        scheme: Text,
        items: int,
        alone: int,
        measured: Text,
        provenance: Provenance,
    ) -> Placebo:
        """The result with its p values."""
        at = estimate.names.index(treatment)
        for draws in (coef, t):
            draws.flags.writeable = False
        p, p_t = (permutation_p(np.abs(d), abs(float(v[at]))) for d, v in ((coef, estimate.coef), (t, estimate.t)))
        return cls(estimate, treatment, coef, t, p, p_t, seed, scheme, items, alone, measured, provenance)

    @property
    def true(self) -> float:
        """The coefficient of the true treatment."""
        return float(self.estimate.coef[self.estimate.names.index(self.treatment)])

    def table(self, key: str = "placebo") -> Table:
        """The true coefficient and the distribution of the others."""
        at = self.estimate.names.index(self.treatment)
        low, middle, high = np.nanquantile(self.coef, (0.025, 0.5, 0.975))
        rows: list[tuple[Text, float, str]] = [
            (Text("真实处理的系数", "Coefficient of the true treatment"), self.true, number_form(self.true)),
            (Text("t 值", "t"), float(self.estimate.t[at]), ".3f"),
            (Text("安慰剂系数均值", "Mean of the placebo coefficients"), float(np.nanmean(self.coef)), ".4g"),
            (Text("标准差", "Standard deviation"), float(np.nanstd(self.coef)), ".4g"),
            (Text("2.5% 分位数", "2.5 % quantile"), float(low), ".4g"),
            (Text("中位数", "Median"), float(middle), ".4g"),
            (Text("97.5% 分位数", "97.5 % quantile"), float(high), ".4g"),
            (Text("p 值，按系数", "p value, by the coefficient"), self.p, ".4f"),
            (Text("p 值，按 t 值", "p value, by t"), self.p_t, ".4f"),
            (Text("抽取次数", "Draws"), int(np.count_nonzero(np.isfinite(self.coef))), ",d"),
            (Text("观测数", "Observations"), self.estimate.n, ",d"),
        ]
        return Table(
            key=key,
            number=Text("安慰剂检验", "Placebo test"),
            title=Text("{d} 对 {y}：随机分配的处理", "{d} on {y}: treatments assigned at random").format(
                d=self.treatment, y=self.estimate.depvar
            ),
            headers=(Header("item", Text("项目", "Item")), Header("value", Text("数值", "Value"))),
            rows=tuple((Cell(name), Cell(value, form)) for name, value, form in rows),
            notes=self._notes(),
            source=source(self.provenance),
            simulated=self.provenance.simulated,
            rules_after=(2, 7),
        )

    def figure(self, key: str = "figure_placebo") -> Figure:
        """The density of the placebo coefficients, with the true coefficient as a dashed line."""
        from dualcarbon.kernels.density import density

        x, y = density(self.coef[np.isfinite(self.coef)])
        true = Text("真实系数 {b}，p = {p}", "true coefficient {b}, p = {p}").format(
            b=format(self.true, number_form(self.true)), p=f"{self.p:.3f}"
        )
        drawn = Text("{m} 次随机分配的核密度", "kernel density of {m} random assignments").format(m=len(self.coef))
        return Figure(
            key=key,
            number=Text("安慰剂图", "Placebo figure"),
            title=Text("安慰剂系数的分布：{d} 对 {y}", "Distribution of placebo coefficients: {d} on {y}").format(
                d=self.treatment, y=self.estimate.depvar
            ),
            drawing=Lines(
                x_label=Text("{d} 的系数", "Coefficient of {d}").format(d=self.treatment),
                y_label=Text("密度", "Density"),
                curves=(Points(drawn, tuple(x.tolist()), tuple(y.tolist())),),
                references=(Points(true, (self.true, self.true), (0.0, float(y.max()))),),
            ),
            notes=self._notes(),
            source=source(self.provenance),
            simulated=self.provenance.simulated,
        )

    def _notes(self) -> tuple[Text, ...]:
        how = Text(
            "{s}，种子 {k}；每次抽取重新估计整个回归。p =（1 + |安慰剂| 不小于 |真实| 的次数）/（1 + 抽取次数）。",
            "{s}, seed {k}; the whole regression is fitted anew in every draw. p = (1 + draws with |placebo| at least "
            "|true|) / (1 + draws).",
        ).format(s=self.scheme, k=self.seed)
        notes = [how, Text("标准误：{r}。", "Errors: {r}.").format(r=self.estimate.rule)]
        if self.alone:
            few = Text(
                "{u} 个中有 {a} 个没有可互换者，各次抽取中保留自己的处理。",
                "{a} of {u} have none to exchange with and keep their own treatment in every draw.",
            )
            notes.append(few.format(u=f"{self.items:,}", a=f"{self.alone:,}"))
        lost = int(np.count_nonzero(~np.isfinite(self.coef)))
        if lost:
            notes.append(Text("{k} 次抽取中系数不可识别。", "Not identified in {k} draws.").format(k=lost))
        return (*notes, self.measured, *fragile([self.estimate]))

    def __repr__(self) -> str:
        return (
            f"Placebo({self.treatment} on {self.estimate.depvar}: b = {self.true:.6g}, p = {self.p:.4f} "
            f"(by t {self.p_t:.4f}) from {len(self.coef)} draws; {self.scheme.en})"
        )
