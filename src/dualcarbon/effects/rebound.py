"""Rebound: how much of the energy that technique saves is taken back by output."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import NotIdentifiedError
from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text

if TYPE_CHECKING:
    from dualcarbon.kernels.fieller import RatioSet

Floats = NDArray[np.float64]

SCOPE = Text(
    "仅为企业层面的产出回弹：不含其他企业、价格、居民与数字部门自身用能的回弹。",
    "Output rebound at the level of the firm only: rebound through other firms, prices, households and the energy use "
    "of the digital sector itself is not in it.",
)

_ESTABLISHED = 0.05

_KINDS = {
    "interval": Text("[{l}, {h}]", "[{l}, {h}]"),
    "complement": Text(
        "(-∞, {l}] 与 [{h}, ∞)：分母在该水平上不显著，区间取补集",
        "(-inf, {l}] and [{h}, inf): the denominator is not significant at this level, the set is what lies outside",
    ),
    "line": Text(
        "整条实数轴：数据对该比值没有信息",
        "the whole line: the data carry no information on the ratio",
    ),
}


@dataclass(frozen=True, slots=True)
class Rebound:
    """A rebound R = -output effect / saving effect with the set of values that a t test does not reject.

    Attributes
    ----------
    name : Text
        Energy or carbon rebound.
    value : float
        R; 0.3 says that output takes back 30 % of the saving.
    se : float
        Delta method; misleading where the saving is weak: use `interval`.
    interval : RatioSet
        Fieller's set: `kind` interval, complement or line; `low`, `high`.
    level : float
        Its confidence.
    saves : bool
        Whether the saving effect is negative. If it is not there is no saving to take back, and R says nothing.
    jevons : bool
        Whether R > 1 with a saving: use rises although its intensity falls.
    jevons_p : float
        One-sided p value against R <= 1: the larger of those of "intensity does not fall" and "use does not rise"
        (intersection-union, Berger 1982).
    """

    name: Text
    value: float
    se: float
    interval: RatioSet
    level: float
    saves: bool
    jevons: bool
    jevons_p: float

    def __float__(self) -> float:
        return self.value

    @property
    def said(self) -> Text:
        """The interval in words."""
        words = _KINDS[self.interval.kind]
        return words.format(l=f"{self.interval.low:.4g}", h=f"{self.interval.high:.4g}")

    @property
    def verdict(self) -> Text:
        """What the estimate says of Jevons' paradox, in words."""
        if not self.saves:
            return Text(
                "强度没有下降，无节约可言，回弹无定义",
                "intensity does not fall: there is no saving, and no rebound of it",
            )
        if not self.jevons:
            words = Text("R ≤ 1，未见杰文斯悖论（单侧 p = {p}）", "R <= 1, no Jevons' paradox (one-sided p = {p})")
        elif self.jevons_p < _ESTABLISHED:
            words = Text("R > 1，杰文斯悖论成立（单侧 p = {p}）", "R > 1, Jevons' paradox (one-sided p = {p})")
        else:
            words = Text(
                "点估计 R > 1，但在 5% 水平上不能断定杰文斯悖论（单侧 p = {p}）",
                "R > 1 in the estimate, Jevons' paradox not established at 5 % (one-sided p = {p})",
            )
        return words.format(p=f"{self.jevons_p:.4f}")

    def __repr__(self) -> str:
        share = f"{100 * self.level:g} %"
        return f"Rebound({self.name.en}: {self.value:.4f}, {share} {self.said.en}; {self.verdict.en})"


def rebound_of(
    output: tuple[int, ...], saving: tuple[int, ...], coef: Floats, vcov: Floats, df: float, level: float
) -> Rebound:
    """R = -(sum of b_output) / (sum of b_saving), from coefficients (m,) and their covariance (m, m).

    With output the scale channel and the saving the technique channel, R = -b_Y / b_EI = 1 - b_E / b_EI. With technique
    and structure together, R_C = -b_Y / (b_EI + b_CF) = 1 - b_C / (b_EI + b_CF).

    Parameters
    ----------
    output, saving : positions whose coefficients sum to the output and to the saving effect
    coef, vcov : (m,), (m, m)
    df : degrees of freedom of the t distribution
    level : confidence of the interval

    Raises
    ------
    NotIdentifiedError
        The parts of the saving cancel in every row, so that there is no saving effect to divide by.

    Notes
    -----
    Fieller's set: `kernels.fieller`. Berger (1982), Technometrics 24, 295-300,
    https://doi.org/10.1080/00401706.1982.10487790.
    """
    from scipy.stats import t as student

    from dualcarbon.kernels.fieller import fieller

    pick = np.zeros((2, len(coef)))
    pick[0, list(output)], pick[1, list(saving)] = -1.0, 1.0
    (top, bottom), v = pick @ coef, pick @ vcov @ pick.T
    _require_saving(v, vcov[np.ix_(saving, saving)])
    critical = float(student.ppf(0.5 + level / 2.0, df))
    found = fieller(float(top), float(bottom), (float(v[0, 0]), float(v[0, 1]), float(v[1, 1])), critical)
    value = float(top / bottom)
    slope = np.array([1.0, -value]) / bottom
    use = np.array([-1.0, 1.0])
    p_use = float(student.sf(float(use @ (top, bottom)) / _error(use, v), df))
    p_saving = float(student.cdf(float(bottom) / _error(np.array([0.0, 1.0]), v), df))
    name = _CARBON if len(saving) > 1 else _ENERGY
    saves = bool(bottom < 0.0)
    return Rebound(name, value, _error(slope, v), found, level, saves, saves and value > 1.0, max(p_use, p_saving))


def _error(weights: Floats, vcov: Floats) -> float:
    """Standard error of a combination; NaN where a covariance of several ways of clusters gives no variance."""
    variance = float(weights @ vcov @ weights)
    return math.sqrt(variance) if variance > 0.0 else math.nan


def _require_saving(v: Floats, parts: Floats) -> None:
    if len(parts) > 1 and abs(v[1, 1]) <= _CANCELLED * float(np.trace(parts)):
        raise NotIdentifiedError(
            Text("碳强度 C/Y 没有变动，碳回弹无定义", "carbon intensity C/Y does not vary: no carbon rebound"),
            expected=Text("CO2 与产出之比在效应之外有变动", "CO2 per output that varies beyond the effects"),
            found=Text("技术与结构两项在每一行相互抵消", "technique and structure cancel in every row"),
            remedy=Text(
                "检查 CO2 是否由产出乘以系数得来；应由能源用量核算",
                "see whether CO2 was computed from output; account for it from energy use",
            ),
        )


_CANCELLED = 1e-13
"""Variance of the saving, relative to those of its parts, that is nothing but rounding."""

_ENERGY = Text("能源回弹", "Energy rebound")
_CARBON = Text("碳回弹", "Carbon rebound")
_FORMULA = Text(
    "能源回弹 = -b(规模) / b(技术)；碳回弹 = -b(规模) / [b(技术) + b(结构)]。",
    "Energy rebound = -b(scale) / b(technique); carbon rebound = -b(scale) / [b(technique) + b(structure)].",
)


def rebound_table(
    rebounds: tuple[Rebound, ...], number: Text, notes: tuple[Text, ...], source: Text, simulated: bool
) -> Table:
    """The rebounds as a three-line table."""
    share = f"{100 * rebounds[0].level:g}"
    headers = (
        Header("rebound", Text("回弹", "Rebound")),
        Header("value", Text("估计值", "Estimate")),
        Header("se", Text("标准误", "Std. error")),
        Header("interval", Text("Fieller {s}% 置信集", "Fieller {s} % set").format(s=share)),
        Header("jevons", Text("杰文斯悖论", "Jevons' paradox")),
    )
    rows = tuple(
        (Cell(r.name), Cell(r.value, ".4f"), Cell(r.se, ".4f", bracket=True), Cell(r.said), Cell(r.verdict))
        for r in rebounds
    )
    title = Text("数字技术应用的回弹效应", "Rebound of digital technology")
    keys = ("energy", "carbon")[: len(rows)]
    return Table(
        "table_rebound", number, title, headers, rows, (SCOPE, _FORMULA, *notes), source, simulated, row_keys=keys
    )
