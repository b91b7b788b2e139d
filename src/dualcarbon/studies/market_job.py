"""A permit market on a user's table: read, find the columns, clear, compare, and show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import polars as pl

from dualcarbon import market
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import Exhibit
from dualcarbon.core.text import Language, Text, both
from dualcarbon.market.exhibit_words import Frame
from dualcarbon.market.words import Excluded, ResponseName, Revenue, SchemeName
from dualcarbon.studies.market_columns import firms_table

KEY = "market"
"""Stem of the files written."""

FIRMS = f"{KEY}_firms.csv"
"""What every firm does, one row per row read."""

_TRADED = ("cap_and_trade", "performance_standard")
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
    reserve, excluded, revenue : as for `market.clear`
    missing : "error" or "exclude", for firms without curvature; see `market.Quadratic`
    by : column of groups, such as the industry
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
    firms, said = firms_table(asked.data, asked.columns, asked.period, asked.scale_by, asked.reading)
    cap = _cap(asked.cap, firms)
    done = market.clear(
        firms,
        cap=cap,
        scheme=cast(SchemeName, asked.scheme),
        price_floor=asked.price_floor,
        price_ceiling=asked.price_ceiling,
        reserve=asked.reserve,
        tax_rate=asked.tax,
        revenue=cast(Revenue, asked.revenue),
        **_shared(asked),
    )
    frame = Frame(source=Text("{d}，dualcarbon 计算", "{d}; computed by dualcarbon").format(d=asked.data.name))
    exhibits: list[Exhibit] = [_summary(done, frame, said)]
    exhibits += _traded(done, asked, frame)
    if asked.compare:
        exhibits += _compared(firms, done, cap, asked, frame)
    return Found(done, tuple(exhibits))


def write(found: Found, out: Path, languages: Sequence[Language]) -> list[Path]:
    """Every exhibit in every format that can hold it, in these languages, and the table of the firms."""
    from dualcarbon.core.files import write_text
    from dualcarbon.report import render

    paths = [path for item in found.exhibits for path in render(item, out, languages)]
    return [*paths, write_text(out / FIRMS, found.market.table.write_csv())]


def _shared(asked: Asked) -> dict[str, Any]:
    """The options that every scheme shares."""
    return {
        "response": _response(asked),
        "floor": asked.floor,
        "ceiling": asked.ceiling,
        "elasticity": asked.elasticity,
        "allocation": asked.allocation,
        "benchmark": asked.benchmark,
        "benchmark_by": asked.benchmark_by,
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


def _traded(done: market.Market, asked: Asked, frame: Frame) -> list[Exhibit]:
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
    if asked.by is None:
        return [curves]
    label = both(asked.by)
    return [
        exhibits.trade_table(done, asked.by, frame=frame, label=label),
        exhibits.flow_table(done, asked.by, frame=frame, label=label),
        curves,
        exhibits.trade_figure(done, asked.by, frame=frame, label=label),
    ]


def _compared(firms: pl.DataFrame, done: market.Market, cap: float | None, asked: Asked, frame: Frame) -> list[Exhibit]:
    from dualcarbon.market import exhibits_policies, exhibits_savings
    from dualcarbon.market.comparison import compare, size_classes

    sized = firms.with_columns(size_classes(firms)) if "size" not in firms.columns else firms
    by = tuple(dict.fromkeys(name for name in (asked.by, "size") if name is not None))
    limit = cap if cap is not None else float(done.summary["emissions"][0])
    found = compare(sized, cap=limit, by=by, revenue=cast(Revenue, asked.revenue), **_shared(asked))
    made: list[Exhibit] = [
        exhibits_policies.policy_table(found, frame=frame),
        exhibits_policies.policy_firms_table(found, frame=frame),
    ]
    for name in by:
        words = Frame(source=frame.source, groups=_SIZES) if name == "size" and "size" not in firms.columns else frame
        label = Text("规模", "Size") if words is not frame else both(name)
        made += [
            exhibits_policies.policy_groups_table(found, name, measure, frame=words, label=label)
            for measure in ("cost", "abatement")
        ]
    made.append(exhibits_policies.policy_figure(found, frame=frame))
    if asked.by is not None and done.scheme in _TRADED:
        pair = found.markets[done.scheme], found.markets["uniform"]
        made.append(exhibits_savings.savings_table(*pair, asked.by, frame=frame, label=both(asked.by)))
        made.append(exhibits_savings.savings_figure(*pair, asked.by, frame=frame))
    return made
