"""Nonparametric envelopment with undesirable output: directional distance and shadow price by linear programming.

max beta s.t. X'(z + w) <= x_o - beta gx, Y'z >= y_o + beta gy, B'z = b_o - beta gb, 1'(z + w) = 1, z, w >= 0 is the
default (Kuosmanen 2005). The dual gives prices u of the goods and w of the bads; MAC = p w / u, of the first of each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import evidence
from dualcarbon.frontier.evidence import Finding
from dualcarbon.frontier.model import CODE, GroupData, GroupFit
from dualcarbon.frontier.models._prices import SAME, prices
from dualcarbon.frontier.models._rows import Mask, counts, place, scored, steps, usable
from dualcarbon.kernels.envelopment import FAILED, SOLVED, Form, Scores, score

Array = NDArray[np.float64]

LARGEST = 2_000_000
"""Most observations one reference set may have."""
COMPARED = 400
"""Rows on which the level shift is judged, spread evenly over their CO2."""
_ZERO = 1e-11
_ROWS_PER_DIMENSION = 3

_FORMS: dict[tuple[str, str], Form] = {
    ("kuosmanen", "variable"): "kuosmanen",
    ("kuosmanen", "constant"): "constant",
    ("weak", "constant"): "constant",
    ("shephard", "variable"): "shephard",
    ("shephard", "constant"): "constant",
    ("sum_z_one", "variable"): "sum_z_one",
    ("bad_as_input", "variable"): "bad_as_input",
    ("bad_as_input", "constant"): "bad_as_input_constant",
}
_LABEL = Text("包络（非参数）", "Envelopment (nonparametric)")
_MEASURE = Text(
    "beta：沿所设方向到包络前沿的距离，以方向向量的倍数计",
    "beta: distance to the envelopment frontier in multiples of the direction",
)


@dataclass(frozen=True, slots=True)
class EnvelopmentModel:
    """Data envelopment with weak disposability, or with bads as inputs; several goods and bads.

    Parameters
    ----------
    screen : bool
        Reference set and scores only for the rows the conditional screen keeps; the others get the status outlier.
        Groups with fewer than 30 rows per coefficient of the screen are not screened.
    level_shift : bool
        Where the screen drops rows, or would, score once more with the opposite choice: `mac_screened` and
        `mac_untreated` in the facts are medians over rows it keeps, at most 400, spread evenly over their CO2.
    largest : int
        Most observations one reference set may have; time and memory grow with it.

    Notes
    -----
    Disposability and returns: `kuosmanen`, `shephard` (no movement of inputs) and `sum_z_one` under variable
    returns; `kuosmanen`, `weak` and `shephard` are the same technology under constant returns (Chung, Faere &
    Grosskopf 1997). `sum_z_one` is offered for comparison with packages that use it: it is not weakly disposable.
    `bad_as_input` lets bads be thrown away freely: B'z <= b_o - beta gb.

    `abatement_room` = beta gb / b. Prices are not unique where facets meet: `mac_low` and `mac_high` are the slopes
    of the frontier to the right (more CO2) and to the left (less CO2) of the projection. Statuses: ok, one price;
    kink, an interval, where `mac` is its geometric mean if `mac_low` > 0, else `mac_high`, the cost of the next tonne
    avoided; zero; negative (the whole interval, `mac` its high end); infinite, the good has no price (`mac` NaN, both
    ends inf); edge, CO2 cannot move further to one side (`mac` NaN, that end infinite); infeasible, no score (also
    where the solver gave up, counted in `failed`); no_bad, b = 0, dropped from the reference set. Room, MAC and its
    interval are of the first bad in the first good; `mac_<bad>` are the prices of further bads at the multipliers
    found, one of several where facets meet, NaN where the good has no price.

    Kuosmanen (2005), American Journal of Agricultural Economics 87, 1077-1082,
    doi:10.1111/j.1467-8276.2005.00788.x; Kuosmanen & Podinovski (2009), ibid. 91, 539-545,
    doi:10.1111/j.1467-8276.2008.01238.x; Chung, Faere & Grosskopf (1997), Journal of Environmental Management 51,
    229-240, doi:10.1006/jema.1997.0146.
    """

    screen: bool = True
    level_shift: bool = True
    largest: int = LARGEST
    name: str = field(default="envelopment", init=False)
    label: Text = field(default=_LABEL, init=False, repr=False)
    measure: Text = field(default=_MEASURE, init=False, repr=False)
    warning: Text | None = field(default=None, init=False, repr=False)
    pools: bool = field(default=False, init=False, repr=False)
    several: bool = field(default=True, init=False, repr=False)

    def least(self, technology: Technology) -> int:
        """One row per input and output."""
        return len(technology.inputs) + len(technology.goods) + len(technology.bads)

    def check(self, technology: Technology, direction: Direction) -> None:
        """A technology in the list, a direction that is nonnegative and moves something.

        Raises
        ------
        ConfigError
            For returns "bic", for a disposability that does not go with the returns, for `shephard` under variable
            returns with a direction that moves inputs, for a direction that moves nothing or the wrong way.
        """
        if (technology.disposability, technology.returns) not in _FORMS:
            allowed = ", ".join(f"{d} + {r}" for d, r in _FORMS)
            raise ConfigError(
                Text("包络模型没有这种技术", "envelopment has no such technology"),
                expected=both(allowed),
                found=both(f"{technology.disposability} + {technology.returns}"),
                remedy=Text(
                    "改用所列的可处置性与规模报酬组合；非参数模型没有似然，不能用 bic",
                    "use a pair of disposability and returns in the list; without a likelihood there is no bic",
                ),
            )
        still = technology.disposability == "shephard" and technology.returns == "variable"
        if not _moves(direction) or (still and _moves_inputs(direction, technology)):
            raise ConfigError(
                Text("包络模型不支持该方向", "envelopment does not support this direction"),
                expected=Text(
                    "各分量非负、不全为零；shephard 规模报酬可变时投入分量为零",
                    "components nonnegative and not all zero; inputs zero for shephard under variable returns",
                ),
                found=both(repr(direction)),
                remedy=Text("改方向，或改用 kuosmanen", "change the direction, or use kuosmanen"),
            )

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Score every observation of one reference set.

        Raises
        ------
        ConfigError
            If the reference set is larger than `largest`.
        """
        rows = usable(data, self.screen)
        self._refuse_large(int(np.count_nonzero(rows.positive if self.level_shift else rows.fit)))
        form = _FORMS[technology.disposability, technology.returns]
        at = scored(data, rows)
        done = _priced(data, rows.fit, at, direction, form)
        facts = counts(data, rows) | _measures(data.b[at], done)
        if self.level_shift:
            compared = _spread(at & rows.plausible, data.b)
            own = _median(done, compared[at])
            rival = _median(_priced(data, rows.rival, compared, direction, form)) if rows.screened else own
            facts |= dict(
                zip(("mac_screened", "mac_untreated"), (own, rival)[:: 1 if rows.treated else -1], strict=True)
            )
        numbers = np.maximum(done.scores.beta, 0.0), done.room, done.mac, done.scores.low, done.scores.high
        few = evidence.few(facts["n_fit"], _ROWS_PER_DIMENSION * self.least(technology))
        verdict = evidence.judge(
            [few, evidence.one_ratio(np.log(data.y[rows.fit]), np.log(data.b[rows.fit])), *_findings(facts)]
        )
        further = np.where(np.isfinite(done.scores.further), done.scores.further, np.nan).T
        columns = {f"mac_{bad}": prices for bad, prices in zip(technology.bads[1:], further, strict=True)}
        return place(rows, numbers, done.status, verdict, facts, columns, at)

    def _refuse_large(self, rows: int) -> None:
        if rows > self.largest:
            raise ConfigError(
                Text("包络模型的参照集太大", "the reference set is too large for envelopment"),
                expected=Text("至多 {n} 个观测", "at most {n} observations").format(n=self.largest),
                found=both(str(rows)),
                remedy=Text(
                    "按年设前沿（reference 取 contemporaneous）、细分组别、改用 translog_ml，或以 "
                    "EnvelopmentModel(largest=...) 放宽（内存和时间随之增加）",
                    'one frontier per period (reference="contemporaneous"), finer groups, translog_ml, or '
                    "EnvelopmentModel(largest=...) if there is memory and time",
                ),
            )


@dataclass(frozen=True, slots=True)
class _Priced:
    """The evaluated rows: scores, room as a share of own CO2, status codes, MAC and its interval."""

    scores: Scores
    room: Array
    status: NDArray[np.int8]
    mac: Array


def _moves(direction: Direction) -> bool:
    """Whether something moves, and nothing the wrong way; columns of a custom direction are checked by `fit`."""
    parts = (direction.inputs, direction.good, direction.bad)
    if direction.columns:
        return any(isinstance(step, str) or step > 0.0 for _, step in direction.columns)
    return min(parts) >= 0.0 and max(parts) > 0.0


def _moves_inputs(direction: Direction, technology: Technology) -> bool:
    named = any(name in technology.inputs and step != 0.0 for name, step in direction.columns)
    return direction.inputs > 0.0 or named


def _spread(rows: Mask, b: Array) -> Mask:
    """At most COMPARED of the rows, whatever their order: every so many by CO2."""
    found = np.flatnonzero(rows)
    chosen = found[np.argsort(b[found], kind="stable")][:: max(1, -(-found.size // COMPARED))]
    mask = np.zeros_like(rows)
    mask[chosen] = True
    return mask


def _priced(data: GroupData, reference: Mask, rows: Mask, direction: Direction, form: Form) -> _Priced:
    gx, gy, gb = steps(data, reference, rows, direction)
    frontier = data.x[reference], data.goods[reference], data.bads[reference]
    units = data.x[rows], data.goods[rows], data.bads[rows]
    scores = score(frontier, units, (gx, gy, gb), form)
    zero = _ZERO * frontier[1][:, 0].mean() / frontier[2][:, 0].mean()
    status, mac = prices(scores.low, scores.high, scores.status == SOLVED, zero)
    return _Priced(scores, np.maximum(scores.beta, 0.0) * gb[:, 0] / data.b[rows], status, mac)


def _median(done: _Priced, rows: Mask | None = None) -> float:
    """Median MAC over rows with a price."""
    priced = np.isin(done.status, (CODE["ok"], CODE["kink"]))
    chosen = done.mac[priced if rows is None else priced & rows]
    return float(np.median(chosen)) if chosen.size else math.nan


def _measures(b: Array, done: _Priced) -> dict[str, float]:
    """What is printed of every frontier and judged by `evidence`; shares of its rows by status."""
    priced = np.isin(done.status, (CODE["ok"], CODE["kink"]))
    solved = done.scores.status == SOLVED
    shares = ("ok", "kink", "zero", "infinite", "negative", "edge", "infeasible")
    return {
        "aggregate_room": float(done.room[solved] @ b[solved] / b[solved].sum()) if solved.any() else math.nan,
        "efficient_share": float(np.mean(done.scores.beta[solved] <= SAME)) if solved.any() else math.nan,
        "mac_median": _median(done),
        "mac_weighted": float(done.mac[priced] @ b[priced] / b[priced].sum()) if priced.any() else math.nan,
        **{f"{name}_share": float(np.mean(done.status == CODE[name])) for name in shares},
        "failed": int(np.count_nonzero(done.scores.status == FAILED)),
        "mac_screened": math.nan,
        "mac_untreated": math.nan,
    }


def _findings(facts: dict[str, float]) -> list[Finding | None]:
    screened, untreated = facts["mac_screened"], facts["mac_untreated"]
    if math.isnan(screened) and math.isnan(untreated):
        return [evidence.room(facts["aggregate_room"])]
    known = screened > 0.0 and untreated > 0.0
    shift = abs(math.log(untreated / screened)) if known else math.inf
    return [evidence.room(facts["aggregate_room"]), evidence.level_shift(shift)]


MODEL = EnvelopmentModel()
