"""Steps keyed by content: what was computed once from the same inputs, options and code is read back."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from dualcarbon.core.files import DRAFT, storage_error

T = TypeVar("T")
_SUMS = ".sha256"


class Codec(Protocol[T]):
    """How a step's value lies on disk."""

    def save(self, value: T, folder: Path) -> None:
        """Write the value into an empty folder."""
        ...

    def load(self, folder: Path) -> T:
        """Read the value back."""
        ...


class Objects(Generic[T]):
    """Any frozen result, as one pickle; keys carry the code version, so a reader always matches its writer."""

    def save(self, value: T, folder: Path) -> None:
        """Write the value."""
        with (folder / "value.pickle").open("wb") as file:
            pickle.dump(value, file, protocol=5)

    def load(self, folder: Path) -> T:
        """Read the value."""
        with (folder / "value.pickle").open("rb") as file:
            value: T = pickle.load(file)
        return value


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A finished step: its value, its key, the folder it lies in, the seconds it took to make or read back."""

    value: T
    key: str
    folder: Path
    seconds: float
    read_back: bool

    @property
    def files(self) -> list[Path]:
        """The files of the step, by name."""
        return _files(self.folder)


_CODE = (".py", ".csv", ".toml", ".typ", ".html", ".css", ".otf", ".txt")


@cache
def code_version() -> str:
    """SHA-256 over every file of the package: changed code never reads an old step."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in _CODE and "__pycache__" not in path.parts:
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def content_key(name: str, options: Mapping[str, object], needs: tuple[str, ...]) -> str:
    """The key of a step: its name, options, the keys of the steps it reads, and the code."""
    text = json.dumps([name, options, needs, code_version()], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Store:
    """A folder of finished steps, each written as a draft and moved to its place in one act.

    Parameters
    ----------
    folder : Path
        Where finished steps lie.
    drafts : Path, optional
        Where drafts are written, on the same disk; `folder` by default.
    """

    def __init__(self, folder: Path, drafts: Path | None = None) -> None:
        self.folder = folder
        self.drafts = drafts or folder

    def run(
        self,
        name: str,
        make: Callable[[], T],
        codec: Codec[T],
        options: Mapping[str, object],
        needs: tuple[str, ...] = (),
    ) -> Done[T]:
        """The value of a step: read back if it is there with its bytes intact, made and kept otherwise.

        Raises
        ------
        StorageError
            If it cannot be written; the unfinished folder is removed.
        """
        key = content_key(name, options, needs)
        place = self.folder / f"{name}-{key[:16]}"
        start = time.perf_counter()
        if _intact(place):
            return Done(codec.load(place), key, place, time.perf_counter() - start, read_back=True)
        value = make()
        self._keep(value, codec, place)
        return Done(value, key, place, time.perf_counter() - start, read_back=False)

    def _keep(self, value: T, codec: Codec[T], place: Path) -> None:
        draft: Path | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=self.drafts))
            codec.save(value, draft)
            (draft / _SUMS).write_bytes(_sums(draft))
            _move(draft, place)
        except OSError as error:
            raise storage_error(self.folder, error) from error
        finally:
            if draft is not None and draft.exists():
                shutil.rmtree(draft, ignore_errors=True)


def _move(draft: Path, place: Path) -> None:
    """The draft to its place; a damaged step there gives way, one that another run has just finished stays."""
    if place.exists() and not _intact(place):
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    try:
        draft.replace(place)
    except OSError:
        if not _intact(place):
            raise


def _intact(place: Path) -> bool:
    """Whether every file of a step has the bytes it was written with."""
    try:
        return (place / _SUMS).read_bytes() == _sums(place)
    except OSError:
        return False


def _sums(place: Path) -> bytes:
    return "".join(f"{file_sha256(path)}  {path.name}\n" for path in _files(place)).encode()


def _files(place: Path) -> list[Path]:
    return sorted(path for path in place.iterdir() if path.is_file() and path.name != _SUMS)
