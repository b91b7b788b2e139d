"""Finds the models: every file in `frontier/models/` that carries a `MODEL` under its own name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import cast

from dualcarbon.core.shelf import names_on, taken_from
from dualcarbon.core.text import Text
from dualcarbon.frontier import models as shelf
from dualcarbon.frontier.model import Model


def names() -> tuple[str, ...]:
    """Names of the models, in alphabetical order, without importing them."""
    return names_on(shelf)


def model(name: str) -> Model:
    """The model of that name; only its own file is imported.

    Raises
    ------
    ConfigError
        If there is none; the message lists those that exist.
    """
    return cast(Model, taken_from(shelf, name, Text("没有这个前沿模型", "no such frontier model")))


@cache
def models() -> Mapping[str, Model]:
    """Every model by its name."""
    return MappingProxyType({name: model(name) for name in names()})
