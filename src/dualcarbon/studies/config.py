"""A study file: short, typed, every number with its source beside it."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both

M = TypeVar("M", bound=BaseModel)


class Strict(BaseModel):
    """Unknown keys are errors; values cannot be changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StudyPart(Strict):
    """Name, seed and size."""

    name: str
    seed: int = Field(ge=0)
    rows: int = Field(ge=2_000)


class Co2Part(Strict):
    """Boundaries of the two CO2 measures and the factor set."""

    factors: str
    boundary: str
    narrow_boundary: str


class TechnologyPart(Strict):
    """Columns of the frontier and its assumptions."""

    inputs: tuple[str, ...]
    good: str
    bad: str
    group_by: tuple[str, ...]
    returns: Literal["constant", "variable", "bic"]


class EffectsPart(Strict):
    """Columns of the regressions."""

    treatment: str
    size: str
    worker: str
    controls: tuple[str, ...]
    industry_effects: str
    firm_effects: str
    cluster: str


class FirmStudy(Strict):
    """A study of firms in the form of the report's chapter 4."""

    study: StudyPart
    co2: Co2Part
    technology: TechnologyPart
    effects: EffectsPart


class PanelPart(Strict):
    """A real panel: where it lies or which embedded one it is, and its frontier."""

    name: str
    source: str
    frontier: TechnologyPart
    sample: int = Field(ge=1)


def parse(text: str, model: type[M], where: str) -> M:
    """The typed study of a TOML text.

    Raises
    ------
    ConfigError
        Listing every wrong key at once.
    """
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            Text("{w} 不是合法的 TOML", "{w} is not valid TOML").format(w=where),
            expected=Text("TOML 语法", "TOML syntax"),
            found=both(str(error)),
            remedy=Text("改正所指的那一行", "correct the line it points to"),
        ) from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(
            Text("{w} 有 {n} 处错误", "{w} has {n} mistakes").format(w=where, n=error.error_count()),
            expected=Text("研究文件的键与类型", "the keys and types of a study file"),
            found=both(faults),
            remedy=Text("逐条改正", "correct each of them"),
        ) from error


def shipped(study: str, model: type[M]) -> M:
    """The typed study.toml of a shipped study."""
    text = (files("dualcarbon.studies") / study / "study.toml").read_text(encoding="utf-8")
    return parse(text, model, f"{study}/study.toml")


def from_file(path: Path, model: type[M]) -> M:
    """The typed study of a user's file."""
    return parse(path.read_text(encoding="utf-8"), model, path.name)
