"""Finds the estimators: every file in `policy/models/` that carries a `MODEL` under its own name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.policy import models as shelf
from dualcarbon.policy.model import Estimator


@cache
def names() -> tuple[str, ...]:
    """Names of the estimators, in alphabetical order, without importing them."""
    return tuple(sorted(m.name for m in iter_modules(shelf.__path__) if not m.name.startswith("_")))


def estimator(name: str) -> Estimator:
    """The estimator of that name; only its own file is imported.

    Raises
    ------
    ConfigError
        If there is none; the message lists those that exist.
    """
    if name not in names():
        raise ConfigError(
            Text("没有这个估计方法：{n}", "no such estimator: {n}").format(n=name),
            expected=both(" | ".join(names())),
            found=both(repr(name)),
            remedy=Text(
                "改用所列名称之一，或直接传入方法对象", "use one of the names listed, or pass an estimator object"
            ),
        )
    return cast(Estimator, import_module(f"{shelf.__name__}.{name}").MODEL)
