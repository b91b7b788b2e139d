import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dualcarbon.core.errors import StorageError
from dualcarbon.studies.claim import UNFINISHED
from dualcarbon.studies.run import Run
from dualcarbon.studies.store import Objects, Store, content_key


def test_a_step_is_made_once_and_read_back(tmp_path: Path) -> None:
    store, calls = Store(tmp_path), []

    def make() -> dict[str, float]:
        calls.append(1)
        return {"a": 0.1 + 0.2}

    first = store.run("s", make, Objects[dict[str, float]](), {"k": 1})
    second = store.run("s", make, Objects[dict[str, float]](), {"k": 1})
    assert len(calls) == 1
    assert not first.read_back and second.read_back
    assert first.value == second.value and first.key == second.key


def test_key_depends_on_name_options_and_needs() -> None:
    keys = {
        content_key("a", {}, ()),
        content_key("b", {}, ()),
        content_key("a", {"x": 1}, ()),
        content_key("a", {}, ("k",)),
    }
    assert len(keys) == 4
    assert content_key("a", {"x": 1, "y": 2}, ()) == content_key("a", {"y": 2, "x": 1}, ())


def test_a_failing_write_leaves_nothing_behind(tmp_path: Path) -> None:
    class Full(Objects[int]):
        def save(self, value: int, folder: Path) -> None:
            (folder / "value.pickle").write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageError) as caught:
        Store(tmp_path).run("s", lambda: 1, Full(), {})
    assert "No space left" in caught.value.say("zh") and "half-written" in caught.value.say("en")
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path).run("s", broken, Objects[int](), {})
    assert not tmp_path.exists() or list(tmp_path.iterdir()) == []


class Quiet:
    def begin(self, title: object, rows: int, weight: float) -> None: ...
    def tick(self, share: float) -> None: ...
    def end(self, seconds: float, read_back: bool) -> None: ...


def test_an_unfinished_run_is_taken_up_and_a_finished_one_is_not(tmp_path: Path) -> None:
    first = Run("s", {"a": 1}, tmp_path, Quiet())
    assert (first.folder / UNFINISHED).exists()
    again = Run("s", {"a": 1}, tmp_path, Quiet())
    assert again.folder == first.folder
    other = Run("s", {"a": 2}, tmp_path, Quiet())
    assert other.folder != first.folder
    again.finish()
    assert (again.folder / "manifest.json").exists() and not (again.folder / UNFINISHED).exists()
    assert Run("s", {"a": 1}, tmp_path, Quiet()).folder != first.folder


@pytest.mark.parametrize("damage", ["cut", "gone", "no sums", "another file", "a file"])
def test_a_damaged_step_is_made_again(damage: str, tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = store.run("s", lambda: [1.5] * 100, Objects[list[float]](), {})
    value = first.folder / "value.pickle"
    {
        "cut": lambda: value.write_bytes(value.read_bytes()[:50]),
        "gone": value.unlink,
        "no sums": (first.folder / ".sha256").unlink,
        "a file": lambda: (shutil.rmtree(first.folder), first.folder.write_text("?")),
        "another file": lambda: (first.folder / "more").write_bytes(b"?"),
    }[damage]()
    again = store.run("s", lambda: [1.5] * 100, Objects[list[float]](), {})
    assert not again.read_back and again.value == first.value
    assert again.files == [value]
    assert store.run("s", lambda: [0.0], Objects[list[float]](), {}).value == first.value
    assert [p.name for p in tmp_path.iterdir()] == [first.folder.name]


def test_a_step_that_another_run_has_just_finished_stands(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def slow() -> int:
        store.run("s", lambda: 7, Objects[int](), {})
        return 7

    assert store.run("s", slow, Objects[int](), {}).value == 7
    assert len(list(tmp_path.iterdir())) == 1
    assert store.run("s", lambda: 0, Objects[int](), {}).read_back


HOLD = """
import sys, time
from pathlib import Path
from dualcarbon.studies.progress import Silent
from dualcarbon.studies.run import Run
run = Run("s", {"a": 1}, Path(sys.argv[1]), Silent())
(run.folder / "exhibits").mkdir()
(run.folder / "exhibits" / ".draft-half.csv").write_text("half")
(run.folder / ".draft-step").mkdir()
(run.folder / "whole.csv").write_text("whole")
print(run.folder, flush=True)
time.sleep(60)
"""


def test_a_folder_in_use_is_left_alone_and_a_killed_runs_drafts_are_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        held = Path(other.stdout.readline().strip())
        beside = Run("s", {"a": 1}, tmp_path, Quiet())
        assert beside.folder != held
        beside.finish()
        other.kill()
    assert Run("s", {"a": 1}, tmp_path, Quiet()).folder == held
    left = sorted(p.relative_to(held).as_posix() for p in held.rglob("*") if p.is_file())
    assert left == [UNFINISHED, "whole.csv"]
    assert not list(held.rglob(".draft-*"))


def test_a_failed_run_keeps_what_was_placed_and_removes_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing"), Run("s", {}, tmp_path, Quiet()) as run:
        raise ValueError("nothing")
    assert not run.folder.exists()
    (tmp_path / "a.csv").write_text("a")
    with pytest.raises(ValueError, match="later"), Run("s", {}, tmp_path, Quiet()) as run:
        run.place([tmp_path / "a.csv"], "exhibits")
        (run.folder / ".draft-step").mkdir()
        raise ValueError("later")
    assert sorted(p.name for p in run.folder.iterdir()) == [UNFINISHED, "exhibits"]
