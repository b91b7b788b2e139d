import errno
from pathlib import Path

import polars as pl
import pytest

from dualcarbon.core.errors import StorageError
from dualcarbon.core.files import write_parquet, write_text, write_whole


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
