"""Finds the models: every file in `frontier/models/` that carries a `MODEL` under its own name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import cast

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import models as shelf
from dualcarbon.frontier.model import Model


def names() -> tuple[str, ...]:
    """Names of the models, in alphabetical order, without importing them."""
    return tuple(sorted(m.name for m in iter_modules(shelf.__path__) if not m.name.startswith("_")))


def model(name: str) -> Model:
    """The model of that name; only its own file is imported.

    Raises
    ------
    ConfigError
        If there is none; the message lists those that exist.
    """
    if name not in names():
        raise ConfigError(
            Text("没有这个前沿模型：{n}", "no such frontier model: {n}").format(n=name),
            expected=both(" | ".join(names())),
            found=both(repr(name)),
            remedy=Text("改用所列名称之一，或直接传入模型对象", "use one of the names listed, or pass a model object"),
        )
    return cast(Model, import_module(f"{shelf.__name__}.{name}").MODEL)


@cache
def models() -> Mapping[str, Model]:
    """Every model by its name."""
    return MappingProxyType({name: model(name) for name in names()})
