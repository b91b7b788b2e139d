"""What is wrong in a table of settings, entry by entry, in both languages."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from dualcarbon.core.text import Text, both

_SAID: Mapping[str, Text] = {
    "missing": Text("缺少这个键", "this key is missing"),
    "greater_than": Text("应大于 {gt}", "should be greater than {gt}"),
    "greater_than_equal": Text("应不小于 {ge}", "should be at least {ge}"),
    "less_than": Text("应小于 {lt}", "should be less than {lt}"),
    "less_than_equal": Text("应不大于 {le}", "should be at most {le}"),
    "finite_number": Text("应为有限的数", "should be a finite number"),
    "int_type": Text("应为整数", "should be a whole number"),
    "int_from_float": Text("应为整数", "should be a whole number"),
    "float_type": Text("应为数", "should be a number"),
    "string_type": Text("应为带引号的文字", "should be text in quotes"),
    "bool_type": Text("应为 true 或 false", "should be true or false"),
    "tuple_type": Text('应为列表，如 ["a", "b"]', 'should be a list such as ["a", "b"]'),
    "list_type": Text('应为列表，如 ["a", "b"]', 'should be a list such as ["a", "b"]'),
    "dict_type": Text("应为一节 [...]", "should be a section [...]"),
    "model_type": Text("应为一节 [...]", "should be a section [...]"),
    "literal_error": Text("应为 {expected} 之一", "should be one of {expected}"),
}
_UNKNOWN = Text("没有这个键；有 {k}", "there is no such key; there are {k}")
_NEAR = Text("没有这个键；是否指 {n}？有 {k}", "there is no such key; is {n} meant? There are {k}")
_SHOWN = 60


def mistakes(errors: Sequence[Mapping[str, Any]], model: Any) -> Text:
    """Every entry that is wrong, what stands there and what should.

    Parameters
    ----------
    errors : sequence of mapping
        As the `errors()` of a pydantic `ValidationError` gives them.
    model : class
        The pydantic model, for the keys that there are.
    """
    said = [_said(error, model) for error in errors]
    return Text("；".join(t.zh for t in said), "; ".join(t.en for t in said))


def _said(error: Mapping[str, Any], model: Any) -> Text:
    place, kind = tuple(error["loc"]), str(error["type"])
    if kind == "extra_forbidden":
        return _line(place, None, _no_such_key(str(place[-1]), _keys(model, place[:-1])))
    words = _SAID.get(kind, both(str(error["msg"])))
    listed = {k: str(v).replace(" or ", ", ") for k, v in error.get("ctx", {}).items()}
    return _line(place, None if kind == "missing" else error.get("input"), words.format(**listed))


def _line(place: tuple[object, ...], found: object, words: Text) -> Text:
    name = ".".join(map(str, place)) or "-"
    value = "" if found is None else f" = {_short(found)}"
    return Text("{n}{v}：{w}", "{n}{v}: {w}").format(n=name, v=value, w=words)


def _short(value: object) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _no_such_key(name: str, known: Sequence[str]) -> Text:
    near = difflib.get_close_matches(name, known, 1)
    listed = ", ".join(known) or "-"
    return _NEAR.format(n=near[0], k=listed) if near else _UNKNOWN.format(k=listed)


def _keys(model: Any, place: Sequence[object]) -> list[str]:
    """The keys of the section at a place, as a file writes them."""
    for name in place:
        fields = {field.alias or key: field for key, field in _fields(model).items()}
        found = fields.get(str(name))
        if found is None:
            return []
        kind = found.annotation
        model = next((one for one in (kind, *get_args(kind)) if _fields(one)), None)
    return [field.alias or key for key, field in _fields(model).items()]


def _fields(model: Any) -> Mapping[str, Any]:
    return getattr(model, "model_fields", {}) if isinstance(model, type) else {}
