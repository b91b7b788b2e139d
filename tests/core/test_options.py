"""Options at the door."""

from __future__ import annotations

import numpy as np
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.options import is_whole, require_choice, require_level, require_whole


@pytest.mark.parametrize(
    ("value", "least", "whole"),
    [(3, None, True), (np.int8(3), 3, True), (2, 3, False), (True, None, False), (3.0, None, False), ("3", 1, False)],
)
def test_whole_numbers(value: object, least: int | None, whole: bool) -> None:
    assert is_whole(value, least) is whole


def test_what_is_refused_names_the_option_in_both_languages() -> None:
    with pytest.raises(ConfigError, match=r"选项 how 不能用[\s\S]*a \| b[\s\S]*the option how cannot be used"):
        require_choice("how", "c", ("a", "b"))
    with pytest.raises(ConfigError, match="at least 1"):
        require_whole("draws", 0, 1)
    with pytest.raises(ConfigError, match="level"):
        require_level(95)
    require_choice("how", "a", ("a", "b"))
    require_whole("draws", 1, 1)
    require_level(0.9)
