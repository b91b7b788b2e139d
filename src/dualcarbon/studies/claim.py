"""A run's folder belongs to one process while it runs; a killed process leaves it free to be taken up."""

from __future__ import annotations

import errno
import shutil
import weakref
from pathlib import Path
from typing import IO

from dualcarbon.core.files import DRAFT

UNFINISHED = ".unfinished"


class Claim:
    """Hold on an unfinished folder, until it is released or the process ends.

    Where the system or the disk has no locks the hold is not exclusive.
    """

    def __init__(self, folder: Path, mark: IO[bytes]) -> None:
        self.folder = folder
        self._release = weakref.finalize(self, mark.close)

    def finish(self) -> None:
        """The folder is complete."""
        (self.folder / UNFINISHED).unlink(missing_ok=True)
        self._release()

    def abandon(self) -> None:
        """Remove drafts, and the folder too if nothing was written into it; what was written can be taken up."""
        sweep(self.folder)
        if [path.name for path in self.folder.iterdir()] == [UNFINISHED]:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._release()


def take_new(folder: Path) -> Claim | None:
    """The folder, made and held; None if its name is taken."""
    try:
        folder.mkdir()
    except FileExistsError:
        return None
    try:
        return _held(folder, "xb")
    except OSError:
        folder.rmdir()
        raise


def take_up(folder: Path) -> Claim | None:
    """An unfinished folder without the drafts a killed process left; None if it is finished or another process's."""
    try:
        claim = _held(folder, "r+b")
    except FileNotFoundError:
        return None
    if claim is not None:
        sweep(folder)
    return claim


def sweep(folder: Path) -> None:
    """Remove every draft under the folder."""
    for path in sorted(folder.rglob(f"{DRAFT}*")):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _held(folder: Path, mode: str) -> Claim | None:
    mark = (folder / UNFINISHED).open(mode)
    if _locked(mark) and (folder / UNFINISHED).exists():
        return Claim(folder, mark)
    mark.close()
    return None


def _locked(mark: IO[bytes]) -> bool:
    try:
        import fcntl
    except ImportError:
        mark.close()
        return True
    try:
        fcntl.lockf(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EACCES, errno.EAGAIN)
    return True
