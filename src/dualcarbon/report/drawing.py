"""Figures drawn with matplotlib, in the package's own font."""

from __future__ import annotations

import os
import re
import tempfile
from functools import cache, lru_cache
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from dualcarbon.core.exhibit import Figure
from dualcarbon.core.text import Language
from dualcarbon.report.drawn import drawn
from dualcarbon.report.printed import caption
from dualcarbon.report.typography import glyphs

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


@lru_cache(maxsize=32)
def svg(figure: Figure, language: Language) -> bytes:
    """The drawing as SVG with letters as outlines: it shows the same everywhere."""
    _prepare()
    from matplotlib import rc_context

    stream = StringIO()
    salt = f"{figure.key}.{language}"
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": salt}):
        metadata = {"Title": glyphs(caption(figure, language)), "Date": None, "Creator": None}
        _draw(figure, language).savefig(stream, format="svg", metadata=metadata)
    return _own_names(stream.getvalue(), salt.replace(".", "-")).encode()


@lru_cache(maxsize=32)
def png(figure: Figure, language: Language) -> bytes:
    """The drawing as PNG with 220 dots per inch."""
    _prepare()
    stream = BytesIO()
    metadata = {"Title": glyphs(caption(figure, language)), "Software": None}
    _draw(figure, language).savefig(stream, format="png", dpi=220, metadata=metadata)
    return stream.getvalue()


def _own_names(drawing: str, prefix: str) -> str:
    """Names inside the drawing made its own, so that several can stand in one page."""
    return re.sub(r'(\sid="|xlink:href="#|url\(#)', rf"\g<1>{prefix}-", drawing)


@cache
def _prepare() -> None:
    """Keep matplotlib's cache out of the home directory unless the user has said where it goes."""
    if "MPLCONFIGDIR" not in os.environ:
        os.environ["MPLCONFIGDIR"] = str(_cache_folder())


def _cache_folder() -> Path:
    """A folder of this user in the system's temporary folder, kept from run to run; a fresh one if it is not safe."""
    user = getattr(os, "getuid", lambda: 0)()
    folder = Path(tempfile.gettempdir()) / f"dualcarbon-matplotlib-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        facts = folder.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="dualcarbon-matplotlib-"))
    own = os.name == "nt" or (facts.st_uid == user and not facts.st_mode & 0o022)
    return folder if own and not folder.is_symlink() else Path(tempfile.mkdtemp(prefix="dualcarbon-matplotlib-"))


def _draw(figure: Figure, language: Language) -> Canvas:
    return drawn(figure.drawing).draw(figure, language)
