"""Office files with the same bytes on every run: no clock, no author of the library, fixed order."""

from __future__ import annotations

from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_EPOCH = (1980, 1, 1, 0, 0, 0)
_CORE = "docProps/core.xml"
_FIRST = "[Content_Types].xml"
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title>'
    "<dc:creator>dualcarbon</dc:creator><dc:language>{language}</dc:language></cp:coreProperties>"
)


def settle(content: bytes, title: str, language: str) -> bytes:
    """An office file rewritten without dates.

    Parameters
    ----------
    content : bytes
        A docx or xlsx file.
    title, language : str
        What its properties say.
    """
    result = BytesIO()
    with ZipFile(BytesIO(content)) as given, ZipFile(result, "w", ZIP_DEFLATED) as settled:
        for name in sorted(given.namelist(), key=lambda one: (one != _FIRST, one)):
            data = given.read(name)
            if name == _CORE:
                data = _PROPERTIES.format(title=escape(title), language=language).encode()
            entry = ZipInfo(name, _EPOCH)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            settled.writestr(entry, data, compresslevel=6)
    return result.getvalue()
