"""In memory or in passes: the choice, and what is refused."""

from __future__ import annotations

import polars as pl

from dualcarbon.core.engine import Engine
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.effects.covariance import CovarianceRule, Vcov, choose
from dualcarbon.effects.covariances.cluster import Cluster
from dualcarbon.effects.covariances.driscoll_kraay import DriscollKraay
from dualcarbon.effects.formula import parse
from dualcarbon.effects.regression import regress
from dualcarbon.effects.sample import bad_condition, require_columns
from dualcarbon.effects.source import HELD, SAMPLE, Memory, Mode, Source, memory_of, open_source
from dualcarbon.effects.specification import Grouping, Specification

STREAMED = ("iid", "hc1", "cluster")
"""Covariances that are sums over blocks."""

PLAIN = (*STREAMED, "hc2", "hc3", "wild")
"""Covariances that read no column of their own, unless they name clusters."""


def estimate_from(
    specification: Specification,
    rows: object,
    *,
    covariance: str | Vcov | None = None,
    sample: pl.Expr | None = None,
    memory: Mode | Memory | None = None,
    engine: Engine | None = None,
) -> Estimate:
    """The estimate from a panel, or from files that are read at once or in passes; see `dualcarbon.effects.fit`."""
    option = memory_of(memory)
    if isinstance(rows, Panel) and option.mode != "stream":
        return regress(specification, rows, covariance=covariance, sample=sample).estimate
    source = open_source(rows)
    require_columns(specification, source.panel(pl.DataFrame(schema=source.schema())))
    rule = choose(covariance, bool(specification.clusters)) if specification.family is None else None
    if option.mode == "load" or (option.mode == "auto" and _bytes(specification, source) <= option.limit):
        return _loaded(specification, source, covariance, rule, sample)
    _require_streamed(specification, rule, option)
    assert rule is not None
    names = _columns(specification, rule)
    _require_ways(specification, rule, source)
    from dualcarbon.effects.streaming import regress_in_passes

    return regress_in_passes(specification, _narrowed(source, names, sample), rule, option, engine)


def _bytes(specification: Specification, source: Source) -> float:
    """Estimate of what a regression in memory takes; see `Memory`."""
    variables = 1 + len(specification.terms) + len(specification.instruments)
    columns = len(_columns(specification, None))
    return 8.0 * source.rows() * (columns + HELD * variables + 2 * len(specification.groupings))


def _columns(specification: Specification, rule: Vcov | None) -> list[str]:
    """Columns that the specification, and clusters named by the covariance, read."""
    groups = [name for grouping in specification.groupings for name in grouping.columns]
    weights = [] if specification.weights is None else [specification.weights]
    named = [name for way in _named(rule) for name in way.columns]
    return list(dict.fromkeys([*(factor.column for factor in specification.factors), *weights, *groups, *named]))


def _named(rule: Vcov | None) -> tuple[Grouping, ...]:
    if not isinstance(rule, Cluster) or rule.by is None:
        return ()
    return parse("y ~ 1", cluster=rule.by).clusters


def ways_of(specification: Specification, rule: Vcov) -> tuple[tuple[Grouping, ...], bool]:
    """The clusters, and whether rows without one are dropped (named with `cluster=`) or refused."""
    named = _named(rule)
    return (named, False) if named else (specification.clusters, True)


def _loaded(
    specification: Specification,
    source: Source,
    covariance: str | Vcov | None,
    rule: Vcov | None,
    sample: pl.Expr | None,
) -> Estimate:
    if isinstance(rule, DriscollKraay) and rule.time is None:
        raise ConfigError(
            Text("文件没有时间关键列", "a file has no time key"),
            expected=both('DriscollKraay(time="year")'),
            found=both("driscoll_kraay"),
            remedy=Text("在协方差中写明时期列，或先建 Panel", "name the column of periods, or make a Panel first"),
        )
    plain = rule is not None and rule.name in PLAIN and getattr(rule, "by", None) is None
    plain = plain and not (isinstance(rule, CovarianceRule) and rule.name not in PLAIN)
    names = _columns(specification, rule) if plain or rule is None else list(source.schema())
    narrowed = _narrowed(source, names, sample)
    panel = source.panel(narrowed.collect(narrowed.lazy))
    condition = None if sample is None else pl.col(SAMPLE)
    return regress(specification, panel, covariance=covariance, sample=condition).estimate


def _narrowed(source: Source, names: list[str], sample: pl.Expr | None) -> Source:
    """The table with these columns; the sample condition is evaluated on the whole table, once."""
    schema = source.schema()
    texts = [pl.col(name).cast(pl.String) for name in names if schema[name] in (pl.Categorical, pl.Enum)]
    lazy = source.lazy
    if sample is not None:
        lazy = lazy.with_columns(sample.alias(SAMPLE))
        try:
            kind = pl.DataFrame(schema=schema).with_columns(sample.alias(SAMPLE))[SAMPLE].dtype
        except pl.exceptions.PolarsError as error:
            raise bad_condition(str(error).splitlines()[0]) from error
        if kind != pl.Boolean:
            raise bad_condition(str(kind))
    lazy = lazy.select(*names, *([] if sample is None else [SAMPLE])).with_columns(*texts)
    return Source(lazy, source.name, source.files and sample is None)


def _require_ways(specification: Specification, rule: Vcov, source: Source) -> None:
    from dualcarbon.effects.covariance import column_absent

    schema = source.schema()
    for way in ways_of(specification, rule)[0]:
        for name in way.columns:
            if name not in schema:
                raise column_absent(name, list(schema))


def _require_streamed(specification: Specification, rule: Vcov | None, option: Memory) -> None:
    """Refuse what has no sums over blocks."""
    faults: list[Text] = []
    if specification.varying:
        faults.append(Text("随组变化的斜率", "slopes that vary by group"))
    if specification.endogenous:
        faults.append(Text("工具变量", "instruments"))
    if specification.family is not None:
        faults.append(Text("泊松似然", "a Poisson likelihood"))
    if rule is not None and not _sums(rule):
        faults.append(Text("协方差 {n}", "the covariance {n}").format(n=rule.name))
    if not faults:
        return
    zh, en = "、".join(fault.zh for fault in faults), ", ".join(fault.en for fault in faults)
    raise ConfigError(
        Text("分块读取的回归不支持：{f}", "a regression in passes has no: {f}").format(f=Text(zh, en)),
        expected=Text(
            "最小二乘，任意多个吸收效应，协方差 iid、hc1 或 cluster（可多维）",
            "least squares with any number of absorbed effects, and covariance iid, hc1 or cluster (several ways too)",
        ),
        found=Text("{f}（内存上限 {m:g} MiB）", "{f} (memory limit {m:g} MiB)").format(
            f=specification.formula, m=option.limit_mib
        ),
        remedy=Text(
            'memory="load" 或更高的 Memory(limit_mib=...) 整表读入；或改用 vcov="hc1"、cluster=',
            'hold the table with memory="load" or a higher Memory(limit_mib=...); or take vcov="hc1" or cluster=',
        ),
    )


def _sums(rule: Vcov) -> bool:
    """Whether the rule is one of the covariances that are sums over blocks, and not another of the same name."""
    from dualcarbon.effects.covariance import rules

    return isinstance(rule, Cluster) or any(rule is rules()[name] for name in STREAMED)
