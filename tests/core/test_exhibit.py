import pytest

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both


def table(
    headers: tuple[Header, ...], rows: tuple[tuple[Cell, ...], ...] = (), row_keys: tuple[str, ...] = ()
) -> Table:
    return Table("t", both("1"), Text("题", "t"), headers, rows, (), both("s"), False, row_keys=row_keys)


def header(key: str) -> Header:
    return Header(key, both(key))


def test_a_row_must_be_as_long_as_the_headers() -> None:
    with pytest.raises(ValueError, match="1 headers"):
        table((header("a"),), ((Cell(1), Cell(2)),))


def test_a_header_key_is_used_once() -> None:
    with pytest.raises(ValueError, match="header keys used more than once: b"):
        table((header("a"), header("b"), header("b")))
    assert len(table((header("a"), header("b"))).headers) == 2


def test_row_keys_name_each_row_once() -> None:
    rows = ((Cell(1),), (Cell(2),))
    assert table((header("a"),), rows, ("x", "y")).row_keys == ("x", "y")
    with pytest.raises(ValueError, match="1 row keys for 2 rows"):
        table((header("a"),), rows, ("x",))
    with pytest.raises(ValueError, match="row keys used more than once: x"):
        table((header("a"),), rows, ("x", "x"))
