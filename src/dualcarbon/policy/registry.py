"""Finds the estimators: every file in `policy/models/` that carries a `MODEL` under its own name."""

from __future__ import annotations

from functools import cache
from typing import cast

from dualcarbon.core.shelf import names_on, taken_from
from dualcarbon.core.text import Text
from dualcarbon.policy import models as shelf
from dualcarbon.policy.model import Estimator


@cache
def names() -> tuple[str, ...]:
    """Names of the estimators, in alphabetical order, without importing them."""
    return names_on(shelf)


def estimator(name: str) -> Estimator:
    """The estimator of that name; only its own file is imported.

    Raises
    ------
    ConfigError
        If there is none; the message lists those that exist.
    """
    return cast(Estimator, taken_from(shelf, name, Text("没有这个估计方法", "no such estimator")))
