"""The examples in the docstrings of the room."""

from __future__ import annotations

import doctest
from importlib import import_module
from pkgutil import walk_packages

import pytest

import dualcarbon.report

MODULES = [module.name for module in walk_packages(dualcarbon.report.__path__, "dualcarbon.report.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
