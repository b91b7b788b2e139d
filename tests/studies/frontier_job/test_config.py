"""Settings: what is filled in, what is refused, and that the proposal reads back as itself."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from typing import Any, get_type_hints

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DualcarbonError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.frontier import registry
from dualcarbon.studies.frontier_job.config import DirectionPart, FrontierJob, ModelPart, configured
from dualcarbon.studies.frontier_job.proposal import completed, to_toml


def firms(**changes: object) -> Panel:
    columns: dict[str, object] = {
        "firm_id": ["a", "b"],
        "year": [2010, 2010],
        "industry2": ["13", "13"],
        "employees_person": [1.0, 2.0],
        "fixed_assets_cny": [1.0, 2.0],
        "output_cny": [1.0, 2.0],
        "coal_t": [1.0, 2.0],
    }
    frame = pl.DataFrame({k: v for k, v in (columns | changes).items() if v is not None})
    return Panel.from_frame(frame, id="firm_id", time="year")


def test_what_is_not_said_comes_from_the_schema() -> None:
    job = completed({}, firms(), "x")
    assert job.technology.inputs == ("employees_person", "fixed_assets_cny")
    assert (job.technology.good, job.technology.bad, job.technology.group_by) == ("output_cny", "co2_t", ("industry2",))
    assert job.model.name == "translog_ml" and job.technology.returns == "bic" and job.technology.reference == "global"
    assert job.co2 is not None and job.co2.factors == "cn_2015"
    assert completed({}, firms(co2_t=[1.0, 2.0]), "x").co2 is None


def test_plants_have_energy_among_their_inputs() -> None:
    frame = pl.DataFrame(
        {
            "plant_id": ["a"],
            "year": [2010],
            "capacity_kw": [1.0],
            "energy_tce": [1.0],
            "power_kwh": [1.0],
            "co2_t": [1.0],
        }
    )
    job = completed({}, Panel.from_frame(frame, id="plant_id", time="year", schema="plant"), "x")
    assert job.technology.inputs == ("capacity_kw", "energy_tce") and job.technology.good == "power_kwh"


def test_what_is_said_is_kept_and_the_rest_suits_the_model() -> None:
    given = {"model": {"name": "envelopment"}, "technology": {"returns": "constant", "group_by": []}}
    job = completed(given, firms(), "x")
    assert (job.technology.returns, job.technology.reference) == ("constant", "contemporaneous")
    assert job.technology.group_by == ()
    with pytest.raises(ConfigError):
        completed({"model": {"name": "envelopment"}, "technology": {"returns": "bic"}}, firms(), "x")


@pytest.mark.parametrize("name", registry.names())
def test_every_model_has_settings_it_accepts(name: str) -> None:
    given: dict[str, dict[str, Any]] = {"model": {"name": name}}
    given["technology"] = (
        {"polluting": {"fixed_assets_cny": 0.5}} if name in ("materials_balance", "by_production") else {}
    )
    job = completed(given, firms(), "x")
    configured(job.model).check(job.technology.built(), job.direction.built())
    hints = get_type_hints(type(registry.model(name)))
    assert all(field.name in hints for field in fields(type(registry.model(name))))  # type: ignore[arg-type]


def test_what_is_written_reads_back_as_itself() -> None:
    given = {
        "technology": {"inputs": ["资本"], "good": ["y", 'q"z'], "bad": "co2_t", "polluting": {"资本": 0.25}},
        "direction": {"kind": "custom", "columns": {"y": "配额", "co2_t": 2.5}},
        "model": {"name": "quadratic", "screen": False, "far": float("inf"), "word": "Infinity"},
        "co2": {"boundary": "coal", "factors": "cn_2015"},
    }
    job = FrontierJob.model_validate(given)
    text = to_toml(job)
    assert FrontierJob.model_validate(tomllib.loads(text)) == job
    assert "生产技术" in text and "technology: columns" in text


def test_a_proposal_is_complete() -> None:
    job = completed({}, firms(), "x")
    assert completed(tomllib.loads(to_toml(job)), firms(), "x") == job


def test_options_go_to_the_model_and_only_those_it_has() -> None:
    assert configured(ModelPart.model_validate({"name": "envelopment", "largest": 77})).largest == 77  # type: ignore[attr-defined]
    for wrong, found in (
        ({"nope": 1}, "nope"),
        ({"largest": "many"}, "largest = 'many'"),
        ({"screen": 1}, "screen = 1"),
    ):
        with pytest.raises(ConfigError) as caught:
            configured(ModelPart.model_validate({"name": "envelopment", **wrong}))
        assert found in caught.value.found.en and "level_shift: bool = True" in caught.value.expected.zh


@pytest.mark.parametrize(
    "given",
    [
        {"nope": {}},
        {"model": 3},
        {"model": {"name": "nope"}},
        {"technology": {"inputs": "employees_person"}},
        {"technology": {"strange": 1}},
        {"technology": {"returns": "increasing"}},
        {"technology": {"reference": "yesterday"}},
        {"technology": {"inputs": ["output_cny"]}},
        {"direction": {"kind": "sideways"}},
        {"direction": {"kind": "custom"}},
        {"direction": {"kind": "unit", "columns": {"co2_t": 1.0}}},
        {"co2": {"boundary": "coal"}},
    ],
)
def test_wrong_settings_are_refused_in_both_languages(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        completed(given, firms(), "model.toml")
    assert caught.value.say("zh").startswith("错误") and caught.value.say("en").startswith("Error")


def test_a_table_without_a_good_asks_for_it() -> None:
    with pytest.raises(SchemaError) as caught:
        completed({}, firms(output_cny=None), "x")
    assert "good" in caught.value.remedy.en
    assert isinstance(caught.value, DualcarbonError)


def test_kinds_of_direction() -> None:
    assert DirectionPart(kind="bad_only").built().bad == 1.0 and not DirectionPart(kind="unit").built().observed
    assert DirectionPart(kind="custom", columns={"b": 1.0}).built().columns == (("b", 1.0),)
    assert np.isclose(DirectionPart(kind="all_proportional").built().inputs, 1.0)
