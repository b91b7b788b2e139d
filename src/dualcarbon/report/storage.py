"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from dualcarbon.core.files import storage_error


def write_all(files: Mapping[Path, bytes]) -> list[Path]:
    """Write a set of files so that none is ever seen in part, and a failure to write leaves every one as it was.

    Each file is first written beside its place and flushed to the disk; only when all are there do they take their
    names, one after the other. A crash between two names leaves some files new and some old, each whole.

    Parameters
    ----------
    files : Mapping
        Content by path; missing folders are made.

    Returns
    -------
    list of Path
        The paths in the order given.

    Raises
    ------
    StorageError
        The disk is full, a folder cannot be written, or a name is taken by a folder; no partial file is left.
    """
    waiting: dict[Path, Path] = {}
    path = Path()
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            waiting[path] = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
            _write(waiting[path], content)
        for path, temporary in waiting.items():
            temporary.replace(path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        for temporary in waiting.values():
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    return list(files)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
