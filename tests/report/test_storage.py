"""Files are whole or absent, also on a full disk."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dualcarbon.core.errors import StorageError
from dualcarbon.report import storage


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_get_their_content_and_usual_permissions(tmp_path: Path) -> None:
    paths = storage.write_all({tmp_path / "new" / "a.txt": b"1", tmp_path / "b.txt": b"2"})
    assert [path.read_bytes() for path in paths] == [b"1", b"2"]
    (tmp_path / "plain").write_bytes(b"")
    assert paths[0].stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    (tmp_path / "b.txt").write_bytes(b"old")
    calls = iter(range(1, 10))

    def full(_: int) -> None:
        if next(calls) == failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(StorageError) as caught:
        storage.write_all({tmp_path / name: b"new" for name in ("a.txt", "b.txt", "c.txt")})
    assert names(tmp_path) == ["b.txt"]
    assert (tmp_path / "b.txt").read_bytes() == b"old"
    assert os.strerror(errno.ENOSPC) in caught.value.say("zh")
    assert "nothing half-written" in caught.value.say("en")


@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX")
def test_a_write_the_system_cuts_short_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from dualcarbon.report.storage import write_all\n"
        "from dualcarbon.core.errors import StorageError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "try: write_all({Path(sys.argv[1]) / 'a': b'x' * 100, Path(sys.argv[1]) / 'b': b'x' * 50_000})\n"
        "except StorageError: sys.exit(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert done.returncode == 7
    assert names(tmp_path) == []


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"x")
    with pytest.raises(StorageError):
        storage.write_all({tmp_path / "taken" / "a.txt": b"1"})
    assert (tmp_path / "taken").read_bytes() == b"x"


def test_a_name_taken_by_a_folder(tmp_path: Path) -> None:
    (tmp_path / "b.txt").mkdir()
    (tmp_path / "a.txt").write_bytes(b"old")
    with pytest.raises(StorageError):
        storage.write_all({tmp_path / "a.txt": b"new", tmp_path / "b.txt": b"1"})
    assert names(tmp_path) == ["a.txt", "b.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"old"


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(storage.os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        storage.write_all({tmp_path / "a.txt": b"1"})
    assert names(tmp_path) == []
