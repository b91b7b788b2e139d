"""From the firm table to columns a frontier and a regression can read."""

from __future__ import annotations

import polars as pl

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.studies.cmri2024.industries import GROUP
from dualcarbon.studies.config import FirmStudy
from dualcarbon.studies.userdata import require_columns, require_some_positive

_POSITIVE = Text("{label} 缺失或不为正", "{label} missing or not positive")
_GROUPED = Text("{label} 缺失", "{label} missing")
_STUDY = Text("本研究", "this study")
_PRINTED = ((GROUP,), "co2_t", "coal_oil_power", "coal")


def require(panel: Panel, config: FirmStudy) -> None:
    """Refuse what the study cannot use.

    Raises
    ------
    ConfigError
        If the frontier is not to be of CO2 by two-digit industry, or the boundaries are not those in the headings:
        the tables of chapter 4 would carry a wrong name.
    SchemaError
        If the study needs a column that the table lacks, or a quantity that is not numeric.
    """
    _require_tables(config)
    technology, effects = config.technology, config.effects
    absorbed = [name for part in (effects.industry_effects, effects.firm_effects) for name in _names(part)]
    columns = (*technology.inputs, technology.good, *technology.group_by, effects.treatment, effects.size)
    require_columns(panel, (*columns, effects.worker, effects.cluster, *absorbed), _STUDY)
    panel.arrays(*technology.inputs, technology.good, effects.treatment, effects.size, effects.worker)


def _require_tables(config: FirmStudy) -> None:
    asked = (config.technology.group_by, config.technology.bad, config.co2.boundary, config.co2.narrow_boundary)
    if asked != _PRINTED:
        raise ConfigError(
            Text(
                "第 4 章的表按行业给出 CO2 的价格，CO2 只有两种边界",
                "chapter 4 prices CO2 by industry, in two boundaries",
            ),
            expected=both(_settings(_PRINTED)),
            found=both(_settings(asked)),
            remedy=Text(
                "删去这几行；要用别的行业划分，就在 [data.columns] 中把该列映射为 {g}"
                "（代码不要与两位数行业代码相同）；别的边界请用 dualcarbon.account",
                "leave these lines out; for other industries, map their column to {g} in [data.columns], with "
                "codes that are not those of two-digit industries; for other "
                "boundaries use dualcarbon.account",
            ).format(g=GROUP),
        )


def _settings(asked: tuple[tuple[str, ...], str, str, str]) -> str:
    groups, bad, wide, narrow = asked
    return f'group_by = {list(groups)}, bad = "{bad}", boundary = "{wide}", narrow_boundary = "{narrow}"'


def _names(effects: str) -> list[str]:
    return effects.replace("^", " ").replace("+", " ").split()


def usable(panel: Panel, config: FirmStudy) -> Panel:
    """The rows with positive inputs and output and a known group, the others counted by reason."""
    for name in (*config.technology.inputs, config.technology.good):
        panel = panel.keep(pl.col(name) > 0, _POSITIVE.format(label=_label(panel, name)))
    for name in config.technology.group_by:
        panel = panel.keep(pl.col(name).is_not_null(), _GROUPED.format(label=_label(panel, name)))
    return panel


def _label(panel: Panel, name: str) -> Text:
    return panel.schema[name].label if name in panel.schema else both(name)


def accounts(panel: Panel, config: FirmStudy) -> Panel:
    """The panel with CO2 under both boundaries: `co2_t` and `co2_coal_t`."""
    from dualcarbon.accounting import account

    part = config.co2
    narrow = account(panel, boundary=part.narrow_boundary, factors=part.factors)
    wide = account(panel, boundary=part.boundary, factors=part.factors)
    both = wide.with_columns(narrow.frame["co2_t"].alias("co2_coal_t"))
    for name, boundary in (("co2_t", part.boundary), ("co2_coal_t", part.narrow_boundary)):
        require_some_positive(both, name, Text("核算边界 {b} ", "the boundary {b}").format(b=boundary))
    return both


def regressors(panel: Panel, config: FirmStudy) -> Panel:
    """The panel with the columns of the regressions, natural logs, null where a log does not exist.

    `digital_permille` is the treatment in per mille; `ln_co2` and `ln_co2_coal` are logs of tonnes.
    """
    part = config.effects
    assets = pl.col(part.size)
    return panel.with_columns(
        (pl.col(part.treatment) * 1000.0).alias("digital_permille"),
        _log(assets).alias("ln_assets"),
        _log(assets / pl.col(part.worker)).alias("ln_assets_per_worker"),
        _log(pl.col("co2_t")).alias("ln_co2"),
        _log(pl.col("co2_coal_t")).alias("ln_co2_coal"),
    )


def _log(value: pl.Expr) -> pl.Expr:
    return pl.when(value > 0).then(value.log())


def last_year(panel: Panel) -> tuple[int, pl.DataFrame]:
    """The last year and its rows."""
    years = panel.frame[panel.time].cast(pl.Int64)
    last = int(years.max())  # type: ignore[arg-type]
    return last, panel.frame.filter(years == last)
