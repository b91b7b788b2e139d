"""Files written whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dualcarbon.core.errors import InputError, StorageError
from dualcarbon.core.text import Text, both

if TYPE_CHECKING:
    import polars as pl

DRAFT = ".draft-"


def storage_error(path: Path, error: OSError) -> StorageError:
    """The bilingual form of a failed write."""
    return StorageError(
        Text("结果写不下去", "a result could not be written"),
        expected=Text("{p} 可写且有空间", "{p} writable, with room").format(p=path),
        found=both(f"{type(error).__name__}: {error.strerror or error}"),
        remedy=_remedies().get(error.errno or 0, _ROOM).format(again=_AGAIN),
    )


_AGAIN = Text("再运行同一命令；没有留下写了一半的文件", "run the same command again; nothing half-written was left")
_ROOM = Text("腾出磁盘空间或换一个目录，{again}", "free some space or choose another folder and {again}")
_ALLOW = Text("改为可写或换一个目录，{again}", "allow writing there or choose another folder and {again}")
_NAME = Text(
    "换一个目录：这个名字已被别的文件占用，{again}",
    "choose another folder: another file has that name, and {again}",
)


def _remedies() -> dict[int, Text]:
    denied = dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _ALLOW)
    return denied | dict.fromkeys((errno.EEXIST, errno.ENOTDIR, errno.EISDIR), _NAME)


def require_readable(path: Path) -> None:
    """Refuse a file that is there and may not be read.

    Raises
    ------
    InputError
        If the system denies it.
    """
    try:
        if path.is_file():
            path.open("rb").close()
    except PermissionError as error:
        raise InputError(
            Text("无权读取 {p}", "{p} may not be read").format(p=path),
            expected=Text("有读权限的文件", "a file with permission to read"),
            found=both(f"{type(error).__name__}: {error.strerror}"),
            remedy=Text(
                "修改该文件及其文件夹的权限，或复制到可读的位置",
                "change the permissions of the file and its folders, or copy it to where it can be read",
            ),
        ) from error


def write_whole(path: Path, write: Callable[[Path], None]) -> Path:
    """Let `write` fill a draft beside `path`, then move it there in one act; on failure the draft is removed.

    Raises
    ------
    StorageError
        If the disk is full or the folder cannot be written.
    """
    draft: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=DRAFT, suffix=path.suffix, dir=path.parent)
        os.close(handle)
        draft = Path(name)
        write(draft)
        draft.chmod(0o644)
        draft.replace(path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)
    return path


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 text whole or not at all."""
    return write_whole(path, lambda draft: _put(draft, text.encode("utf-8")))


def write_bytes(path: Path, data: bytes) -> Path:
    """Write bytes whole or not at all."""
    return write_whole(path, lambda draft: _put(draft, data))


def write_parquet(path: Path, frame: pl.DataFrame) -> Path:
    """Write a table as Parquet whole or not at all."""
    return write_whole(path, lambda draft: _put_parquet(draft, frame))


def _put_parquet(draft: Path, frame: pl.DataFrame) -> None:
    from polars.exceptions import PolarsError

    try:
        frame.write_parquet(draft, compression="zstd", compression_level=1)
    except PolarsError as error:
        raise OSError(str(error)) from error


def _put(draft: Path, data: bytes) -> None:
    draft.write_bytes(data)
