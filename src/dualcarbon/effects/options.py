"""Options that several functions of this room take, checked at the door."""

from __future__ import annotations

import numpy as np

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both


def require_level(level: float) -> None:
    """Raise a `ConfigError` unless a level of confidence lies between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise ConfigError(
            Text("置信水平无效", "not a level of confidence"),
            expected=Text("0 与 1 之间，如 0.95", "between 0 and 1, like 0.95"),
            found=both(str(level)),
            remedy=Text("改为 0.95", "write 0.95"),
        )


def require_whole(name: str, value: object, least: int) -> None:
    """Raise a `ConfigError` unless an option is a whole number of at least `least`."""
    if not is_whole(value, least):
        raise ConfigError(
            Text("选项 {n} 超出范围", "the option {n} is out of range").format(n=name),
            expected=Text("{n} 为不小于 {k} 的整数", "{n} a whole number of at least {k}").format(n=name, k=least),
            found=both(f"{name}={value!r}"),
            remedy=Text("改正 {n}", "correct {n}").format(n=name),
        )


def is_whole(value: object, least: int) -> bool:
    """Whether a value is a whole number of at least `least`; True and False are not."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and int(value) >= least
