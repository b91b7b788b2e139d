"""What a station refuses: parameters out of bounds or of another kind, hours that do not fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dualcarbon.core.errors import ConfigError, DataError
from dualcarbon.core.text import Text, both

Array = NDArray[np.float64]


def read(given: object) -> float:
    """The number given; NaN, which fits no bounds, for anything else."""
    try:
        return float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def read_hours(given: ArrayLike) -> Array:
    """The numbers given; NaN for each that is none."""
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        return np.array([read(value) for value in np.asarray(given, dtype=object).ravel()])


def require_kind(name: str, given: object, kinds: type | tuple[type, ...]) -> None:
    """Refuse what is of another kind; None stands for the default.

    Raises
    ------
    ConfigError
        The message lists the kinds.
    """
    if given is None or isinstance(given, kinds):
        return
    names = [kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
    raise ConfigError(
        Text("{n}= 不是所需的对象", "{n}= is not what it should be").format(n=name),
        expected=both(" | ".join(names)),
        found=both(repr(given)[:80]),
        remedy=Text("给出其中之一的实例，例如 {n}={k}(...)", "give one of these, such as {n}={k}(...)").format(
            n=name, k=names[0]
        ),
    )


def require_hours(name: str, values: Array, n: int) -> None:
    """Refuse hourly data of another length, negative or missing.

    Raises
    ------
    DataError
        With the number of wrong hours and the first of them.
    """
    bad = np.flatnonzero(~((values >= 0.0) & np.isfinite(values)))
    if values.shape == (n,) and not bad.size:
        return
    raise DataError(
        Text("逐时数据不合：{c}", "hourly data do not fit: {c}").format(c=name),
        expected=Text("{n} 个有限且不为负的值", "{n} finite values, none negative").format(n=n),
        found=Text(
            "{k} 个值；其中 {b} 个不合，最早在第 {f} 小时", "{k} values; {b} do not fit, first hours {f}"
        ).format(k=values.size, b=bad.size, f=(bad[:3] + 1).tolist()),
        remedy=Text("改正这些小时，长度与光伏出力相同", "correct these hours; the length is that of the PV yield"),
    )


def require(fits: bool | np.bool_, name: str, found: object) -> None:
    """Refuse a parameter that does not fit.

    Raises
    ------
    ConfigError
    """
    if not fits:
        raise ConfigError(
            Text("参数 {n} 不成立", "impossible {n}").format(n=name),
            expected=Text("见该参数的说明", "what its documentation says"),
            found=both(str(found)),
            remedy=Text("改正取值", "correct the value"),
        )
