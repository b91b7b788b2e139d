"""The kinds of drawing a figure may hold: every module in `drawings/` whose `DRAWN` is a `Drawn`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from dualcarbon.core.exhibit import Drawing, Figure, Value
from dualcarbon.core.text import Language

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

Columns = Sequence[tuple[str, Sequence[Value]]]


@dataclass(frozen=True, slots=True)
class Drawn:
    """How one kind of drawing becomes a picture and numbers.

    Attributes
    ----------
    kind : type
        The class in `core.exhibit`.
    draw : of (figure, language)
        The matplotlib figure.
    columns : of the drawing
        Its numbers as the columns of a table, keys and values.
    body : of the drawing
        Its numbers and labels as JSON can hold them.
    """

    kind: type[Any]
    draw: Callable[[Figure, Language], Canvas]
    columns: Callable[[Any], Columns]
    body: Callable[[Any], dict[str, Any]]


@cache
def _kinds() -> Mapping[type[Any], Drawn]:
    folder = import_module("dualcarbon.report.drawings")
    found = (import_module(f"{folder.__name__}.{module.name}").DRAWN for module in iter_modules(folder.__path__))
    return {one.kind: one for one in found}


def drawn(drawing: Drawing) -> Drawn:
    """How a drawing of this kind is drawn."""
    return _kinds()[type(drawing)]
