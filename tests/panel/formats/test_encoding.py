from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest

from dualcarbon.core.errors import InputError
from dualcarbon.panel import read

Watch = Callable[[Path], Path]
TEXT = "企业代码,年份,所在省份,企业名称\n001,2015,北京,某某煤业（集团）有限公司\n002,2015,广东,㑇村水泥厂\n"


def names_of(path: Path, encoding: str | None = None) -> list[str]:
    frame = read(path, encoding=encoding).frame
    assert frame["province"].to_list() == ["北京", "广东"]
    return list(frame["企业名称"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-32"])
def test_every_encoding_gives_the_same_words(tmp_path: Path, unchanged: Watch, encoding: str) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes(TEXT.encode(encoding))
    assert names_of(unchanged(path)) == ["某某煤业（集团）有限公司", "㑇村水泥厂"]


def test_gbk_bytes(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes(TEXT.replace("㑇", "镕").encode("gbk"))
    assert names_of(path)[1] == "镕村水泥厂"


def test_big5_is_refused_unless_named(tmp_path: Path, unchanged: Watch) -> None:
    big5 = "企業代碼,年份,省份,企業名稱\n001,2015,北京,某某煤業集團有限公司\n002,2015,廣東,水泥廠\n".encode("big5")
    path = tmp_path / "firms.csv"
    path.write_bytes(big5)
    with pytest.raises(InputError) as caught:
        read(unchanged(path))
    assert "编码无法确定" in caught.value.say("zh")
    assert "the encoding of firms.csv cannot be told" in caught.value.say("en")
    mapping = {"firm_id": "企業代碼", "year": "年份"}
    assert read(path, mapping=mapping, encoding="big5").frame["省份"].to_list() == ["北京", "廣東"]


def test_latin_letters_are_not_read_as_chinese(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes("firm_id,year,name\n1,2015,forêt entière\n2,2015,Züge über\n".encode("latin-1"))
    with pytest.raises(InputError, match="outside GB 2312"):
        read(path)
    assert read(path, encoding="latin-1").frame["name"].to_list()[0] == "forêt entière"


def test_bytes_that_are_nothing_are_shown_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes(b"firm_id,year,name\n1,2015,a\n2,2015,\xff\xff,\n")
    with pytest.raises(InputError) as caught:
        read(path)
    assert "第 3 行的字节 ff ff 2c 0a 不是 UTF-8" in caught.value.say("zh")
    assert "in line 3 are not GB18030" in caught.value.say("en")


def test_a_named_encoding_that_does_not_hold(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes(TEXT.encode("gb18030"))
    with pytest.raises(InputError, match="line 1 are not utf-8"):
        read(path, encoding="utf-8")
    with pytest.raises(InputError, match="no encoding klingon"):
        read(path, encoding="klingon")


def test_binary_content_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes(b"firm_id,year\n1,2015\n\0\0\n")
    with pytest.raises(InputError, match="NUL bytes"):
        read(path)


def test_the_mark_is_not_part_of_the_first_name(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes(codecs.BOM_UTF8 + b"firm_id,year,output_cny\n1,2015,2\n")
    assert read(path).frame.columns == ["firm_id", "year", "output_cny"]
