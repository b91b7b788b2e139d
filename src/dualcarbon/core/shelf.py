"""A folder of models: every file without a leading underscore that carries a `MODEL` under its own name."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both


def names_on(shelf: ModuleType) -> tuple[str, ...]:
    """Names of the files, in alphabetical order, without importing them."""
    return tuple(sorted(m.name for m in iter_modules(shelf.__path__) if not m.name.startswith("_")))


def taken_from(shelf: ModuleType, name: str, absent: Text) -> object:
    """The `MODEL` of the file of that name; only this file is imported.

    Parameters
    ----------
    absent : Text
        What is said if there is none, such as "no such frontier model".

    Raises
    ------
    ConfigError
        If there is none; the message lists those that exist.
    """
    known = names_on(shelf)
    if name not in known:
        raise ConfigError(
            Text("{a}：{n}", "{a}: {n}").format(a=absent, n=name),
            expected=both(" | ".join(known)),
            found=both(repr(name)),
            remedy=Text("改用所列名称之一，或直接传入对象", "use one of the names listed, or pass an object"),
        )
    found: object = import_module(f"{shelf.__name__}.{name}").MODEL
    return found
