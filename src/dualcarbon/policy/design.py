"""Who is treated when, and whom they are compared with: the sample of a policy evaluation as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.codes import dense_codes
from dualcarbon.core.errors import DataError
from dualcarbon.core.options import bad_option, is_whole, require_choice
from dualcarbon.core.panel import Drop, Panel
from dualcarbon.core.text import Text
from dualcarbon.policy import faults
from dualcarbon.policy.timing import NEVER, first_treated, whole_periods

Comparison = Literal["never", "not_yet"]
Gaps = Literal["refuse", "drop_units", "keep"]
Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

_FROM_MEMORY = Text("内存中的表", "table in memory")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked for.

    Attributes
    ----------
    outcome : column of the dependent variable
    first_treated, treated : column of first treated periods, or a 0/1 column; exactly one
    comparison : "never" (units not treated within the sample) or "not_yet" (also units treated later)
    controls : columns
    cluster : column, constant within units; the unit itself by default
    anticipation : periods before treatment in which units may already react
    window : first and last relative period of the event study; what lies beyond is binned or left out, as the
        estimator says
    gaps : what to do with units not seen in every period: refuse, drop_units, or keep
    """

    outcome: str
    first_treated: str | None = None
    treated: str | None = None
    comparison: Comparison = "never"
    controls: tuple[str, ...] = ()
    cluster: str | None = None
    anticipation: int = 0
    window: tuple[int, int] | None = None
    gaps: Gaps = "refuse"

    def __post_init__(self) -> None:
        require_choice("comparison", self.comparison, get_args(Comparison))
        require_choice("gaps", self.gaps, get_args(Gaps))
        if not is_whole(self.anticipation) or self.anticipation < 0:
            raise bad_option("anticipation", Text("0 或正整数", "0 or a positive number"), self.anticipation)
        if self.window is not None and not _is_window(self.window):
            raise bad_option("window", Text("如 (-5, 5)", "such as (-5, 5)"), self.window)
        if self.outcome in self.controls or len(set(self.controls)) < len(self.controls):
            expected = Text("不含结果变量、互不相同的列", "different columns, the outcome not among them")
            raise bad_option("controls", expected, self.controls)


def _is_window(value: object) -> bool:
    """Whether it is a whole number below 0 and one that is not."""
    if not isinstance(value, Sequence) or len(value) != 2 or not all(is_whole(end) for end in value):
        return False
    return bool(value[0] < 0 <= value[1])


@dataclass(frozen=True, slots=True)
class Design:
    """The rows of a policy evaluation, sorted by unit and period.

    Attributes
    ----------
    asked : Asked
    unit : (n,)
        Dense codes 0..N-1 of the units.
    period : (n,)
        Whole periods, such as years.
    first : (n,)
        First treated period of the unit, `NEVER` for units not treated within the sample.
    outcome : (n,), controls : (n, k)
        Finite.
    cluster : (n,)
        Dense codes, constant within units.
    rows : (n,)
        Positions in the panel.
    unit_names : tuple
        Id of each unit, in the order of the codes.
    drops, notes
        What left the sample, and what else the reader must know.
    simulated : bool
    data : Text
        What the panel is called.
    """

    asked: Asked
    unit: Codes
    period: Codes
    first: Codes
    outcome: Floats
    controls: Floats
    cluster: Codes
    rows: Codes
    unit_names: tuple[object, ...]
    drops: tuple[Drop, ...]
    notes: tuple[Text, ...]
    simulated: bool = False
    data: Text = _FROM_MEMORY

    @property
    def n(self) -> int:
        """Observations."""
        return len(self.unit)

    @property
    def starts(self) -> Codes:
        """Position of each unit's first row, (N,)."""
        return np.flatnonzero(np.diff(self.unit, prepend=-1))

    @property
    def unit_first(self) -> Codes:
        """First treated period of each unit, (N,)."""
        return self.first[self.starts]

    @property
    def periods(self) -> Codes:
        """The periods of the sample, increasing."""
        return np.unique(self.period)

    @property
    def cohorts(self) -> Codes:
        """First treated periods that occur, increasing, without `NEVER`."""
        found = np.unique(self.unit_first)
        return np.asarray(found[found != NEVER])

    @property
    def ever(self) -> Mask:
        """Whether the row's unit is ever treated, (n,)."""
        return np.asarray(self.first != NEVER)

    @property
    def treated(self) -> Mask:
        """Whether the row is treated, (n,)."""
        return np.asarray(self.period >= self.first)

    @property
    def relative(self) -> Codes:
        """Periods since treatment began, (n,); 0 in rows of never-treated units, which `ever` tells apart."""
        return np.where(self.ever, self.period - np.where(self.ever, self.first, 0), 0)

    @property
    def anticipating(self) -> Mask:
        """Whether the row lies in the periods before treatment in which its unit may already react, (n,)."""
        return np.asarray(self.ever & (self.relative < 0) & (self.relative >= -self.asked.anticipation))

    @property
    def incomplete(self) -> Mask:
        """Units not seen in every period, (N,)."""
        return np.asarray(np.bincount(self.unit) < len(self.periods))

    @property
    def balanced(self) -> bool:
        """Whether every unit is seen in every period."""
        return not self.incomplete.any()

    def require_base(self) -> None:
        """Raise `DataError` unless every cohort's last period before treatment and anticipation is in the sample."""
        base = self.cohorts - 1 - self.asked.anticipation
        lacking = self.cohorts[~np.isin(base, self.periods)]
        if len(lacking):
            raise faults.no_reference(lacking, -1 - self.asked.anticipation)

    def only(self, keep: Mask, reason: Text) -> Design:
        """The rows where `keep` holds, the others counted under the reason; codes are made dense again."""
        gone = int(np.count_nonzero(~keep))
        if not gone:
            return self
        left = np.unique(self.unit[keep])
        return replace(
            self,
            unit=np.searchsorted(left, self.unit[keep]).astype(np.int64),
            period=self.period[keep],
            first=self.first[keep],
            outcome=self.outcome[keep],
            controls=self.controls[keep],
            cluster=np.unique(self.cluster[keep], return_inverse=True)[1].astype(np.int64),
            rows=self.rows[keep],
            unit_names=tuple(self.unit_names[u] for u in left),
            drops=(*self.drops, Drop(reason, gone)),
        )

    def noting(self, *notes: Text) -> Design:
        """The design with further notes."""
        return replace(self, notes=(*self.notes, *notes))


def design(
    panel: Panel,
    outcome: str,
    first_treated: str | None = None,
    *,
    treated: str | None = None,
    comparison: Comparison = "never",
    controls: Sequence[str] = (),
    cluster: str | None = None,
    anticipation: int = 0,
    window: tuple[int, int] | None = None,
    gaps: Gaps = "refuse",
) -> Design:
    """The sample of a policy evaluation, checked, with every row that left counted by reason.

    Parameters
    ----------
    panel : Panel
    outcome, first_treated, treated, comparison, controls, cluster, anticipation, window, gaps
        See `Asked`.

    Raises
    ------
    ConfigError
        An option cannot be read.
    SchemaError
        A column is absent or not numeric, or time is not counted in whole numbers.
    DataError
        The first treated period differs within a unit, treatment switches off, clusters cut units, nobody is treated,
        nobody is compared with, or (unless `gaps` says otherwise) units or whole periods are missing in between.

    Notes
    -----
    In this order: rows with a missing outcome, control or cluster leave; units first treated after the last period
    count as never treated (they leave if their anticipation reaches into the sample); units treated from the first
    period on have no period before treatment and leave; then `gaps` is applied.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"i": [1, 1, 2, 2], "t": [1, 2, 1, 2], "y": [0.0, 1.0, 0.0, 0.5], "g": [2, 2, 0, 0]})
    >>> d = design(Panel.from_frame(table, id="i", time="t"), "y", "g")
    >>> d.cohorts.tolist(), d.treated.tolist()
    ([2], [False, True, False, False])
    """
    if isinstance(controls, str):
        raise bad_option("controls", Text("列名的列表，如 ['x']", "a list of columns, such as ['x']"), controls)
    asked = Asked(
        outcome, first_treated, treated, comparison, tuple(controls), cluster, anticipation, window, gaps
    )  # fmt: skip
    whole = _complete_rows(panel, asked)
    if not whole.n:
        raise faults.nothing_left(whole.drops)
    found = _with_gaps_settled(_without_always_treated(_settled_late(whole)), panel)
    said = tuple(note for note in found.notes if note not in panel.notes)
    faults.require_both_groups(found.unit_first, NEVER, found.drops, said)
    return found


def _complete_rows(panel: Panel, asked: Asked) -> Design:
    """All rows with outcome, controls and cluster."""
    period = whole_periods(panel)
    first = first_treated(panel, asked.first_treated, asked.treated)
    outcome, *controls = panel.arrays(asked.outcome, *asked.controls)
    unit = panel.codes(panel.id)
    cluster, known = _clusters(panel, asked.cluster, unit)
    names = panel.frame[panel.id].unique(maintain_order=True).to_list()
    values = np.column_stack(controls) if controls else np.empty((panel.n, 0))
    whole = Design(
        asked, unit, period, first, outcome, values, cluster, np.arange(panel.n), tuple(names),
        panel.drops, panel.notes, panel.provenance.simulated, panel.provenance.name,
    )  # fmt: skip
    full = np.isfinite(outcome) & np.isfinite(values).all(axis=1) & known
    return whole.only(full, Text("结果、控制变量或聚类缺失", "outcome, control or cluster missing"))


def _clusters(panel: Panel, name: str | None, unit: Codes) -> tuple[Codes, Mask]:
    """Codes of the clusters and whether they are known; constant within units."""
    if name is None:
        return unit, np.ones(panel.n, dtype=np.bool_)
    if name not in panel.frame.columns:
        panel.arrays(name)
    column = panel.frame[name]
    known = (column.is_not_null() & ~column.is_nan() if column.dtype.is_float() else column.is_not_null()).to_numpy()
    codes = np.zeros(panel.n, dtype=np.int64)
    codes[known] = dense_codes([column.filter(pl.Series(known))])
    pairs = np.unique(np.column_stack([unit[known], codes[known]]), axis=0)
    cut = len(pairs) - len(np.unique(pairs[:, 0]))
    if cut:
        raise DataError(
            Text("聚类 {c} 切开了单位", "the clusters {c} cut units").format(c=name),
            expected=Text("每个单位只属于一个聚类", "each unit in one cluster"),
            found=Text("{k} 个单位跨聚类", "{k} units in several").format(k=cut),
            remedy=Text("用单位或更粗的层级聚类", "cluster by the unit or something coarser"),
        )
    return codes, known


def _settled_late(whole: Design) -> Design:
    """Units treated after the last period count as never treated, unless they already anticipate."""
    last = int(whole.period.max())
    late = whole.ever & (whole.first > last)
    if not late.any():
        return whole
    reach = late & (whole.first - whole.asked.anticipation <= last)
    found = whole.only(
        ~reach, Text("样本结束前已可能预期处理", "may anticipate treatment that begins after the sample")
    )
    late = found.ever & (found.first > last)
    units = len(np.unique(found.unit[late]))
    settled = replace(found, first=np.where(late, NEVER, found.first))
    return settled.noting(
        Text(
            "{k} 个单位在样本最后一期（{t}）之后才受处理，视为未处理",
            "{k} units are first treated after the last period ({t}) and count as never treated",
        ).format(k=units, t=last)
    )


def _without_always_treated(whole: Design) -> Design:
    earliest = int(whole.period.min()) + whole.asked.anticipation
    keep = whole.first > earliest
    return whole.only(
        keep, Text("自首期起已受处理，无处理前时期", "treated from the first period on: no period before")
    )


def _with_gaps_settled(whole: Design, panel: Panel) -> Design:
    """Missing periods of units or of everybody: refused, dropped or kept, as asked."""
    periods = whole.periods
    absent = np.setdiff1d(np.arange(periods[0], periods[-1] + 1), periods) if len(periods) else periods
    if len(absent) and whole.asked.gaps == "refuse":
        raise faults.absent_periods(panel.time, absent)
    incomplete = whole.incomplete
    if not incomplete.any():
        return whole
    if whole.asked.gaps == "refuse":
        raise faults.incomplete_units(panel.id, whole.unit_names, incomplete, len(periods))
    if whole.asked.gaps == "drop_units":
        return whole.only(~incomplete[whole.unit], Text("单位未在每期出现", "unit not seen in every period"))
    return whole.noting(
        Text("{k} 个单位未在每期出现，仍保留", "{k} units are not seen in every period and are kept").format(
            k=int(incomplete.sum())
        )
    )
