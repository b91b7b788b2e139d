"""Stacked event study: every cohort beside clean comparison units in its own window, stacks averaged openly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.options import bad_option, require_choice
from dualcarbon.core.text import Text
from dualcarbon.policy import faults
from dualcarbon.policy.design import Design
from dualcarbon.policy.model import Cohorts, Fit
from dualcarbon.policy.models._averages import Cells, averaged, group_time, path_of
from dualcarbon.policy.models._wide import Wide, wide
from dualcarbon.policy.within import few_clusters, one_treated, require_clusters
from dualcarbon.policy.words import cluster_word

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
Weighting = Literal["treated", "stack", "equal"]

_WEIGHTINGS = {
    "treated": Text("各组按受处理单位数加权", "stacks weighted by treated units"),
    "stack": Text("各组按栈内单位数加权", "stacks weighted by all their units"),
    "equal": Text("各组等权", "stacks weighted equally"),
}


@dataclass(frozen=True, slots=True)
class Stacked:
    """One stack per cohort g: its units and units untreated throughout the window [g - before, g + after].

        d_ge = mean over g of (y_(g+e) - y_(g-1-a)) - the same mean over the comparison units of the stack
        effect at e = sum_g w_g d_ge,   att = mean over e = 0..after

    with a the anticipation: the regression with unit and period effects of each stack of its own, stacks weighted
    openly. Every effect averages the same cohorts.

    Parameters
    ----------
    before, after : int, optional
        The window. By default the design's window; else the longest that loses no cohort.
    weighting : {"treated", "stack", "equal"}
        w_g by treated units, by all units of the stack, or equal.

    Notes
    -----
    Clean comparison units: never treated, or with `comparison="not_yet"` also those first treated (less the
    anticipation) after g + after. Cohorts whose window leaves the sample or that have no clean unit are left out,
    counted in a note. Errors: each cluster's sum of w_g times the deviation of its long differences from the mean of
    its group and stack, times G / (G - 1); one unit in several stacks is one unit. Stack shares are taken as known.
    Cengiz, Dube, Lindner & Zipperer (2019), https://doi.org/10.1093/qje/qjz014; Wing, Freedman & Hollingsworth (2024),
    https://doi.org/10.3386/w32054, whose weighted aggregate is "treated".
    """

    before: int | None = None
    after: int | None = None
    weighting: Weighting = "treated"

    name = "stacked"
    label = Text("堆叠双重差分", "Stacked difference-in-differences")
    estimand = Text(
        "窗口内各期效应的平均（同一批处理组）", "mean effect over the periods of the window, the same cohorts in each"
    )
    comparisons = ("never", "not_yet")
    robust = True
    needs_balance = True
    takes_controls = False

    def check(self, design: Design) -> None:
        """Raise if an option cannot be used or no cohort has a full window with clean comparison units."""
        require_choice("weighting", self.weighting, get_args(Weighting))
        least = 1 + design.asked.anticipation
        if self.before is not None and self.before < least:
            raise bad_option("before", Text("至少 {k}", "at least {k}").format(k=least), self.before)
        if self.after is not None and self.after < 0:
            raise bad_option("after", Text("0 或正整数", "0 or a positive number"), self.after)
        table, window = wide(design), self._window(design)
        if not any(_is_usable(table, design, g, window) for g in design.cohorts):
            raise _no_stack(design, window)

    def estimate(self, design: Design) -> Fit:
        """The effect."""
        table, window = wide(design), self._window(design)
        used = np.array([g for g in design.cohorts if _is_usable(table, design, g, window)])
        relative = np.arange(-window[0], window[1] + 1)
        relative = relative[relative != -1 - design.asked.anticipation]
        clusters = int(table.cluster.max()) + 1
        estimates, sizes, stacked = [], [], np.zeros((clusters, len(used) * len(relative)))
        seen = np.zeros(clusters, dtype=np.bool_)
        for j, g in enumerate(used):
            treated, clean = table.first == g, _clean(table, design, g, window)
            effects, influence = _stack(table, design, g, relative, treated, clean)
            block = slice(j * len(relative), (j + 1) * len(relative))
            members = treated | clean
            np.add.at(stacked[:, block], table.cluster[members], influence)
            seen[table.cluster[members]] = True
            estimates.append(effects)
            sizes.append((np.count_nonzero(treated), np.count_nonzero(clean)))
        groups = int(np.count_nonzero(seen))
        require_clusters(groups, cluster_word(design))
        vcov = stacked.T @ stacked * groups / (groups - 1)
        weight = np.repeat(self._weights(np.array(sizes)), len(relative))
        cells = Cells(
            np.repeat(used, len(relative)), np.tile(relative, len(used)), weight, np.concatenate(estimates), vcov
        )
        return self._fit(design, cells, window, np.array(sizes), groups)

    def _weights(self, sizes: Codes) -> Floats:
        if self.weighting == "equal":
            return np.ones(len(sizes))
        return (sizes[:, 0] if self.weighting == "treated" else sizes.sum(axis=1)).astype(np.float64)

    def _window(self, design: Design) -> tuple[int, int]:
        asked = design.asked.window
        before, after = (-asked[0], asked[1]) if asked is not None else _longest(design)
        chosen = self.before if self.before is not None else before
        return max(chosen, 1 + design.asked.anticipation), self.after if self.after is not None else after

    def _fit(self, design: Design, cells: Cells, window: tuple[int, int], sizes: Codes, groups: int) -> Fit:
        after, used = cells.relative >= 0, np.unique(cells.cohort)
        att, se = averaged(cells, [after])
        effects, errors = averaged(cells, [after & (cells.cohort == g) for g in used])
        return Fit(
            att=float(att[0]),
            se=float(se[0]),
            df=float(groups - 1),
            rule=Text(
                "栈内长差分离差，按 {c} 聚类（{g} 组），乘 G/(G-1)",
                "deviations of long differences within stacks, clustered by {c} ({g} clusters), times G / (G - 1)",
            ).format(c=cluster_word(design), g=groups),
            path=path_of(cells, -1 - design.asked.anticipation, None),
            cohorts=Cohorts(used, effects, errors),
            group_time=group_time(cells),
            notes=(*self._notes(design, used, window, sizes), *few_clusters(groups), *one_treated(design)),
            n=int(sizes.sum()) * (sum(window) + 1),
        )

    def _notes(self, design: Design, used: Codes, window: tuple[int, int], sizes: Codes) -> tuple[Text, ...]:
        derived = design.asked.window is None and (self.before is None or self.after is None)
        source = Text("由数据决定", "from the data") if derived else Text("由用户给定", "as asked")
        said = Text(
            "窗口 [-{b}, {a}]（{s}）；{k} 个栈，受处理 {t} 个单位，比较单位（可重复）{c} 个；{w}",
            "window [-{b}, {a}] ({s}); {k} stacks with {t} treated units and {c} comparison units (repeated); {w}",
        ).format(
            b=window[0], a=window[1], s=source, k=len(used), t=int(sizes[:, 0].sum()), c=int(sizes[:, 1].sum()),
            w=_WEIGHTINGS[self.weighting],
        )  # fmt: skip
        out = np.setdiff1d(design.cohorts, used)
        notes = [said, *_single(int(np.count_nonzero(sizes[:, 0] == 1)))]
        if not len(out):
            return tuple(notes)
        units = int(np.isin(design.unit_first, out).sum())
        left_out = Text(
            "{k} 组（{u} 个单位）窗口超出样本或没有干净的比较单位，未使用：{g}",
            "{k} cohorts ({u} units) leave the sample within the window or have no clean comparison unit: {g}",
        ).format(k=len(out), u=units, g=out[: faults.SHOWN].tolist())
        return *notes, left_out


def _single(stacks: int) -> tuple[Text, ...]:
    if not stacks:
        return ()
    return (
        Text(
            "{k} 个栈只有一个受处理单位：其自身误差无从估计，标准误偏小",
            "{k} stacks have a single treated unit: its own error cannot be estimated, errors are too small",
        ).format(k=stacks),
    )


def _stack(table: Wide, design: Design, g: int, relative: Codes, treated: Mask, clean: Mask) -> tuple[Floats, Floats]:
    """Effects of one stack, (e,), and what each of its units adds to their error, (units, e)."""
    base = table.outcome[:, table.at(np.array([g - 1 - design.asked.anticipation]))]
    members = treated | clean
    change = (table.outcome[:, table.at(g + relative)] - base)[members]
    inside = treated[members]
    means = change[inside].mean(axis=0), change[~inside].mean(axis=0)
    deviation = change - np.where(inside[:, None], means[0], means[1])
    share = np.where(inside, 1.0 / inside.sum(), -1.0 / (~inside).sum())
    return means[0] - means[1], deviation * share[:, None]


def _clean(table: Wide, design: Design, g: int, window: tuple[int, int]) -> Mask:
    """Units untreated throughout the stack of cohort g."""
    if design.asked.comparison == "never":
        return table.never
    return table.never | (table.first - np.where(table.never, 0, design.asked.anticipation) > g + window[1])


def _is_usable(table: Wide, design: Design, g: int, window: tuple[int, int]) -> bool:
    inside = table.has(np.arange(g - window[0], g + window[1] + 1))
    return inside and bool(_clean(table, design, g, window).any())


def _longest(design: Design) -> tuple[int, int]:
    """The longest window, first after then before treatment, that loses no cohort it could keep."""
    table, least = wide(design), 1 + design.asked.anticipation
    last = int(table.periods[-1])

    def kept(before: int, after: int) -> int:
        return sum(_is_usable(table, design, int(g), (before, after)) for g in design.cohorts)

    best = kept(least, 0)
    after = max((a for a in range(last - int(design.cohorts[0]) + 1) if kept(least, a) == best), default=0)
    reach = last - int(table.periods[0])
    before = max((b for b in range(least, reach + 1) if kept(b, after) == best), default=least)
    return before, after


def _no_stack(design: Design, window: tuple[int, int]) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text("没有一组可以成栈", "no cohort makes a stack"),
        expected=Text(
            "窗口 [-{b}, {a}] 在样本内且有始终未处理的比较单位",
            "a window [-{b}, {a}] inside the sample with units untreated throughout",
        ).format(b=window[0], a=window[1]),
        found=Text("{k} 组，0 组可用", "{k} cohorts, 0 usable").format(k=len(design.cohorts)),
        remedy=Text("缩短窗口，或用 comparison='not_yet'", "shorten the window, or pass comparison='not_yet'"),
    )


MODEL = Stacked()
