"""Nonparametric envelopment with undesirable output: directional distance and shadow price by linear programming.

max beta s.t. X'(z + w) <= x_o - beta gx, Y'z >= y_o + beta gy, B'z = b_o - beta gb, 1'(z + w) = 1, z, w >= 0 is the
default (Kuosmanen 2005). The dual gives prices u of the goods and w of the bads; MAC = p w / u, of the first of each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text
from dualcarbon.frontier import evidence
from dualcarbon.frontier.model import GroupData, GroupFit
from dualcarbon.frontier.models._nonparametric import (
    NonparametricModel,
    Priced,
    check_technology,
    judged,
    moving,
    outward,
    refuse_direction,
    refuse_large,
    shifted,
)
from dualcarbon.frontier.models._prices import prices
from dualcarbon.frontier.models._rows import Mask, counts, place, scored, steps, usable
from dualcarbon.kernels.envelopment import FAILED, SOLVED, Form, Scores, score

Array = NDArray[np.float64]

LARGEST = 2_000_000
"""Most observations one reference set may have."""
COMPARED = 400
"""Rows on which the level shift is judged, spread evenly over their CO2."""
_ZERO = 1e-11

FORMS: dict[tuple[str, str], Form] = {
    ("kuosmanen", "variable"): "kuosmanen",
    ("kuosmanen", "constant"): "constant",
    ("weak", "constant"): "constant",
    ("shephard", "variable"): "shephard",
    ("shephard", "constant"): "constant",
    ("sum_z_one", "variable"): "sum_z_one",
    ("bad_as_input", "variable"): "bad_as_input",
    ("bad_as_input", "constant"): "bad_as_input_constant",
}
"""The kernel's word for disposability and returns."""
_DIRECTIONS = Text(
    "各分量非负、不全为零；shephard 规模报酬可变时投入分量为零",
    "components nonnegative and not all zero; inputs zero for shephard under variable returns",
)
_OTHERWISE = Text("改方向，或改用 kuosmanen", "change the direction, or use kuosmanen")
_SMALLER = Text(
    "按年设前沿（reference 取 contemporaneous）、细分组别、改用 translog_ml，或以 "
    "EnvelopmentModel(largest=...) 放宽（内存和时间随之增加）",
    'one frontier per period (reference="contemporaneous"), finer groups, translog_ml, or '
    "EnvelopmentModel(largest=...) if there is memory and time",
)
_LABEL = Text("包络（非参数）", "Envelopment (nonparametric)")
_MEASURE = Text(
    "beta：沿所设方向到包络前沿的距离，以方向向量的倍数计",
    "beta: distance to the envelopment frontier in multiples of the direction",
)


@dataclass(frozen=True, slots=True)
class EnvelopmentModel(NonparametricModel):
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

    def check(self, technology: Technology, direction: Direction) -> None:
        """A technology in the list, a direction that is nonnegative and moves something.

        Raises
        ------
        ConfigError
            For returns "bic", for a disposability that does not go with the returns, for `shephard` under variable
            returns with a direction that moves inputs, for a direction that moves nothing or the wrong way.
        """
        check_technology(self.label, technology, FORMS)
        still = technology.disposability == "shephard" and technology.returns == "variable"
        moves = moving(technology, direction)
        if not outward(technology, direction) or (still and moves & set(technology.inputs)):
            raise refuse_direction(self.label, direction, _DIRECTIONS, _OTHERWISE)

    def solve(self, data: GroupData, technology: Technology, direction: Direction) -> GroupFit:
        """Score every observation of one reference set.

        Raises
        ------
        ConfigError
            If the reference set is larger than `largest`.
        """
        rows = usable(data, self.screen)
        size = int(np.count_nonzero(rows.positive if self.level_shift else rows.fit))
        refuse_large(self.label, size, self.largest, _SMALLER)
        form = FORMS[technology.disposability, technology.returns]
        at = scored(data, rows.fit)
        done, scores = _priced(data, rows.fit, at, direction, form)
        facts = counts(data, rows) | done.facts() | {"failed": int(np.count_nonzero(scores.status == FAILED))}
        facts |= {"mac_screened": math.nan, "mac_untreated": math.nan}
        if self.level_shift:
            compared = _spread(at & rows.plausible, data.b)
            own = done.median(compared[at])
            rival = _priced(data, rows.rival, compared, direction, form)[0].median() if rows.screened else own
            facts |= rows.levels(own, rival)
        verdict = judged(data, rows, self.least(technology), [evidence.room(facts["aggregate_room"]), shifted(facts)])
        further = np.where(np.isfinite(scores.further), scores.further, np.nan).T
        columns = {f"mac_{bad}": prices for bad, prices in zip(technology.bads[1:], further, strict=True)}
        return place(rows, done.numbers, done.status, verdict, facts, columns, at)


def _spread(rows: Mask, b: Array) -> Mask:
    """At most COMPARED of the rows, whatever their order: every so many by CO2."""
    found = np.flatnonzero(rows)
    chosen = found[np.argsort(b[found], kind="stable")][:: max(1, -(-found.size // COMPARED))]
    mask = np.zeros_like(rows)
    mask[chosen] = True
    return mask


def _priced(data: GroupData, reference: Mask, rows: Mask, direction: Direction, form: Form) -> tuple[Priced, Scores]:
    gx, gy, gb = steps(data, reference, rows, direction)
    frontier = data.x[reference], data.goods[reference], data.bads[reference]
    units = data.x[rows], data.goods[rows], data.bads[rows]
    scores = score(frontier, units, (gx, gy, gb), form)
    zero = _ZERO * frontier[1][:, 0].mean() / frontier[2][:, 0].mean()
    solved, b = scores.status == SOLVED, data.b[rows]
    status, mac = prices(scores.low, scores.high, solved, zero)
    room = np.maximum(scores.beta, 0.0) * gb[:, 0] / b
    return Priced(b, scores.beta, room, solved, status, mac, scores.low, scores.high), scores


MODEL = EnvelopmentModel()
