import pytest

from dualcarbon.core.text import Text, both


def test_a_phrase_needs_both_languages() -> None:
    for zh, en in (("", "x"), ("甲", " ")):
        with pytest.raises(ValueError, match="both languages"):
            Text(zh, en)


def test_format_fills_a_text_in_its_own_language() -> None:
    filled = Text("{a} 在 {b}", "{a} in {b}").format(a=Text("煤", "coal"), b=3)
    assert (filled.zh, filled.en) == ("煤 在 3", "coal in 3")


def test_get_and_both() -> None:
    assert both("R²").get("zh") == both("R²").get("en") == "R²"
    assert Text("甲", "A").get("zh") == "甲"
