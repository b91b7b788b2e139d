"""The settings of one model on one table: technology, direction, model with its options, CO2 accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import Field as DataField
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal, cast, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.mistakes import mistakes
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import registry
from dualcarbon.frontier.model import Model
from dualcarbon.studies.config import Strict

Kind = Literal["proportional", "all_proportional", "bad_only", "unit", "custom"]


class TechnologyPart(Strict):
    """Columns and assumptions, as in `Technology`."""

    inputs: tuple[str, ...]
    good: str | tuple[str, ...]
    bad: str | tuple[str, ...]
    returns: str = "variable"
    disposability: str = "kuosmanen"
    group_by: tuple[str, ...] = ()
    reference: str = "contemporaneous"
    window: int = 3
    polluting: dict[str, float] | tuple[str, ...] = ()

    def built(self) -> Technology:
        """The technology; `ConfigError` names a word that is not allowed."""
        return Technology(**self.model_dump())


class DirectionPart(Strict):
    """Kind of direction, and the steps of a custom one: a column's name, or a constant in the column's unit."""

    kind: Kind = "proportional"
    columns: dict[str, str | float] = Field(default={})

    def built(self) -> Direction:
        """The direction; `ConfigError` if steps are given without kind custom, or custom without steps."""
        if (self.kind == "custom") != bool(self.columns):
            raise ConfigError(
                Text("[direction] 的 kind 与 columns 不符", "kind and columns of [direction] do not go together"),
                expected=Text('kind = "custom" 且有 [direction.columns]', 'kind = "custom" with [direction.columns]'),
                found=both(f'kind = "{self.kind}", columns = {dict(self.columns)}'),
                remedy=Text(
                    "custom 需给出各列的步长，其余方向不给 columns", "give steps to custom, and none to the others"
                ),
            )
        if self.kind == "custom":
            return Direction.custom(self.columns)
        makers = {
            "proportional": Direction.proportional,
            "all_proportional": Direction.all_proportional,
            "bad_only": Direction.bad_only,
            "unit": Direction.unit,
        }
        return makers[self.kind]()


class ModelPart(BaseModel):
    """Name of the model; every further key is one of its options."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str

    @property
    def options(self) -> dict[str, Any]:
        """The keys beside the name."""
        return dict(self.__pydantic_extra__ or {})


class Co2Part(Strict):
    """CO2 accounted from the energy columns."""

    boundary: str
    factors: str


class FrontierJob(Strict):
    """A whole job."""

    technology: TechnologyPart
    direction: DirectionPart = DirectionPart()
    model: ModelPart
    co2: Co2Part | None = None


SECTIONS = tuple(FrontierJob.model_fields)
KINDS: tuple[Kind, ...] = get_args(Kind)


def configured(part: ModelPart) -> Model:
    """The model with the options of ``[model]``.

    Raises
    ------
    ConfigError
        If there is no such model, or an option is unknown or of the wrong kind; the message lists those allowed.
    """
    base = registry.model(part.name)
    known = _options(base)
    unknown = [name for name in part.options if name not in known]
    if unknown:
        raise _refused(part, known, both(", ".join(unknown)))
    hints = get_type_hints(type(base))
    faults: list[dict[str, Any]] = []
    values = {}
    for name, value in part.options.items():
        try:
            values[name] = TypeAdapter(hints[name]).validate_json(json.dumps(value, default=str), strict=True)
        except ValidationError as error:
            faults.append({**error.errors()[0], "loc": (name,), "input": value})
    if faults:
        raise _refused(part, known, mistakes(faults, type(base)))
    return cast(Model, replace(cast(Any, base), **values)) if values else base


def _options(model: Model) -> Mapping[str, DataField[Any]]:
    """What may be said of a model: the fields its class is made with."""
    if not is_dataclass(model):
        return {}
    return {field.name: field for field in fields(model) if field.init}


def _refused(part: ModelPart, known: Mapping[str, DataField[Any]], found: Text) -> ConfigError:
    base = registry.model(part.name)
    listed = ", ".join(f"{name}: {field.type} = {getattr(base, name)!r}" for name, field in known.items())
    return ConfigError(
        Text("模型 {m} 的选项有误", "options of the model {m} are wrong").format(m=part.name),
        expected=both(listed) if listed else Text("没有选项", "no options"),
        found=found,
        remedy=Text("改正 [model] 中的这些键", "correct these keys in [model]"),
    )
