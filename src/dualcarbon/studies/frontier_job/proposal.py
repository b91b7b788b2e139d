"""What a job lacks, filled in from the schema's columns and what the model supports, to be read and confirmed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, get_args

from dualcarbon.core.errors import ConfigError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Disposability
from dualcarbon.core.text import Text, both
from dualcarbon.studies.config import validated
from dualcarbon.studies.frontier_job.config import KINDS, SECTIONS, FrontierJob, ModelPart, configured

DEFAULT = "translog_ml"
_ENERGY = "energy_tce"
_CO2 = "co2_t"
_WORDS = {
    "technology": Text("生产技术：列与假设", "technology: columns and assumptions"),
    "direction": Text(
        "方向：proportional、all_proportional、bad_only、unit、custom（后者另写 [direction.columns]）",
        "direction: proportional, all_proportional, bad_only, unit, custom (with [direction.columns])",
    ),
    "model": Text("模型及其选项，见 dualcarbon list", "model and its options, see dualcarbon list"),
    "co2": Text("由能源消费核算 CO2", "CO2 accounted from energy use"),
}

Given = Mapping[str, Mapping[str, Any]]


def completed(given: Given, panel: Panel, where: str) -> FrontierJob:
    """The job with every key that is not given: columns by their role in the schema, assumptions the model supports.

    Parameters
    ----------
    given : mapping
        Sections as a TOML file has them; what they say is kept.
    where : str
        What to call them in an error.

    Raises
    ------
    ConfigError
        If a section, key or value is wrong, or the model supports none of the assumptions that are left open.
    SchemaError
        If the table has no column that could be an input, the good or the bad.
    """
    _require_sections(given, where)
    sections = {name: dict(part) for name, part in given.items()}
    sections["model"] = {"name": DEFAULT, **sections.get("model", {})}
    sections["technology"] = {**_columns(panel, sections.get("technology", {})), **sections.get("technology", {})}
    bad = sections["technology"]["bad"]
    if "co2" not in sections and bad == _CO2 and _CO2 not in panel.frame.columns and "coal_t" in panel.schema:
        sections["co2"] = {"boundary": "coal_oil_power", "factors": "cn_2015"}
    sections.setdefault("direction", {})
    return _supported(sections, where)


def _require_sections(given: Given, where: str) -> None:
    wrong = [name for name, part in given.items() if name not in SECTIONS or not isinstance(part, Mapping)]
    if wrong:
        raise ConfigError(
            Text("{w} 中有不认识的部分", "{w} has parts that are not known").format(w=where),
            expected=both(", ".join(f"[{name}]" for name in SECTIONS)),
            found=both(", ".join(wrong)),
            remedy=Text("改名或删去；键要写在各节之内", "rename or remove them; keys stand inside a section"),
        )


def _columns(panel: Panel, given: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs, good, bad and groups that are not given, by role; the energy of plants and provinces is an input."""
    present = panel.frame.columns
    roles = {role: [n for n in panel.schema.with_role(role) if n in present] for role in ("input", "good", "group")}
    inputs = roles["input"] + [name for name in (_ENERGY,) if name in panel.schema and name in present]
    bad = next(iter(panel.schema.with_role("bad")), _CO2)
    found = {"inputs": inputs, "good": next(iter(roles["good"]), None), "bad": bad, "group_by": roles["group"][:1]}
    if panel.schema.name != "firm":
        found["group_by"] = []
    lacking = [name for name in ("inputs", "good") if name not in given and not found[name]]
    if lacking:
        raise SchemaError(
            Text("表中没有可作投入或产出的列", "the table has no column for an input or the good"),
            expected=both(", ".join(panel.schema.with_role("input", "good"))),
            found=both(", ".join(present)),
            remedy=Text(
                "在 [technology] 中写明 {l}，或在 study.toml 的 [data.columns] 中映射",
                "name {l} in [technology], or map the columns in [data.columns] of study.toml",
            ).format(l=", ".join(lacking)),
        )
    return found


def _supported(sections: dict[str, dict[str, Any]], where: str) -> FrontierJob:
    """The first of the open assumptions, in order of preference, that the model accepts."""
    first: ConfigError | None = None
    model = configured(validated(sections["model"], ModelPart, f"{where} [model]"))
    sections["technology"].setdefault("reference", "global" if model.pools else "contemporaneous")
    for open_parts in _choices(sections):
        trial = {**sections, **{name: {**part, **sections[name]} for name, part in open_parts.items()}}
        job = validated(trial, FrontierJob, where)
        try:
            model.check(job.technology.built(), job.direction.built())
        except ConfigError as error:
            first = first or error
            continue
        return job
    assert first is not None
    raise first


def _choices(sections: dict[str, dict[str, Any]]) -> Iterator[dict[str, dict[str, Any]]]:
    technology, direction = sections["technology"], sections["direction"]
    likelihood = sections["model"]["name"] == DEFAULT
    returns = ("bic", "variable", "constant") if likelihood else ("variable", "constant")
    kinds = [kind for kind in KINDS if kind != "custom"]
    options = (
        (technology["returns"],) if "returns" in technology else returns,
        (technology["disposability"],) if "disposability" in technology else get_args(Disposability),
        (direction["kind"],) if "kind" in direction else ("custom",) if direction.get("columns") else kinds,
    )
    for chosen, disposability, kind in product(*options):
        yield {"technology": {"returns": chosen, "disposability": disposability}, "direction": {"kind": kind}}


def to_toml(job: FrontierJob) -> str:
    """The job as commented TOML in both languages, which `completed` reads back."""
    lines = []
    for name, part in job.model_dump(exclude_none=True).items():
        lines += [f"# {_WORDS[name]}", f"[{name}]"]
        tables = {key: value for key, value in part.items() if isinstance(value, dict)}
        lines += [f"{_key(key)} = {_value(value)}" for key, value in part.items() if key not in tables]
        for key, table in tables.items():
            if table:
                lines += [f"[{name}.{_key(key)}]", *(f"{_key(k)} = {_value(v)}" for k, v in table.items())]
        lines.append("")
    return "\n".join(lines)


def _key(name: str) -> str:
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else json.dumps(name, ensure_ascii=False)


def _value(value: object) -> str:
    """A value as TOML writes it, which is JSON but for infinity and NaN."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)
