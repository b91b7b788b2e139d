"""Who gets permits, and where the money of an auction goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.options import require_choice
from dualcarbon.core.panel import as_polars
from dualcarbon.core.text import Text, both
from dualcarbon.market.faults import bad_rows, columns_absent, option, require_number
from dualcarbon.market.firms import Firms, numbers
from dualcarbon.market.words import REVENUES, Revenue

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Given:
    """Permits given free, (n,), and what is to be said about them."""

    permits: Array
    notes: tuple[Text, ...] = ()


class Rule(Protocol):
    """Gives permits free; what is left of the cap is sold, and `revenue` says what happens to the money."""

    @property
    def revenue(self) -> Revenue: ...

    def give(self, firms: Firms, covered: Mask, cap: float) -> Given:
        """Permits of every firm; 0 for firms that are not covered."""
        ...


@dataclass(frozen=True, slots=True)
class Grandfathering:
    """All permits free, in proportion to today's CO2."""

    revenue: Revenue = "kept"

    def give(self, firms: Firms, covered: Mask, cap: float) -> Given:
        """cap b / sum b."""
        return Given(_shared(firms.co2, covered, cap))


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All permits free, in proportion to a benchmark times today's output: fixed numbers, whatever firms produce later.

    Parameters
    ----------
    by : str or None
        Column of groups; the benchmark of a group is its mean CO2 per output. None: one benchmark for all.
    """

    by: str | None = None
    revenue: Revenue = "kept"

    def give(self, firms: Firms, covered: Mask, cap: float) -> Given:
        """cap (beta y) / sum (beta y)."""
        rates = mean_intensity(firms, covered, self.by)
        return Given(_shared(rates * np.maximum(firms.output, 0.0), covered, cap))


@dataclass(frozen=True, slots=True)
class Auction:
    """All permits sold at the clearing price; the revenue is kept, or returned in lump sums."""

    revenue: Revenue = "kept"

    def give(self, firms: Firms, covered: Mask, cap: float) -> Given:
        """None."""
        return Given(np.zeros(firms.n))


@dataclass(frozen=True, slots=True)
class Mixed:
    """A share of the permits free by one rule, the rest sold."""

    share: float
    free: Grandfathering | Benchmark = field(default_factory=Grandfathering)
    revenue: Revenue = "kept"

    def give(self, firms: Firms, covered: Mask, cap: float) -> Given:
        """share times what the rule gives.

        Raises
        ------
        ConfigError
            Unless 0 <= share <= 1.
        """
        require_number("share", self.share)
        if self.share > 1.0:
            option("share", self.share, both("0 <= share <= 1"))
        return Given(self.share * self.free.give(firms, covered, cap).permits)


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Permits from a table of the user; what the cap leaves is sold.

    Parameters
    ----------
    table : frame with the columns `key` and `permits`
    key : str
        Column of both tables, unique in each.
    permits : str
    """

    table: object = field(repr=False)
    key: str = "firm"
    permits: str = "permits"
    revenue: Revenue = "kept"

    def give(self, firms: Firms, covered: Mask, cap: float) -> Given:
        """The permits listed. Firms not listed get none; listed ids that are no firm are counted with their permits.

        Raises
        ------
        SchemaError
            If a column is absent.
        DataError
            If a key is listed twice (also "1" and "01" where the firms' keys are numbers), a number of permits is
            missing or negative, or they exceed the cap.
        """
        listed = self._checked(firms)
        joined = firms.table.select(self.key).join(
            listed.drop_nulls(self.key), on=self.key, how="left", maintain_order="left", validate="m:1"
        )
        permits = np.where(covered, numbers(joined.with_columns(pl.col("permits").fill_null(0.0)), "permits"), 0.0)
        total = float(permits.sum())
        if total > cap * (1.0 + 1e-9):
            bad_rows(
                Text("配额表的总量超过总量上限", "the permits listed exceed the cap"),
                Text("不超过 {c}，实际 {t}", "at most {c}, they are {t}").format(c=f"{cap:.10g}", t=f"{total:.10g}"),
                Text("提高 cap 或缩减配额", "raise cap= or scale the permits"),
                firms.table,
                permits > 0.0,
            )
        return Given(permits, self._unmatched(firms, listed, joined, covered))

    def total(self, firms: Firms, covered: Mask) -> float:
        """What the list gives to covered firms: the cap where none is stated."""
        return float(self.give(firms, covered, np.inf).permits.sum())

    def _checked(self, firms: Firms) -> pl.DataFrame:
        listed = as_polars(self.table)
        remedy = Text("用 key= 与 permits= 指明列", "name the columns by key= and permits=")
        columns_absent(listed, (self.permits,), remedy)
        for one in (listed, firms.table):
            if self.key not in one.columns:
                columns_absent(one, (self.key,), remedy)
            _unique(one, self.key)
        values = numbers(listed, self.permits)
        wrong = ~((values >= 0.0) & np.isfinite(values))
        if wrong.any():
            bad_rows(
                Text("配额缺失或为负", "permits are missing or negative"),
                Text("非负有限数", "finite and not negative"),
                Text("改正配额表", "correct the list of permits"),
                listed,
                wrong,
            )
        as_given = listed[self.key].cast(pl.String).alias("as_given")
        key = listed[self.key].cast(firms.table.schema[self.key], strict=False)
        found = pl.DataFrame([key, as_given, pl.Series("permits", values)])
        _unique(found, self.key)
        return found

    def _unmatched(self, firms: Firms, listed: pl.DataFrame, joined: pl.DataFrame, covered: Mask) -> tuple[Text, ...]:
        strange = listed.join(firms.table.select(self.key), on=self.key, how="anti", maintain_order="left")
        without = joined["permits"].is_null().to_numpy() & covered
        idle = joined.filter(pl.Series(~covered))["permits"].drop_nulls()
        said = []
        if strange.height:
            said.append(
                Text(
                    "配额表有 {n} 个编号不在企业表中（首先是 {k}），其配额 {t} 不进入市场",
                    "{n} ids of the list of permits are no firms (first {k}); their permits, {t}, do not enter the "
                    "market",
                ).format(
                    n=strange.height, k=strange["as_given"].head(3).to_list(), t=f"{strange['permits'].sum():.10g}"
                )
            )
        if without.any():
            said.append(
                Text(
                    "{n} 家覆盖企业不在配额表中，没有免费配额",
                    "{n} covered firms are not listed and get no free permits",
                ).format(n=int(without.sum()))
            )
        if idle.len():
            said.append(
                Text(
                    "{n} 家列出的企业不在覆盖范围内，其配额 {t} 不进入市场",
                    "{n} listed firms are not covered; their permits, {t}, do not enter the market",
                ).format(n=idle.len(), t=f"{idle.sum():.10g}")
            )
        return tuple(said)


AllocationWord = Literal["grandfathering", "benchmark", "auction"]
_WORDS: dict[str, type[Grandfathering | Benchmark | Auction]] = {
    "grandfathering": Grandfathering,
    "benchmark": Benchmark,
    "auction": Auction,
}


def rule_of(allocation: AllocationWord | Rule, revenue: Revenue) -> Rule:
    """The rule an object is, or a word names together with the use of revenue."""
    if not isinstance(allocation, str) and hasattr(allocation, "revenue"):
        require_choice("revenue", allocation.revenue, tuple(REVENUES))
        return allocation
    require_choice("allocation", allocation, tuple(_WORDS))
    return _WORDS[str(allocation)](revenue=revenue)


def mean_intensity(firms: Firms, covered: Mask, by: str | None) -> Array:
    """Sum of CO2 over sum of output of the covered firms of the same group, (n,)."""
    output = np.maximum(firms.output, 0.0)
    if by is None:
        total = float(output[covered].sum())
        if not total > 0.0:
            option("benchmark", total, Text("覆盖企业的总产出为正", "a positive total output of the covered firms"))
        return np.full(firms.n, float(firms.co2[covered].sum()) / total)
    code = group_codes(firms, by)
    groups = int(code.max()) + 1
    co2, made = (np.bincount(code[covered], part[covered], minlength=groups) for part in (firms.co2, output))
    rows = covered & ((co2 > 0.0) & (made <= 0.0))[code]
    if rows.any():
        bad_rows(
            Text("按 {c} 分的某些组有排放而没有产出", "groups by {c} have CO2 but no output").format(c=by),
            Text("每组产出之和为正，才有平均强度", "a positive output in each group, for its mean intensity"),
            Text("改正 output，或逐组给出 benchmark", "correct output, or give benchmark= by group"),
            firms.table,
            rows,
        )
    return np.asarray(np.divide(co2, made, out=np.zeros_like(co2), where=made > 0.0)[code])


def group_codes(firms: Firms, by: str) -> NDArray[np.int64]:
    """Dense codes of a column, (n,).

    Raises
    ------
    ConfigError
        If the column is absent.
    """
    if by not in firms.table.columns:
        require_choice("by", by, firms.table.columns)
    return (firms.table[by].rank("dense").fill_null(0).cast(pl.Int64)).to_numpy()


def returned(revenue: float, use: Revenue, firms: Firms, covered: Mask) -> Array:
    """Lump sums to the covered firms, (n,)."""
    if use == "kept" or revenue == 0.0:
        return np.zeros(firms.n)
    base = {"per_firm": np.ones(firms.n), "by_output": np.maximum(firms.output, 0.0), "by_co2": firms.co2}[use]
    return _shared(base, covered, revenue)


def _shared(base: Array, covered: Mask, total: float) -> Array:
    sums = float(base.sum()) if covered.all() else float(base[covered].sum())
    if not sums > 0.0:
        option("allocation", sums, Text("分配基数之和为正", "a positive sum of what permits are given for"))
    shared = base * (total / sums)
    return shared if covered.all() else np.where(covered, shared, 0.0)


def _unique(table: pl.DataFrame, key: str) -> None:
    twice = table[key].is_duplicated() & table[key].is_not_null()
    if twice.any():
        bad_rows(
            Text("键 {k} 重复", "the key {k} is not unique").format(k=key),
            Text("每个编号只出现一次", "each id once"),
            Text("先合并或删去重复行", "merge or drop the duplicates"),
            table,
            twice.to_numpy(),
        )
