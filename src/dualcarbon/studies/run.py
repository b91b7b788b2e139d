"""One run of a study: its folder, its steps, its manifest."""

from __future__ import annotations

import json
import platform
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from dualcarbon.core.files import storage_error, write_text, write_whole
from dualcarbon.core.text import Text
from dualcarbon.studies.progress import Reporter
from dualcarbon.studies.store import Codec, Done, Store, code_version, content_key

T = TypeVar("T")
UNFINISHED = ".unfinished"
_LIBRARIES = ("numpy", "polars", "numba", "scipy", "highspy", "typst", "matplotlib", "openpyxl", "python-docx")


@dataclass(slots=True)
class Record:
    """What the manifest says of one step."""

    step: str
    key: str
    rows: int
    seconds: float
    read_back: bool


@dataclass
class Run:
    """A run in progress: steps go through `step`, files through `place`, and `finish` writes the manifest.

    An unfinished folder of the same study and options is taken up again; its finished steps are read back.
    """

    study: str
    options: Mapping[str, object]
    out: Path
    reporter: Reporter
    records: list[Record] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = content_key(self.study, self.options, ())
        self.store = Store(self.out / ".steps")
        self.folder = self._folder()
        self._start = time.time()

    def _folder(self) -> Path:
        tail = self.key[:8]
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            for old in sorted(self.out.glob(f"*-{tail}")):
                if (old / UNFINISHED).exists():
                    return old
            stem = time.strftime("%Y%m%d-%H%M%S")
            for suffix in ("", *(f".{i}" for i in range(2, 100))):
                folder = self.out / f"{stem}{suffix}-{tail}"
                if not folder.exists():
                    break
            folder.mkdir()
            (folder / UNFINISHED).touch()
        except OSError as error:
            raise storage_error(self.out, error) from error
        return folder

    def step(
        self,
        name: str,
        title: Text,
        make: Callable[[], T],
        codec: Codec[T],
        *,
        options: Mapping[str, object],
        needs: tuple[Done[Any], ...] = (),
        rows: int = 0,
        weight: float = 1.0,
    ) -> Done[T]:
        """Run or read back one step and record it."""
        self.reporter.begin(title, rows, weight)
        done = self.store.run(name, make, codec, options, tuple(n.key for n in needs))
        self.reporter.end(done.seconds, done.read_back)
        self.records.append(Record(name, done.key, rows, done.seconds, done.read_back))
        return done

    def place(self, files: list[Path], subfolder: str = "") -> list[Path]:
        """Copy finished files into the run's folder, each in one act."""
        target = self.folder / subfolder
        return [write_whole(target / file.name, partial(shutil.copyfile, file)) for file in files]

    def finish(self) -> Path:
        """Write manifest.json; the run's folder is complete after this."""
        manifest = {
            "study": self.study,
            "key": self.key,
            "options": dict(self.options),
            "inputs_sha256": self.inputs,
            "code_sha256": code_version(),
            "versions": {
                "dualcarbon": version("dualcarbon"),
                "python": platform.python_version(),
                **{name: version(name) for name in _LIBRARIES},
            },
            "steps": [
                {"step": r.step, "key": r.key, "rows": r.rows, "seconds": round(r.seconds, 3), "read_back": r.read_back}
                for r in self.records
            ],
            "seconds": round(time.time() - self._start, 3),
            "peak_memory_mib": peak_memory_mib(),
        }
        write_text(
            self.folder / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1, default=str) + "\n"
        )
        (self.folder / UNFINISHED).unlink(missing_ok=True)
        return self.folder


def peak_memory_mib() -> int | None:
    """Largest resident memory of this process so far, None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    scale = 1024 * 1024 if platform.system() == "Darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale)
