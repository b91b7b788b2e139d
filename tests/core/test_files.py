import errno
from pathlib import Path

import pytest

from dualcarbon.core.errors import StorageError
from dualcarbon.core.files import write_text, write_whole


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
