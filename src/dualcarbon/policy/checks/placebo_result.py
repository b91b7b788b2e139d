"""What a placebo in units gives: the true effect among those of chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Cell, Figure, Header, Lines, Points, Table
from dualcarbon.core.text import Text
from dualcarbon.policy.result import Effect
from dualcarbon.policy.words import effect_on, number_form, source

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PlaceboUnits:
    """Effects of a treatment that went to other units at random.

    Attributes
    ----------
    effect : Effect
        With the true treatment.
    coef, t : (draws,)
        Effects and their t statistics, in the order of the draws; NaN where nothing could be estimated. Read-only.
    p, p_t : float
        (1 + draws whose |effect| (|t|) is at least the true one's) / (1 + draws with an effect).
    seed : int
    alone : int
        Units that could exchange with no other.
    refitted : bool
        Whether the estimator was fitted in every draw, or all draws came from one matrix.
    """

    effect: Effect
    coef: Floats
    t: Floats
    p: float
    p_t: float
    seed: int
    alone: int
    refitted: bool

    @classmethod
    def of(cls, effect: Effect, coef: Floats, t: Floats, *, seed: int, alone: int, refitted: bool) -> PlaceboUnits:
        """The result with its p values."""
        from dualcarbon.kernels.resampling import permutation_p

        for draws in (coef, t):
            draws.flags.writeable = False
        p, p_t = permutation_p(np.abs(coef), abs(effect.att)), permutation_p(np.abs(t), abs(effect.t))
        return cls(effect, coef, t, p, p_t, seed, alone, refitted)

    @property
    def known(self) -> Floats:
        """The effects of the draws that gave one."""
        return self.coef[np.isfinite(self.coef)]

    @property
    def frame(self) -> pl.DataFrame:
        """One row per draw: draw, estimate, t."""
        numbers = {"estimate": self.coef, "t": self.t}
        columns = {name: pl.Series(values).fill_nan(None) for name, values in numbers.items()}
        return pl.DataFrame({"draw": np.arange(1, len(self.coef) + 1)} | columns)

    def table(self, key: str = "placebo_in_units") -> Table:
        """The true effect and the distribution of the others."""
        known = self.known if len(self.known) else np.array([np.nan])
        low, middle, high = np.quantile(known, (0.025, 0.5, 0.975))
        form, spread = number_form(self.effect.att), number_form(float(known.std()))
        rows: list[tuple[str, Text, float, str]] = [
            ("effect", Text("真实处理的效应", "Effect of the true treatment"), self.effect.att, form),
            ("t", Text("t 值", "t"), self.effect.t, ".3f"),
            ("mean", Text("安慰剂效应均值", "Mean of the placebo effects"), float(known.mean()), spread),
            ("sd", Text("标准差", "Standard deviation"), float(known.std()), spread),
            ("low", Text("2.5% 分位数", "2.5 % quantile"), float(low), spread),
            ("median", Text("中位数", "Median"), float(middle), spread),
            ("high", Text("97.5% 分位数", "97.5 % quantile"), float(high), spread),
            ("p", Text("p 值，按效应", "p value, by the effect"), self.p, ".4f"),
            ("p_t", Text("p 值，按 t 值", "p value, by t"), self.p_t, ".4f"),
            ("draws", Text("抽取次数", "Draws"), len(self.known), ",d"),
            ("n", Text("观测数", "Observations"), self.effect.n, ",d"),
        ]
        return Table(
            key=key,
            number=Text("个体安慰剂", "Placebo in units"),
            title=self._title(),
            headers=(Header("item", Text("项目", "Item")), Header("value", Text("数值", "Value"))),
            rows=tuple((Cell(name), Cell(value, shape)) for _, name, value, shape in rows),
            notes=self._notes(),
            source=source(self.effect.design),
            simulated=self.effect.design.simulated,
            rules_after=(2, 7),
            row_keys=tuple(row[0] for row in rows),
        )

    def figure(self, key: str = "figure_placebo_in_units") -> Figure:
        """The density of the placebo effects, with the true effect as a dashed line."""
        from dualcarbon.kernels.density import density

        known = self.known if len(self.known) else np.zeros(1)
        x, y = density(known)
        top = float(y.max())
        true = Text("真实效应 {b}，p = {p}", "true effect {b}, p = {p}").format(
            b=format(self.effect.att, number_form(self.effect.att)), p=f"{self.p:.3f}"
        )
        drawn = Text("{m} 次随机分配的核密度", "kernel density of {m} random assignments").format(m=len(self.known))
        return Figure(
            key=key,
            number=Text("个体安慰剂图", "Placebo in units, figure"),
            title=self._title(),
            drawing=Lines(
                x_label=effect_on(self.effect.design.asked.outcome),
                y_label=Text("密度", "Density"),
                curves=(Points(drawn, tuple(x.tolist()), tuple(y.tolist())),),
                references=(Points(true, (self.effect.att, self.effect.att), (0.0, top)),),
            ),
            notes=self._notes(),
            source=source(self.effect.design),
            simulated=self.effect.design.simulated,
        )

    def _title(self) -> Text:
        return Text(
            "处理在单位间随机分配时对 {y} 的效应（{m}）", "Effects on {y} of treatment dealt to units at random ({m})"
        ).format(y=self.effect.design.asked.outcome, m=self.effect.label)

    def _notes(self) -> tuple[Text, ...]:
        each = (
            Text("每次抽取重新估计", "the estimate is made anew in every draw")
            if self.refitted
            else Text("全部抽取一次求解，与逐次估计相同", "all draws solved at once, exactly as if fitted one by one")
        )
        notes = [
            Text(
                "首次处理期在单位之间随机重分（各批规模不变），种子 {k}；{e}。"
                "p =（1 + |安慰剂| 不小于 |真实| 的次数）/（1 + 抽取次数）。",
                "First treated periods dealt anew among units (cohorts keep their sizes), seed {k}; {e}. "
                "p = (1 + draws with |placebo| at least |true|) / (1 + draws).",
            ).format(k=self.seed, e=each)
        ]
        if self.alone:
            words = Text(
                "{u} 个单位的时期独一无二，处理不变。", "{u} units, with periods of their own, keep their treatment."
            )
            notes.append(words.format(u=self.alone))
        lost = len(self.coef) - len(self.known)
        if lost:
            notes.append(
                Text("{k} 次抽取无法估计，不计。", "{k} draws gave no estimate and do not count.").format(k=lost)
            )
        return tuple(notes)

    def __repr__(self) -> str:
        return (
            f"PlaceboUnits({self.effect.label.en}: {self.effect.att:.6g}, p = {self.p:.4f} (by t {self.p_t:.4f}) "
            f"from {len(self.known)} draws)"
        )
