"""Any list of estimates as a three-line table, and coefficients with their intervals as a figure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Series, Table
from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.specification import INTERCEPT
from dualcarbon.effects.words import NO, OBSERVATIONS, STARS, YES, label_of, number_form, source, unit_of

_SMALLEST_FIXED = 5e-4
_COMPUTED = Provenance(Text("估计", "estimates"))
_NUMBER = re.compile(r"\d[\d,.]*")


@dataclass(frozen=True, slots=True)
class Wording:
    """What regressors are called and how they are measured.

    Attributes
    ----------
    labels : mapping of name to Text
    units : mapping of name to Text
        What one unit of a regressor is; said in the notes.
    per : mapping of name to float
        Coefficients are shown for a change of this many units, more than 0; said in the notes.
    panel : Panel, optional
        Labels and units of the schema for what `labels` and `units` do not name.

    Raises
    ------
    ConfigError
        A change that is not a positive number.
    """

    labels: Mapping[str, Text] = field(default_factory=dict)
    units: Mapping[str, Text] = field(default_factory=dict)
    per: Mapping[str, float] = field(default_factory=dict)
    panel: Panel | None = None

    def __post_init__(self) -> None:
        bad = {name: factor for name, factor in self.per.items() if not 0.0 < factor < np.inf}
        if bad:
            raise ConfigError(
                Text("per= 的变化量无效", "a change in per= is not valid"),
                expected=Text("正的有限数", "a finite number above 0"),
                found=both(str(bad)),
                remedy=Text("例如 per={{'digital': 0.1}}", "for example per={{'digital': 0.1}}").format(),
            )

    def label(self, name: str) -> Text:
        """What a regressor is called."""
        return self.labels[name] if name in self.labels else label_of(name, self.panel)

    def scaled(self, estimate: Estimate) -> Estimate:
        """The estimate in the units shown."""
        for name, factor in self.per.items():
            if name in estimate.names:
                estimate = estimate.scaled(name, factor)
        return estimate

    def notes(self, shown: Sequence[str]) -> list[Text]:
        """Units and scaling of the regressors shown."""
        found = []
        for name in shown:
            unit, factor = self.units.get(name) or unit_of(name, self.panel), self.per.get(name, 1.0)
            if unit is not None and factor == 1.0:
                found.append(Text("{n} 的单位为{u}。", "{n} is measured in {u}.").format(n=self.label(name), u=unit))
            elif factor != 1.0:
                text = Text("{n} 的系数对应 {f} {u}的变化。", "The coefficient of {n} is for a change of {f} {u}.")
                measured = unit or Text("个单位", "units")
                found.append(text.format(n=self.label(name), f=f"{factor:g}", u=measured))
        return found


def regression_table(
    estimates: Sequence[Estimate],
    titles: Sequence[Text | str] | None = None,
    *,
    key: str = "regression",
    number: Text | None = None,
    title: Text | None = None,
    show: Sequence[str] | None = None,
    wording: Wording | None = None,
    form: str | None = None,
    foot: Sequence[tuple[Cell, ...]] = (),
    notes: Sequence[Text] = (),
    provenance: Provenance | None = None,
) -> Table:
    """Coefficients with stars, standard errors in brackets, and below them effects, controls, N, clusters and R2.

    Parameters
    ----------
    estimates : sequence of Estimate, one column each
    titles : sequence, optional
        Headings behind the column numbers (1), (2), ...
    key, number, title : str, Text, Text, optional
    show : sequence of str, optional
        Regressors with rows of their own, in this order; whether a column has others is said in a row of controls.
        All by default.
    wording : Wording, optional
        Labels, units and scaling.
    form : str, optional
        Number format of coefficients; by default four decimals, or four significant digits where these hide a number.
    foot : further rows, each as wide as the table
    notes : further notes, first
    provenance : Provenance, optional
        Of the data: its name stands in the source, and it stamps simulated data.

    Raises
    ------
    ConfigError
        No estimate, another number of titles, or a regressor to show that no column has.

    Examples
    --------
    >>> import polars as pl
    >>> from dualcarbon.effects import fit
    >>> table = pl.DataFrame({"f": [1, 1, 2, 2, 3, 3], "t": [1, 2] * 3})
    >>> table = table.with_columns(x=pl.Series([0, 1, 0, 0, 0, 1]), y=pl.Series([1, 5, 2, 3, 4, 6]))
    >>> found = regression_table([fit("y ~ x | f + t", Panel.from_frame(table, id="f", time="t"), cluster="f")])
    >>> found.rows[0][1].value, found.rows[1][1].bracket
    (2.0, True)
    """
    wording = wording or Wording(panel=None)
    headings = _headings(estimates, titles)
    shown = _shown(estimates, show)
    scaled = [wording.scaled(estimate) for estimate in estimates]
    body, body_keys = _body(scaled, shown, wording, form)
    further, further_keys = _foot(scaled, shown)
    data = provenance or (wording.panel.provenance if wording.panel is not None else _COMPUTED)
    return Table(
        key=key,
        number=number or Text("回归表", "Regression table"),
        title=title or Text("被解释变量：{d}", "Dependent variable: {d}").format(d=_depvars(estimates)),
        headers=(
            Header("item", Text("变量", "Variable")),
            *(Header(f"c{j}", heading) for j, heading in enumerate(headings, start=1)),
        ),
        rows=(*body, *further, *foot),
        notes=(*notes, *wording.notes(shown), *_notes(estimates)),
        source=source(data),
        simulated=data.simulated,
        rules_after=(len(body), len(body) + len(further)),
        row_keys=(*body_keys, *further_keys, *(f"foot.{k}" for k in range(1, len(foot) + 1))),
    )


def coefficient_plot(
    estimates: Sequence[Estimate],
    titles: Sequence[Text | str] | None = None,
    names: Sequence[str] | None = None,
    *,
    key: str = "figure_coefficients",
    number: Text | None = None,
    title: Text | None = None,
    wording: Wording | None = None,
    level: float = 0.95,
    provenance: Provenance | None = None,
) -> Figure:
    """Coefficients with confidence intervals.

    One regressor: a line for each estimate. Several: a line for each regressor, a mark for each estimate.

    Parameters
    ----------
    estimates, titles : as for `regression_table`
    names : sequence of str, optional
        Regressors shown; all by default.
    level : float
        Of the intervals.

    Raises
    ------
    ConfigError
        As for `regression_table`.
    """
    wording = wording or Wording(panel=None)
    headings = _headings(estimates, titles)
    shown = _shown(estimates, names)
    scaled = [wording.scaled(estimate) for estimate in estimates]
    limits = Text("系数，{l}% 置信区间", "coefficient, {l} % confidence interval").format(l=f"{100 * level:g}")
    marks = np.array([[_mark(estimate, name, level) for name in shown] for estimate in scaled])
    if len(shown) == 1:
        items: tuple[Text, ...] = headings
        series: tuple[Series, ...] = (_series(limits, marks[:, 0]),)
    else:
        items = tuple(wording.label(name) for name in shown)
        series = tuple(_series(heading, part) for heading, part in zip(headings, marks, strict=True))
    data = provenance or (wording.panel.provenance if wording.panel is not None else _COMPUTED)
    return Figure(
        key=key,
        number=number or Text("系数图", "Coefficient plot"),
        title=title or Text("被解释变量：{d}", "Dependent variable: {d}").format(d=_depvars(estimates)),
        drawing=DotPlot(items, series, limits),
        notes=(*wording.notes(shown), *_notes(estimates)[1:]),
        source=source(data),
        simulated=data.simulated,
    )


def _mark(estimate: Estimate, name: str, level: float) -> tuple[float, float, float]:
    if name not in estimate.names:
        return np.nan, np.nan, np.nan
    at = estimate.names.index(name)
    low, high = estimate.interval(level)[at]
    return float(estimate.coef[at]), float(low), float(high)


def _series(label: Text, marks: NDArray[np.float64]) -> Series:
    x, low, high = (tuple(column.tolist()) for column in marks.T)
    return Series(label, x, low, high)


def _headings(estimates: Sequence[Estimate], titles: Sequence[Text | str] | None) -> tuple[Text, ...]:
    if not estimates or (titles is not None and len(titles) != len(estimates)):
        raise ConfigError(
            Text("列与标题的数目不符", "columns and titles differ in number"),
            expected=Text("至少一个估计，每个一个标题", "at least one estimate, and one title for each"),
            found=Text("{e} 个估计，{t} 个标题", "{e} estimates, {t} titles").format(
                e=len(estimates), t="-" if titles is None else len(titles)
            ),
            remedy=Text("使二者数目相同", "give as many titles as estimates"),
        )
    numbers = [both(f"({j})") for j in range(1, len(estimates) + 1)]
    if titles is None:
        return tuple(numbers)
    words = [one if isinstance(one, Text) else both(one) for one in titles]
    return tuple(Text("{n} {w}", "{n} {w}").format(n=n, w=w) for n, w in zip(numbers, words, strict=True))


def _shown(estimates: Sequence[Estimate], show: Sequence[str] | None) -> tuple[str, ...]:
    known = tuple(dict.fromkeys(name for estimate in estimates for name in estimate.names))
    absent = [name for name in show or () if name not in known]
    if absent:
        raise ConfigError(
            Text("要显示的变量不在任何一列", "a regressor to show is in no column"),
            expected=both(", ".join(known)),
            found=both(", ".join(absent)),
            remedy=Text("检查名称，交互项写成 a:b", "check the names; a product is written a:b"),
        )
    return known if show is None else tuple(show)


def _body(
    estimates: Sequence[Estimate], shown: Sequence[str], wording: Wording, form: str | None
) -> tuple[list[tuple[Cell, ...]], list[str]]:
    rows: list[tuple[Cell, ...]] = []
    keys: list[str] = []
    for name in shown:
        pairs = [_pair(estimate, name, form) for estimate in estimates]
        rows.append((Cell(wording.label(name)), *(first for first, _ in pairs)))
        rows.append((Cell(""), *(second for _, second in pairs)))
        keys += [f"coef.{name}", f"se.{name}"]
    return rows, keys


def _pair(estimate: Estimate, name: str, form: str | None) -> tuple[Cell, Cell]:
    if name not in estimate.names:
        return Cell(""), Cell("")
    at = estimate.names.index(name)
    coef, se = float(estimate.coef[at]), float(estimate.se[at])
    return (
        Cell(coef, form or number_form(coef), estimate.stars(name)),
        Cell(se, form or number_form(se), bracket=True),
    )


def _foot(estimates: Sequence[Estimate], shown: Sequence[str]) -> tuple[list[tuple[Cell, ...]], list[str]]:
    rows: list[tuple[Cell, ...]] = []
    keys: list[str] = []

    def add(key: str, label: Text, cells: Sequence[Cell]) -> None:
        rows.append((Cell(label), *cells))
        keys.append(key)

    others = [any(name not in (*shown, INTERCEPT) for name in estimate.names) for estimate in estimates]
    if any(others):
        add("controls", Text("其他控制变量", "Other controls"), [Cell(YES if one else NO) for one in others])
    for effect in dict.fromkeys(effect for estimate in estimates for effect in estimate.effects):
        label = Text("效应：{e}", "Effects: {e}").format(e=effect.replace("^", " × "))
        add(f"effects.{effect}", label, [Cell(YES if effect in one.effects else NO) for one in estimates])
    add("n", OBSERVATIONS, [Cell(one.n, ",d") for one in estimates])
    if any(one.clusters for one in estimates):
        add("clusters", Text("聚类数", "Clusters"), [Cell(one.clusters or None, ",d") for one in estimates])
    add("r2", Text("R²", "R²"), [_fit(one.r2) for one in estimates])
    if any(one.effects for one in estimates):
        within = [_fit(one.r2_within) if one.effects else Cell(None) for one in estimates]
        add("r2_within", Text("组内 R²", "Within R²"), within)
    return rows, keys


def _fit(r2: float) -> Cell:
    """Four decimals, or a power of ten where these would hide the number."""
    return Cell(r2, ".4f" if abs(r2) >= _SMALLEST_FIXED or r2 == 0.0 or not np.isfinite(r2) else ".1e")


def _depvars(estimates: Sequence[Estimate]) -> str:
    return ", ".join(dict.fromkeys(estimate.depvar for estimate in estimates))


def _notes(estimates: Sequence[Estimate]) -> list[Text]:
    notes = [STARS, _errors(estimates)]
    dropped = [(j, one) for j, one in enumerate(estimates, start=1) if one.drops]
    if dropped:
        zh = "；".join(f"({j}) " + "、".join(f"{d.reason.zh} {d.rows:,}" for d in one.drops) for j, one in dropped)
        en = "; ".join(f"({j}) " + ", ".join(f"{d.reason.en} {d.rows:,}" for d in one.drops) for j, one in dropped)
        notes.append(Text("未用的行：{d}。", "Rows not used: {d}.").format(d=Text(zh, en)))
    collinear = [f"({j}) {', '.join(one.collinear)}" for j, one in enumerate(estimates, start=1) if one.collinear]
    if collinear:
        notes.append(Text("因共线而略去：{c}。", "Left out as collinear: {c}.").format(c="; ".join(collinear)))
    fragile = [
        Text("({j}) {n}", "({j}) {n}").format(j=j, n=n) for j, e in enumerate(estimates, start=1) for n in e.notes
    ]
    return [*notes, *fragile]


def _errors(estimates: Sequence[Estimate]) -> Text:
    """The covariances: one rule spelled out for all columns whose rules differ in their numbers alone."""
    kinds: dict[str, list[int]] = {}
    for j, one in enumerate(estimates):
        kinds.setdefault(_NUMBER.sub("#", one.rule.en), []).append(j)
    parts = []
    for columns in kinds.values():
        where = Text("、".join(f"({j + 1})" for j in columns), ", ".join(f"({j + 1})" for j in columns))
        same = len({estimates[j].rule.en for j in columns}) == 1
        first = estimates[columns[0]].rule
        text = (
            Text("{w} 列{r}", "{w} {r}")
            if same
            else Text("{w} 列同一规则，首列{r}", "{w} by one rule, in the first column {r}")
        )
        parts.append(text.format(w=where, r=first))
    listed = Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))
    return Text("括号内为标准误：{p}。", "Standard errors in parentheses: {p}.").format(p=listed)
