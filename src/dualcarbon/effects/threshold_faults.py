"""What can be wrong with a panel threshold regression, said in both languages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.options import is_whole
from dualcarbon.core.text import Text, both
from dualcarbon.effects.sample import Sample
from dualcarbon.effects.threshold_result import Options

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

MOST = 3
_FROM_ZERO = Text("不小于 0 的整数", "an integer of at least 0")


def require_options(options: Options) -> None:
    """Raise ConfigError for the first option out of its range."""
    few = is_whole(options.thresholds, 1) and options.thresholds <= MOST
    wide = 0.5 / options.thresholds if few else 0.5
    rules = (
        (few, "thresholds", both("1, 2, 3"), options.thresholds),
        (is_whole(options.bootstrap, 0), "bootstrap", _FROM_ZERO, options.bootstrap),
        (is_whole(options.seed, 0), "seed", _FROM_ZERO, options.seed),
        (0.0 < options.trim < wide, "trim", both(f"0 < trim < {wide:.4g}"), options.trim),
        (
            options.grid is None or is_whole(options.grid, 2),
            "grid",
            Text("None 或至少 2", "None or at least 2"),
            options.grid,
        ),
        (0.0 < options.level < 1.0, "level", both("0 < level < 1"), options.level),
    )
    for holds, name, expected, found in rules:
        if not holds:
            raise ConfigError(
                Text(
                    "门槛回归的选项 {n} 超出范围", "the option {n} of the threshold regression is out of range"
                ).format(n=name),
                expected=expected,
                found=both(f"{name}={found}"),
                remedy=Text("改正 {n}", "correct {n}").format(n=name),
            )
    if options.treatment in options.controls:
        raise ConfigError(
            Text("处理变量同时是控制变量", "the treatment is also a control"),
            expected=Text("控制变量中没有 {t}", "controls other than {t}").format(t=options.treatment),
            found=both(", ".join(options.controls)),
            remedy=Text("从 controls 中删去 {t}", "remove {t} from controls").format(t=options.treatment),
        )


def require_varying(options: Options, by: Floats, firms: Codes) -> None:
    """Raise DataError if the threshold variable (n,) is constant, or constant within every firm (n,)."""
    if float(by.min()) == float(by.max()):
        raise DataError(
            Text("门槛变量 {q} 是常数", "the threshold variable {q} is constant").format(q=options.by),
            expected=Text("取多个值的变量", "a variable with many values"),
            found=Text("全部 {n} 行都是 {v}", "{v} in all {n} rows").format(n=len(by), v=f"{by[0]:g}"),
            remedy=Text("换一个门槛变量", "choose another threshold variable"),
        )
    count = int(firms.max()) + 1
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, firms, by)
    np.maximum.at(high, firms, by)
    if not (high > low).any():
        raise DataError(
            Text("门槛变量 {q} 在企业内不随时间变化", "the threshold variable {q} does not vary within firms").format(
                q=options.by
            ),
            expected=Text("至少在一些企业内随时间变化", "a variable that varies over time in some firms"),
            found=Text("{f} 家企业内全为常数", "constant within all {f} firms").format(f=count),
            remedy=Text(
                "换一个随时间变化的门槛变量，或按该变量分组比较企业",
                "choose one that varies over time, or compare groups of firms split by it",
            ),
        )


def treatment_determined(options: Options, sample: Sample, treatment: Floats) -> NotIdentifiedError:
    """The treatment, (n,), has no variation of its own."""
    firms = sample.effects[0]
    count = int(firms.max()) + 1
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, firms, treatment)
    np.maximum.at(high, firms, treatment)
    found = (
        Text("{x} 在全部 {f} 家企业内为常数", "{x} is constant within all {f} firms")
        if not (high > low).any()
        else Text("{x} 由企业与时期效应决定（{f} 家企业）", "firm and period effects determine {x} ({f} firms)")
    )
    return NotIdentifiedError(
        Text("各区间的系数无法识别", "the slopes of the regimes are not identified"),
        expected=Text("处理变量在效应之外仍有变动", "a treatment that varies beyond the effects"),
        found=found.format(x=options.treatment, f=count),
        remedy=Text(
            "换一个随时间变化的处理变量，或去掉时期效应",
            "choose a treatment that varies over time, or leave the period effects out",
        ),
    )


def outcome_determined(options: Options) -> NotIdentifiedError:
    """Nothing is left of the outcome."""
    return NotIdentifiedError(
        Text("被解释变量完全由效应与解释变量决定", "effects and regressors determine the outcome"),
        expected=Text("{y} 在其外仍有变动", "{y} with variation beyond them").format(y=options.outcome),
        found=both(f"{options.outcome} ~ {' + '.join((options.treatment, *options.controls))}"),
        remedy=Text("换一个被解释变量或减少解释变量", "choose another outcome or fewer regressors"),
    )


def exact_fit(options: Options) -> DataError:
    """No residual is left."""
    return DataError(
        Text("模型完全拟合，没有残差", "the model fits exactly, no residual is left"),
        expected=Text("有误差的 {y}", "{y} with errors").format(y=options.outcome),
        found=Text("残差平方和为零", "a sum of squared residuals of zero"),
        remedy=Text("检查 {y} 是否由其他列算得", "check whether {y} is computed from the other columns").format(
            y=options.outcome
        ),
    )


def too_few_values(options: Options, by: Floats, found: int) -> DataError:
    """Too few candidates among the sorted values (n,)."""
    return DataError(
        Text("门槛变量 {q} 可用的取值太少", "too few usable values of the threshold variable {q}").format(q=options.by),
        expected=Text(
            "至少 {k} 个取值，其两侧各有 {t}% 的行", "at least {k} values with {t} % of the rows on either side"
        ).format(k=max(2, options.thresholds), t=f"{100 * options.trim:g}"),
        found=Text("{c} 个（{n} 行，{d} 个不同取值）", "{c} ({n} rows, {d} different values)").format(
            c=found, n=len(by), d=len(np.unique(by))
        ),
        remedy=Text("减小 trim，或换一个取值更多的门槛变量", "lower trim, or choose a variable with more values"),
    )


def no_room(options: Options, by: Floats, count: int) -> DataError:
    """No candidate is left for the threshold number `count`."""
    return DataError(
        Text("找不到第 {k} 个门槛", "there is no place for threshold {k}").format(k=count),
        expected=Text(
            "一个把行分成各占至少 {t}% 的区间、且处理变量在其内变动的取值",
            "a value that leaves at least {t} % of the rows, with a varying treatment, in each regime",
        ).format(t=f"{100 * options.trim:g}"),
        found=Text("{d} 个不同取值，无一可用", "none among {d} different values").format(d=len(np.unique(by))),
        remedy=Text("减小 trim 或 thresholds", "lower trim or thresholds"),
    )
