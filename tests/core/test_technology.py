import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.technology import Direction, Technology


def test_words_are_checked_at_the_door() -> None:
    for wrong in ({"returns": "vrs"}, {"disposability": "strong"}, {"reference": "yearly"}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            Technology(["x"], "y", "b", **wrong)  # type: ignore[arg-type]


def test_a_column_plays_one_part_only() -> None:
    for inputs in ([], "x", ["y"], ["x", "x"]):
        with pytest.raises(ConfigError):
            Technology(inputs, "y", "b")


def test_one_grouping_column_is_still_a_sequence() -> None:
    with pytest.raises(ConfigError, match=r"group_by=\['industry2'\]"):
        Technology(["x"], "y", "b", group_by="industry2")


def test_equal_arguments_give_equal_objects() -> None:
    assert Technology(["x"], "y", "b", group_by=["g"]) == Technology(("x",), "y", "b", group_by=("g",))
    assert Direction.proportional() == Direction(0.0, 1.0, 1.0, observed=True)
    assert not Direction.unit().observed
