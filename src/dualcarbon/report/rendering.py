"""From an exhibit or a document to files."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import LANGUAGES, Language, Text, both
from dualcarbon.report.registry import Format, Item
from dualcarbon.report.registry import formats as known_formats
from dualcarbon.report.storage import write_all
from dualcarbon.report.typeface import MissingGlyphWarning, missing, missing_message

_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def render(
    item: Item,
    out: Path | str,
    languages: Sequence[Language] = LANGUAGES,
    formats: Sequence[str] | None = None,
) -> list[Path]:
    """Write a table, a figure or a document as files.

    Files are named ``<key>.<language>.<format>``, and ``<key>.<format>`` for the formats that carry both languages in
    one file (csv, json). The same item gives the same bytes. If one file cannot be written, none is changed.

    Parameters
    ----------
    item : Table, Figure or Document
    out : Path
        Folder; made if missing.
    languages : sequence of "zh", "en"
    formats : sequence of str, optional
        Names from `formats()`; those that cannot hold this kind of item are passed over. All that can by default.

    Returns
    -------
    list of Path
        The files, by format and language.

    Raises
    ------
    ConfigError
        An unknown language or format, no format that fits the item, or a key that is not a file name.
    StorageError
        A file could not be written; none is left half-written.

    Warns
    -----
    MissingGlyphWarning
        The fonts of the package lack a character that a pdf, svg or png would show.
    """
    _check_key(item)
    spoken = _languages(languages)
    chosen = _formats(item, formats)
    if any(one.own_font for one in chosen):
        lost = missing(item, spoken)
        if lost:
            warnings.warn(missing_message(item.key, lost), MissingGlyphWarning, stacklevel=2)
    files = {Path(out) / name: content for one in chosen for name, content in one.files(item, spoken)}
    return write_all(files)


def _check_key(item: Item) -> None:
    if _STEM.fullmatch(item.key) is None:
        raise ConfigError(
            Text("键不能作文件名：{key}", "The key cannot be a file name: {key}").format(key=both(repr(item.key))),
            expected=Text("字母、数字、“_”与“-”，不超过 100 个", "Letters, digits, _ and -, at most 100"),
            found=both(repr(item.key)),
            remedy=Text("更改表、图或文档的键", "Change the key of the table, figure or document"),
        )


def _languages(given: Sequence[str]) -> tuple[Language, ...]:
    found = tuple(language for language in LANGUAGES if language in given)
    if not found or set(given) - set(LANGUAGES):
        raise ConfigError(
            Text("语言无法识别", "Unknown language"),
            expected=both(", ".join(LANGUAGES)),
            found=both(repr(tuple(given))),
            remedy=Text("在列出的语言中选择", "Choose among the languages listed"),
        )
    return found


def _formats(item: Item, given: Sequence[str] | None) -> tuple[Format, ...]:
    known = {one.name: one for one in known_formats()}
    names = tuple(known) if given is None else tuple(dict.fromkeys(given))
    unknown = [name for name in names if name not in known]
    chosen = tuple(known[name] for name in names if name in known and known[name].fits(item))
    if unknown or not chosen:
        raise ConfigError(
            Text("格式不适用", "The format does not fit"),
            expected=both(", ".join(one.name for one in known.values() if one.fits(item))),
            found=both(repr(tuple(unknown) or names)),
            remedy=Text("在列出的格式中选择", "Choose among the formats listed"),
        )
    return chosen
