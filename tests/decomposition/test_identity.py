"""What an identity says, and where it cannot be read."""

from __future__ import annotations

import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.decomposition.identity import Factor, Symbol, parse


def test_every_part() -> None:
    read = parse("碳排放[r] ~ Y[r]*S[r,ind] * (E[r, ind]/ Y[r]) * `a b`[fuel] * (K)")
    assert read.left == Symbol("碳排放", ("r",))
    assert read.names == ("Y", "S", "E/Y", "a b", "K")
    assert read.factors[2] == Factor(Symbol("E", ("r", "ind")), Symbol("Y", ("r",)))
    assert read.subscripts == ("r", "ind", "fuel")
    assert parse(str(parse("C ~ Y * (E[i]/Y) * F[i,j]"))) == parse("C~Y*(E[i]/Y)*F[i,j]")


@pytest.mark.parametrize(
    ("written", "position", "found"),
    [
        ("C ~ Y ** S[i]", 8, "C ~ Y *»*« S[i]"),
        ("C = Y", 3, "C »=« Y"),
        ("C ~ ", 5, "C ~ »«"),
        ("", 1, "»«"),
        ("C", 2, "C»«"),
        ("C ~ E/Y", 6, "C ~ E»/«Y"),
        ("C ~ Y[i", 8, "C ~ Y[i»«"),
        ("C ~ Y[]", 7, "C ~ Y[»]«"),
        ("C ~ Y * 2", 9, "C ~ Y * »2«"),
        ("C ~ (E/Y/Z)", 9, "C ~ (E/Y»/«Z)"),
        ("C ~ Y S", 7, "C ~ Y »S«"),
        ("C ~ Y + S", 7, "C ~ Y »+« S"),
        ("C ~ `a", 5, "C ~ »`«a"),
    ],
)
def test_the_place_is_marked(written: str, position: int, found: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(written)
    assert caught.value.found.en == found and f"character {position}" in caught.value.what.en
    assert f"第 {position} 个字符" in caught.value.what.zh


@pytest.mark.parametrize("written", ["C ~ Y * Y", "C ~ Y * C", "C ~ Y[i] * Y[j]"])
def test_a_factor_stands_once(written: str) -> None:
    with pytest.raises(ConfigError, match="twice"):
        parse(written)


def test_only_text_is_read() -> None:
    with pytest.raises(ConfigError, match="between quotes"):
        parse(3)  # type: ignore[arg-type]
