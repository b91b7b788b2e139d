import pytest

from dualcarbon.core.exhibit import Cell, Header, Table
from dualcarbon.core.text import Text, both


def test_a_row_must_be_as_long_as_the_headers() -> None:
    with pytest.raises(ValueError, match="1 headers"):
        Table("t", both("1"), Text("题", "t"), (Header("a", both("a")),), ((Cell(1), Cell(2)),), (), both("s"), False)
