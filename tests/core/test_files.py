import errno
from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import InputError, StorageError
from dualcarbon.core.files import require_readable, storage_error, write_parquet, write_text, write_whole


def test_written_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "sub" / "a.txt", "碳")
    assert (tmp_path / "sub" / "a.txt").read_text(encoding="utf-8") == "碳"


def test_a_full_disk_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    place = write_text(tmp_path / "a.txt", "old")

    def full(draft: Path) -> None:
        draft.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageError) as caught:
        write_whole(place, full)
    assert "No space left" in caught.value.say("zh")
    assert place.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_table_that_cannot_be_written_is_a_storage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pl.DataFrame({"a": [1, 2]})
    assert pl.read_parquet(write_parquet(tmp_path / "a.parquet", table)).equals(table)

    def full(self: pl.DataFrame, file: Path, **_: object) -> None:
        file.write_bytes(b"half")
        raise pl.exceptions.ComputeError("underlying IO error: No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(StorageError, match="No space left"):
        write_parquet(tmp_path / "b.parquet", table)
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_a_file_without_permission_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b")
    require_readable(secret)
    require_readable(tmp_path / "absent.csv")

    def denied(self: Path, mode: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(InputError) as caught:
        require_readable(secret)
    for language, words in (("zh", "无权读取"), ("en", "may not be read")):
        assert words in caught.value.say(language) and "secret.csv" in caught.value.say(language)


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (errno.ENOSPC, "腾出磁盘空间", "free some space"),
        (errno.EROFS, "改为可写", "allow writing"),
        (errno.EACCES, "改为可写", "allow writing"),
        (errno.EEXIST, "已被别的文件占用", "another file has that name"),
        (errno.ENOTDIR, "已被别的文件占用", "another file has that name"),
    ],
)
def test_the_remedy_fits_the_cause(number: int, zh: str, en: str, tmp_path: Path) -> None:
    error = storage_error(tmp_path, OSError(number, "why"))
    assert zh in error.say("zh") and "没有留下写了一半的文件" in error.say("zh")
    assert en in error.say("en") and "nothing half-written was left" in error.say("en")
