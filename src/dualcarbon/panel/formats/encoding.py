"""Which encoding a text is in: proved, or refused; never guessed into wrong characters."""

from __future__ import annotations

import codecs
from pathlib import Path

from dualcarbon.core.errors import InputError
from dualcarbon.core.text import Text

_MARKS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_RARE = 0.3
_PIECE = 256 * 1024


def decode(data: bytes, wanted: str | None, file: Path) -> bytes:
    """The text in UTF-8.

    A byte order mark decides; else bytes that are valid UTF-8 are UTF-8; else bytes that are valid GB18030 and
    whose distinct characters are for at least 70 % in the common set GB 2312 are GB18030 (which holds GBK);
    everything else is refused, because it would read as wrong characters.

    Raises
    ------
    InputError
        If the bytes are in none of these, or not in the encoding asked for.
    """
    if wanted is not None:
        return _as_asked(data, wanted, file)
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _as_asked(data, name, file)
    if data.isascii():
        if b"\0" in data:
            raise _undecodable(file, Text("含有 NUL 字节，不是文本", "NUL bytes: not a text"))
        return data
    if _is_utf8(data):
        return data
    return _gb18030(data, file).encode("utf-8")


def decode_words(words: list[bytes], wanted: str | None, file: Path) -> list[str]:
    """The same for a list of words that share one encoding (names and texts of an old Stata file)."""
    return decode(b"\0".join(words), wanted, file).decode("utf-8").split("\0")


def _as_asked(data: bytes, name: str, file: Path) -> bytes:
    try:
        return data.decode(name).encode("utf-8")
    except LookupError as error:
        raise _undecodable(file, Text("没有编码 {e}", "no encoding {e}").format(e=name)) from error
    except UnicodeDecodeError as error:
        raise _undecodable(file, _place(data, error, name)) from error


def _is_utf8(data: bytes) -> bool:
    """Whether the bytes are UTF-8, looked at piece by piece so that no second copy of a large file is made."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _PIECE):
            decoder.decode(data[start : start + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _gb18030(data: bytes, file: Path) -> str:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        places = [_place(data, error, "GB18030")]
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as first:
            places.insert(0, _place(data, first, "UTF-8"))
        raise _undecodable(file, Text("；".join(p.zh for p in places), "; ".join(p.en for p in places))) from error
    letters = [c for c in set(text) if ord(c) > 127]
    rare = [c for c in letters if not _common(c)]
    if len(rare) > _RARE * len(letters):
        found = Text(
            "按 GB18030 读出 {n} 种字符，其中 {r} 种不在 GB 2312 内，例如 {c}：多半是另一种编码",
            "read as GB18030 there are {n} distinct characters, {r} of them outside GB 2312, such as {c}: "
            "most likely another encoding",
        )
        raise _undecodable(file, found.format(n=len(letters), r=len(rare), c=" ".join(sorted(rare)[:5])))
    return text


def _common(letter: str) -> bool:
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _place(data: bytes, error: UnicodeDecodeError, name: str) -> Text:
    line = data.count(b"\n", 0, error.start) + 1
    return Text("第 {n} 行的字节 {b} 不是 {e}", "the bytes {b} in line {n} are not {e}").format(
        n=line, b=data[error.start : error.start + 4].hex(" "), e=name
    )


def _undecodable(file: Path, found: Text) -> InputError:
    return InputError(
        Text("{f} 的编码无法确定", "the encoding of {f} cannot be told").format(f=file.name),
        expected=Text("UTF-8（有无 BOM 均可）或 GB18030/GBK", "UTF-8 (with or without BOM) or GB18030/GBK"),
        found=found,
        remedy=Text(
            '另存为 UTF-8，或指明真实的编码（--encoding big5，或 study.toml 的 [data] 中 encoding = "big5"）',
            "save it as UTF-8, or name its true encoding (--encoding big5, or in [data] of study.toml)",
        ),
    )
