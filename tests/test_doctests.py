"""Every example in a docstring runs and prints what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import dualcarbon

MODULES = sorted(m.name for m in pkgutil.walk_packages(dualcarbon.__path__, "dualcarbon.") if not m.ispkg)
PACKAGES = sorted(m.name for m in pkgutil.walk_packages(dualcarbon.__path__, "dualcarbon.") if m.ispkg)


@pytest.mark.parametrize("name", ["dualcarbon", *PACKAGES, *MODULES])
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert failed == 0


def test_every_public_function_of_the_front_door_has_an_example() -> None:
    finder = doctest.DocTestFinder(recurse=False)
    doors = ["account", "check", "read", "load_panel", "simulate_survey"]
    doors_with_examples = {
        name for name in doors if any(t.examples for t in finder.find(getattr(dualcarbon, name), name))
    }
    from dualcarbon import effects, frontier

    assert any(t.examples for t in finder.find(effects.fit, "effects.fit"))
    assert any(t.examples for t in finder.find(frontier.fit, "frontier.fit"))
    assert doors_with_examples == set(doors) - {"read"}
