"""What became of every firm-year: shares of rows by status, of the default model and of the quadratic."""

from __future__ import annotations

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.text import Text, both
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.cmri2024.words import source

_DEFAULT = Text("默认模型", "Default model")
_QUADRATIC = Text("二次型", "Quadratic")
_ROWS = Text("行数", "Rows")
_SHARE = Text("比重", "Share")
MEANINGS = {
    "ok": Text("价格唯一且有限", "one finite price"),
    "kink": Text("在前沿的折点：价格为一个区间", "at a kink of the frontier: the price is an interval"),
    "zero": Text("价格为零：减排不必放弃产出", "price zero: abatement costs no output"),
    "infinite": Text("价格无穷大", "infinite price"),
    "negative": Text("价格为负", "negative price"),
    "edge": Text("在允许范围的边界，价格取边界值", "at the border of the allowed range, priced there"),
    "infeasible": Text("规划没有可行解", "the programme has no solution"),
    "no_price": Text("该模型不能识别价格", "the model identifies no price"),
    "no_bad": Text("没有 CO2 排放，没有价格", "no CO2, hence no price"),
    "outlier": Text("条件筛查判为异常值，不参加拟合", "outlier of the conditional screen, left out of the fit"),
    "missing": Text("所需数据缺失", "data missing"),
    "refused": Text("所在行业的拟合被拒绝，不给价格", "the industry's fit is refused, no price"),
}
"""What each status of an observation means, in the order of the statuses."""


def build(results: Results) -> Table:
    """One row per status that occurs under either model."""
    default, quadratic = _counts(results.default), _counts(results.quadratic)
    found = [name for name in MEANINGS if name in default or name in quadratic]
    return Table(
        key="table_status",
        number=Text("表 4-A", "Table 4-A"),
        title=Text("企业-年份按状态的分布", "Firm-years by status"),
        headers=(
            Header("status", Text("状态", "Status")),
            Header("meaning", Text("含义", "Meaning")),
            Header("default_rows", _ROWS, None, _DEFAULT),
            Header("default_percent", _SHARE, both("%"), _DEFAULT),
            Header("quadratic_rows", _ROWS, None, _QUADRATIC),
            Header("quadratic_percent", _SHARE, both("%"), _QUADRATIC),
        ),
        rows=tuple(
            (Cell(name), Cell(MEANINGS[name]), *_cells(name, default), *_cells(name, quadratic)) for name in found
        ),
        notes=(
            Text(
                "中位数、均值与回归只用默认模型下状态为 ok 的行。",
                "Medians, means and regressions use the rows with status ok under the default model.",
            ),
        ),
        source=source(results),
        simulated=results.sample.provenance.simulated,
    )


def _counts(frontier: FrontierResult) -> dict[str, tuple[int, float]]:
    return {status: (rows, 100.0 * share) for status, rows, share in frontier.shares().rows()}


def _cells(name: str, counts: dict[str, tuple[int, float]]) -> tuple[Cell, Cell]:
    rows, percent = counts.get(name, (0, 0.0))
    return Cell(rows, ",d"), Cell(percent, ".3f")
