import errno
from pathlib import Path

import pytest

from dualcarbon.core.errors import StorageError
from dualcarbon.studies.run import UNFINISHED, Run
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
