"""A permit market on a user's table: read, find the columns, clear, compare, and show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

import polars as pl

from dualcarbon import market
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import Exhibit
from dualcarbon.core.options import require_choice
from dualcarbon.core.text import Language, Text, both
from dualcarbon.market.exhibit_words import MASSES, MONEY, Frame, unit_of
from dualcarbon.market.words import Excluded, ResponseName, Revenue, SchemeName
from dualcarbon.studies.market_columns import Firms, firms_table

KEY = "market"
"""Stem of the files written."""

FIRMS = f"{KEY}_firms.csv"
"""What every firm does, one row per row read."""

_TRADED = ("cap_and_trade", "performance_standard")
_SIZE = Text("规模", "Size")
_UNBOUNDED = Text(
    "比较中没有价格上下限：各项政策都达到有上下限的市场的排放。",
    "No price floor or ceiling here: every policy reaches the emissions of the market that has them.",
)
_SIZES: Mapping[object, Text] = {
    "small": Text("小", "small"),
    "medium": Text("中", "medium"),
    "large": Text("大", "large"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says.

    Attributes
    ----------
    data : data file, such as the results of a frontier
    cap : CO2, or a percentage of today's such as "90%"
    scheme, response, floor, ceiling, elasticity, allocation, benchmark, benchmark_by, tax, price_floor, price_ceiling,
    reserve, auctioned, excluded, revenue : as for `market.clear`
    missing : "error" or "exclude", for firms without curvature; see `market.Quadratic`
    by : column of groups, such as the industry, as the file calls it
    compare : whether the other policies are shown beside the scheme
    period : value of the time column, where the table has several
    scale_by : column of the frontier's groups, or "all", where the table has no scale
    columns : names of columns that are not found by themselves, such as {"co2": "emissions"}
    reading : sheet, encoding, separator
    """

    data: Path
    cap: str | None = None
    scheme: str = "cap_and_trade"
    response: str = "quadratic"
    floor: float = 0.5
    ceiling: float = 1.0
    elasticity: float | None = None
    allocation: str = "grandfathering"
    benchmark: float | None = None
    benchmark_by: str | None = None
    tax: float | None = None
    price_floor: float = 0.0
    price_ceiling: float | None = None
    reserve: float | None = None
    auctioned: float = 0.0
    excluded: str = "inside"
    revenue: str = "kept"
    missing: str = "error"
    by: str | None = None
    compare: bool = False
    period: str | None = None
    scale_by: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    reading: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """The market, and its exhibits in the order they are read."""

    market: market.Market
    exhibits: tuple[Exhibit, ...]


def run(asked: Asked) -> Found:
    """Summary, trade by group, policies side by side, pictures.

    Raises
    ------
    InputError, SchemaError, DataError
        The file cannot be read, or does not fit.
    ConfigError
        An option cannot be used.
    """
    require_choice("--missing", asked.missing, ("error", "exclude"))
    read = firms_table(asked.data, asked.columns, asked.period, asked.scale_by, asked.reading)
    by = read.group("--by", asked.by)
    cap = _cap(asked.cap, read.table)
    done = market.clear(
        read.table,
        cap=cap,
        scheme=cast(SchemeName, asked.scheme),
        price_floor=asked.price_floor,
        price_ceiling=asked.price_ceiling,
        reserve=asked.reserve,
        auctioned=asked.auctioned,
        tax_rate=asked.tax,
        revenue=cast(Revenue, asked.revenue),
        **_shared(asked, read),
    )
    frame = _frame(done, asked)
    exhibits: list[Exhibit] = [_summary(done, frame, read.said)]
    exhibits += _traded(done, by, asked, frame)
    if asked.compare:
        exhibits += _compared(read, done, cap, by, asked, frame)
    return Found(done, tuple(exhibits))


def _frame(done: market.Market, asked: Asked) -> Frame:
    """Units in which the sums over all firms are short."""
    one = done.summary.row(0, named=True)
    mass_scale, mass = unit_of(MASSES, [one["emissions_today"]])
    currency_scale, currency = unit_of(MONEY, [one["output_today"]])
    return Frame(
        currency=currency,
        mass=mass,
        currency_scale=currency_scale,
        mass_scale=mass_scale,
        source=Text("{d}，dualcarbon 计算", "{d}; computed by dualcarbon").format(d=asked.data.name),
    )


def write(found: Found, out: Path, languages: Sequence[Language]) -> list[Path]:
    """Every exhibit in every format that can hold it, in these languages, and the table of the firms."""
    from dualcarbon.core.files import write_text
    from dualcarbon.report import render

    paths = [path for item in found.exhibits for path in render(item, out, languages)]
    return [*paths, write_text(out / FIRMS, found.market.table.write_csv())]


def _shared(asked: Asked, read: Firms) -> dict[str, Any]:
    """The options that every scheme shares."""
    return {
        "response": _response(asked),
        "floor": asked.floor,
        "ceiling": asked.ceiling,
        "elasticity": asked.elasticity,
        "allocation": asked.allocation,
        "benchmark": asked.benchmark,
        "benchmark_by": read.group("--benchmark-by", asked.benchmark_by),
        "excluded": cast(Excluded, asked.excluded),
    }


def _response(asked: Asked) -> ResponseName | market.Quadratic:
    if asked.response == "quadratic":
        return market.Quadratic(missing=cast(Literal["error", "exclude"], asked.missing))
    return cast(ResponseName, asked.response)


def _cap(written: str | None, firms: pl.DataFrame) -> float | None:
    """A number, or a percentage of the CO2 in the table."""
    if written is None:
        return None
    try:
        number = float(written.rstrip("%％").replace(",", ""))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0.0:
        raise ConfigError(
            Text("读不懂总量 {w}", "the cap {w} cannot be read").format(w=written),
            expected=Text("非负的数，或当前 CO2 的百分比", "a number not below zero, or a percentage of today's CO2"),
            found=both(written),
            remedy=Text("例如 --cap 90% 或 --cap 1250000", "for example --cap 90% or --cap 1250000"),
        )
    if written.endswith(("%", "％")):
        return number / 100.0 * float(firms["co2"].cast(pl.Float64, strict=False).fill_nan(None).sum())
    return number


def _summary(done: market.Market, frame: Frame, said: Sequence[Text]) -> Exhibit:
    from dualcarbon.market.exhibits_summary import summary_table

    return summary_table(done, frame=frame, notes=tuple(said))


def _traded(done: market.Market, by: str | None, asked: Asked, frame: Frame) -> list[Exhibit]:
    from dualcarbon.market import exhibits

    if done.scheme not in _TRADED or not done.price > 0.0:
        return []
    curves = exhibits.supply_demand_figure(
        done,
        frame=frame,
        response=_response(asked),
        floor=asked.floor,
        ceiling=asked.ceiling,
        elasticity=asked.elasticity,
    )
    if by is None:
        return [curves]
    label = both(str(asked.by))
    between = [exhibits.flow_table(done, by, frame=frame, label=label)] if (done.table["trade"] < 0.0).any() else []
    return [
        exhibits.trade_table(done, by, frame=frame, label=label),
        *between,
        curves,
        exhibits.trade_figure(done, by, frame=frame, label=label),
    ]


def _compared(
    read: Firms, done: market.Market, cap: float | None, by: str | None, asked: Asked, frame: Frame
) -> list[Exhibit]:
    from dualcarbon.market import exhibits_policies, exhibits_savings
    from dualcarbon.market.comparison import size_classes

    own = "size" not in read.table.columns
    firms = read.table.with_columns(size_classes(read.table)) if own else read.table
    labels = {name: label for name, label in ((by, both(str(asked.by))), ("size", _SIZE)) if name is not None}
    bounded = asked.price_floor > 0.0 or asked.price_ceiling is not None
    limit = float(done.summary["emissions"][0]) if cap is None or bounded else cap
    options = {"cap": limit, "by": tuple(labels), "revenue": asked.revenue, **_shared(asked, read)}
    found = market.compare(firms, **options)
    policies = exhibits_policies.policy_table(found, frame=frame)
    made: list[Exhibit] = [
        replace(policies, notes=(*policies.notes, *((_UNBOUNDED,) if bounded else ()))),
        exhibits_policies.policy_firms_table(found, frame=frame),
    ]
    for name, label in labels.items():
        words = replace(frame, groups=_SIZES) if own and name == "size" else frame
        made += [
            exhibits_policies.policy_groups_table(found, name, measure, frame=words, label=label)
            for measure in ("cost", "abatement")
        ]
    made.append(exhibits_policies.policy_figure(found, frame=frame))
    if by is not None and done.scheme in _TRADED and done.scheme in found.markets:
        pair = found.markets[done.scheme], found.markets["uniform"]
        made.append(exhibits_savings.savings_table(*pair, by, frame=frame, label=labels[by]))
        made.append(exhibits_savings.savings_figure(*pair, by, frame=frame))
    return made
