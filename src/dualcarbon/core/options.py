"""Options checked at the door: one of some words, a whole number, a level of confidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both


def bad_option(name: str, expected: Text, value: object) -> ConfigError:
    """That an option cannot be used."""
    return ConfigError(
        Text("选项 {n} 不能用", "the option {n} cannot be used").format(n=name),
        expected=expected,
        found=both(repr(value)),
        remedy=Text("改用所列的值", "use what is expected"),
    )


def require_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raise `ConfigError` unless the value is one of the choices."""
    if value not in choices:
        raise bad_option(name, both(" | ".join(choices)), value)


def is_whole(value: object, least: int | None = None) -> bool:
    """Whether a value is a whole number, of at least `least`; True and False are not."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return whole and (least is None or int(value) >= least)  # type: ignore[call-overload]


def require_whole(name: str, value: object, least: int) -> None:
    """Raise `ConfigError` unless an option is a whole number of at least `least`."""
    if not is_whole(value, least):
        wanted = Text("不小于 {k} 的整数", "a whole number of at least {k}").format(k=least)
        raise bad_option(name, wanted, value)


def require_level(level: float) -> None:
    """Raise `ConfigError` unless a level of confidence lies between 0 and 1."""
    if not 0.0 < level < 1.0:
        raise bad_option(
            "level",
            Text("0 与 1 之间的置信水平，如 0.95", "a level of confidence between 0 and 1, such as 0.95"),
            level,
        )
