"""Models are found by their files."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.frontier import registry


def test_every_file_is_a_model_of_that_name() -> None:
    assert "translog_ml" in registry.names()
    assert list(registry.models()) == sorted(registry.names())
    for name, model in registry.models().items():
        assert model.name == name
        assert registry.model(name) is model


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="translog_ml") as error:
        registry.model("translog")
    assert "没有这个前沿模型" in error.value.say("zh")


def test_the_room_and_the_names_are_light() -> None:
    code = (
        "import sys; from dualcarbon import frontier; from dualcarbon.frontier import registry; registry.names(); "
        "print([m for m in ('numba', 'scipy', 'pandas', 'highspy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
