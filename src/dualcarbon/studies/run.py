"""One run of a study: its folder, its steps, its manifest."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from dualcarbon.core.files import storage_error, write_text, write_whole
from dualcarbon.core.interrupt import stop_if_asked
from dualcarbon.core.text import Text
from dualcarbon.studies.claim import Claim, take_new, take_up
from dualcarbon.studies.progress import Reporter
from dualcarbon.studies.store import Codec, Done, Store, code_version, content_key

T = TypeVar("T")
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

    An unfinished folder of the same study and options is taken up again, unless another process works in it; its
    finished steps are read back. Leaving by an error removes drafts, and the folder if nothing was placed in it.
    """

    study: str
    options: Mapping[str, object]
    out: Path
    reporter: Reporter
    records: list[Record] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = content_key(self.study, self.options, ())
        self._claim = self._claimed()
        self.folder = self._claim.folder
        self.store = Store(self.out / ".steps", self.folder)
        self._start = time.time()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        if kind is not None:
            self._claim.abandon()

    def _claimed(self) -> Claim:
        tail = self.key[:8]
        stem = time.strftime("%Y%m%d-%H%M%S")
        fresh = (self.out / f"{stem}{suffix}-{tail}" for suffix in ("", *(f".{i}" for i in range(2, 100))))
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            old = (take_up(folder) for folder in sorted(self.out.glob(f"*-{tail}")))
            claim = next(filter(None, chain(old, map(take_new, fresh))), None)
        except OSError as error:
            raise storage_error(self.out, error) from error
        if claim is None:
            raise storage_error(self.out, FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)))
        return claim

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
        """Run or read back one step and record it.

        Raises
        ------
        KeyboardInterrupt
            If Ctrl-C was pressed in an earlier step and a library swallowed it.
        """
        stop_if_asked()
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
        stop_if_asked()
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
        self._claim.finish()
        return self.folder


def peak_memory_mib() -> int | None:
    """Largest resident memory of this process so far, None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    scale = 1024 * 1024 if platform.system() == "Darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale)
