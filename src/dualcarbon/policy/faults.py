"""What can be wrong with a policy evaluation, said so that a stranger knows what to do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.panel import Drop
from dualcarbon.core.text import Text, both

SHOWN = 5
"""Keys named in a message."""


def listed(drops: Sequence[Drop]) -> Text:
    """What left the sample, in one line."""
    if not drops:
        return Text("无剔除", "nothing dropped")
    return Text(
        "；".join(f"{d.reason.zh} {d.rows:,} 行" for d in drops),
        "; ".join(f"{d.reason.en}: {d.rows:,} rows" for d in drops),
    )


def nothing_left(drops: Sequence[Drop]) -> DataError:
    """No row can be used."""
    return DataError(
        Text("没有可用的行", "no row can be used"),
        expected=Text("结果与控制变量均有值的行", "rows with outcome and controls"),
        found=listed(drops),
        remedy=Text("检查缺失值与列名", "check missing values and column names"),
    )


def absent_periods(time: str, absent: NDArray[np.int64]) -> DataError:
    """Nobody is seen in some periods between the first and the last."""
    return DataError(
        Text("时间列 {t} 中缺少整期", "whole periods are missing in {t}").format(t=time),
        expected=Text("首末之间每期都有观测", "every period between the first and the last"),
        found=Text("缺 {k} 期：{f}", "{k} missing: {f}").format(k=len(absent), f=absent[:SHOWN].tolist()),
        remedy=Text(
            "补上这些时期；若时期本就不等距，先重新编号，或用 gaps='keep'",
            "add them; if periods are not equally spaced, number them anew, or pass gaps='keep'",
        ),
    )


def incomplete_units(id: str, names: Sequence[object], incomplete: NDArray[np.bool_], periods: int) -> DataError:
    """Some units are not seen in every period."""
    first = [names[i] for i in np.flatnonzero(incomplete)[:SHOWN]]
    return DataError(
        Text("有的单位缺少时期", "some units lack periods"),
        expected=Text("每个 {i} 有全部 {k} 期", "all {k} periods for every {i}").format(i=id, k=periods),
        found=Text("{k} 个单位不全（共 {n}），前几个 {f}", "{k} of {n} units incomplete, first {f}").format(
            k=int(incomplete.sum()), n=len(names), f=first
        ),
        remedy=Text(
            "用 gaps='drop_units' 只留完整单位，或 gaps='keep' 保留（部分方法不支持）",
            "pass gaps='drop_units' to keep complete units only, or gaps='keep' (not every estimator can)",
        ),
    )


def require_both_groups(
    unit_first: NDArray[np.int64], never: int, drops: Sequence[Drop], notes: Sequence[Text] = ()
) -> None:
    """Raise `NotIdentifiedError` unless some unit is treated and some effect has something to compare with.

    `notes` say what else became of the sample, such as units treated after its end.
    """
    treated, said = unit_first[unit_first != never], (listed(drops), *notes)
    if not len(treated):
        raise NotIdentifiedError(
            Text("没有受处理的单位", "no unit is treated"),
            expected=Text(
                "至少一个单位在样本期内开始受处理", "at least one unit whose treatment begins within the sample"
            ),
            found=Text("0 / {n} 个单位；{d}", "0 of {n} units; {d}").format(
                n=len(unit_first), d=Text("；".join(t.zh for t in said), "; ".join(t.en for t in said))
            ),
            remedy=Text(
                "检查处理时点列的编码与样本时期", "check the coding of treatment and the periods of the sample"
            ),
        )
    if len(treated) == len(unit_first) and len(np.unique(treated)) == 1:
        raise NotIdentifiedError(
            Text("没有可比较的单位", "there is nobody to compare with"),
            expected=Text("从未处理或更晚处理的单位", "units never treated or treated later"),
            found=Text("{n} 个单位都在同一期受处理", "all {n} units are treated in the same period").format(
                n=len(treated)
            ),
            remedy=Text("加入未受处理的单位", "add untreated units"),
        )


def no_never_treated(units: int, robust: Sequence[str]) -> NotIdentifiedError:
    """The comparison group asked for is empty."""
    return NotIdentifiedError(
        Text("没有从未受处理的单位", "there are no never-treated units"),
        expected=Text(
            "comparison='never' 需要样本期内从未处理的单位", "comparison='never' needs units untreated throughout"
        ),
        found=Text("0 / {n} 个单位", "0 of {n} units").format(n=units),
        remedy=Text(
            "用 comparison='not_yet' 与尚未处理的单位比较（{m}）",
            "pass comparison='not_yet' to compare with units not yet treated ({m})",
        ).format(m=", ".join(robust)),
    )


def no_reference(cohorts: NDArray[np.int64], reference: int) -> DataError:
    """Some cohorts are not seen in the period that effects are relative to."""
    return DataError(
        Text("有的处理组缺少基准期", "some cohorts lack the reference period"),
        expected=Text("每组在相对期 {e} 有观测", "every cohort seen in relative period {e}").format(e=reference),
        found=Text("{k} 组没有：{g}", "{k} cohorts without: {g}").format(k=len(cohorts), g=cohorts[:SHOWN].tolist()),
        remedy=Text("补上这些时期，或删去这些组", "add these periods, or drop these cohorts"),
    )


def no_effect(label: Text) -> NotIdentifiedError:
    """No effect from treatment on can be computed."""
    return NotIdentifiedError(
        Text("{m} 无法识别任何处理后的效应", "{m}: no effect after treatment is identified").format(m=label),
        expected=Text(
            "处理期内仍有可比较的单位（扣除预期期）",
            "units to compare with in periods of treatment, anticipation taken off",
        ),
        found=Text("0 个效应", "0 effects"),
        remedy=Text(
            "加入从未或更晚受处理的单位，或缩短 anticipation",
            "add units never treated or treated later, or shorten the anticipation",
        ),
    )


def needs_balance(name: str, incomplete: int) -> DataError:
    """The estimator cannot use units with missing periods."""
    return DataError(
        Text("{n} 需要平衡面板", "{n} needs a balanced panel").format(n=name),
        expected=Text("每个单位都有全部时期", "every unit in every period"),
        found=Text("{k} 个单位不全", "{k} units incomplete").format(k=incomplete),
        remedy=Text(
            "用 gaps='drop_units'，或换用 imputation、two_stage、twfe",
            "pass gaps='drop_units', or use imputation, two_stage or twfe",
        ),
    )


def no_controls(name: str, controls: Sequence[str]) -> ConfigError:
    """The estimator takes no control variables."""
    return ConfigError(
        Text("{n} 不接受控制变量", "{n} takes no controls").format(n=name),
        expected=Text("controls 为空", "no controls"),
        found=both(", ".join(controls)),
        remedy=Text(
            "去掉控制变量，或换用 callaway_santanna、imputation",
            "leave them out, or use callaway_santanna or imputation",
        ),
    )
