"""A study file: short, typed, every number with its source beside it."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dualcarbon.core.errors import ConfigError, InputError
from dualcarbon.core.files import require_readable
from dualcarbon.core.mistakes import mistakes
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


class MarketPart(Strict):
    """Cap of the permit market, bounds of every firm as multiples of its CO2, draws of the price."""

    cap_share: float = Field(gt=0.0, le=1.0)
    floor: float = Field(ge=0.0, le=1.0)
    ceiling: float = Field(ge=1.0, allow_inf_nan=False)
    draws: int = Field(ge=20)


class AdoptionPart(Strict):
    """Who adopts, what adopting costs, how firms answer, and the budget of the policies for small firms."""

    adopter_quantile: float = Field(gt=0.0, lt=1.0)
    cost_share: float = Field(gt=0.0, allow_inf_nan=False)
    slope: float = Field(gt=0.0, allow_inf_nan=False)
    budget_share: float = Field(gt=0.0, allow_inf_nan=False)
    reach: float = Field(gt=0.0, le=1.0)
    reach_budgets: float = Field(gt=0.0, allow_inf_nan=False)


class FirmStudy(Strict):
    """A study of firms in the form of the report's chapter 4, with the market and the policies that follow from it."""

    study: StudyPart
    co2: Co2Part
    technology: TechnologyPart
    effects: EffectsPart
    market: MarketPart
    adoption: AdoptionPart


def existing(path: Path) -> Path:
    """The path, if there is a file that may be read.

    Raises
    ------
    InputError
        If there is none, or the system denies it.
    """
    require_readable(path)
    if not path.is_file():
        raise InputError(
            Text("没有这个文件：{p}", "no such file: {p}").format(p=path),
            expected=Text("一个可读的文件", "a file that can be read"),
            found=Text("{p} 不存在或不是文件", "{p} is absent or not a file").format(p=path),
            remedy=Text("检查路径", "check the path"),
        )
    return path


def read_text(path: Path) -> str:
    """The UTF-8 text of a study file.

    Raises
    ------
    InputError
        If the file is absent or not UTF-8.
    """
    try:
        return existing(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            Text("{p} 不是 UTF-8", "{p} is not UTF-8").format(p=path.name),
            expected=Text("UTF-8 编码的 TOML", "TOML in UTF-8"),
            found=Text("第 {k} 个字节起不是 UTF-8", "no UTF-8 from byte {k} on").format(k=error.start + 1),
            remedy=Text("以 UTF-8 另存后再试", "save it as UTF-8 and try again"),
        ) from error


def parse_toml(text: str, where: str) -> dict[str, object]:
    """The table of a TOML text.

    Raises
    ------
    ConfigError
        If it is not TOML; the message carries the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            Text("{w} 不是合法的 TOML", "{w} is not valid TOML").format(w=where),
            expected=Text("TOML 语法", "TOML syntax"),
            found=_where(str(error)),
            remedy=Text(
                "改正所指的那一行；同一节写了两次，就合为一节",
                "correct the line it points to; where a section stands twice, make it one",
            ),
        ) from error


def _where(said: str) -> Text:
    """The place that the parser names, in both languages."""
    place = re.search(r"line (\d+), column (\d+)", said)
    if place is None:
        return both(said)
    return Text("第 {l} 行第 {c} 列：{s}", "{s}").format(l=place[1], c=place[2], s=said)


def validated(values: object, model: type[M], where: str) -> M:
    """The typed form of a table.

    Raises
    ------
    ConfigError
        Listing every wrong key at once.
    """
    try:
        return model.model_validate_json(json.dumps(values, default=str), strict=True)
    except ValidationError as error:
        raise ConfigError(
            Text("{w} 有 {n} 处错误", "mistakes in {w}: {n}").format(w=where, n=error.error_count()),
            expected=Text("研究文件的键与类型", "the keys and types of a study file"),
            found=mistakes(error.errors(), model),
            remedy=Text("逐条改正", "correct each of them"),
        ) from error


def shipped(study: str, model: type[M]) -> M:
    """The typed study.toml of a shipped study."""
    where = f"{study}/study.toml"
    text = (files("dualcarbon.studies") / study / "study.toml").read_text(encoding="utf-8")
    return validated(parse_toml(text, where), model, where)


def overridden(base: FirmStudy, path: Path) -> FirmStudy:
    """The study with the sections of a user's file laid over its own; ``[data]`` is not one of them."""
    given = parse_toml(read_text(path), path.name)
    values = base.model_dump()
    for section, part in given.items():
        if section == "data":
            continue
        known = values.get(section)
        values[section] = {**known, **part} if isinstance(known, dict) and isinstance(part, dict) else part
    study = validated(values, FirmStudy, path.name)
    if study.study.name != base.study.name:
        raise ConfigError(
            Text("{p} 属于另一项研究", "{p} belongs to another study").format(p=path.name),
            expected=both(f'[study] name = "{base.study.name}"'),
            found=both(f'name = "{study.study.name}"'),
            remedy=Text("改正 [study] 的 name，或删去这一行", "correct name in [study], or leave the line out"),
        )
    return study
