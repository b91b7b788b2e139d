"""One rule per file, found by its function `find`; the name of the file is the name of the rule."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from dualcarbon.panel.rules.base import Rule


@cache
def load_rules() -> dict[str, Rule]:
    """Every rule by name, in alphabetical order.

    Examples
    --------
    >>> "unit_jump" in load_rules()
    True
    """
    found = {}
    for name in sorted(m.name for m in iter_modules(__path__)):
        rule = getattr(import_module(f"{__name__}.{name}"), "find", None)
        if rule is not None:
            found[name] = rule
    return found
