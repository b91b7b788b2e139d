"""Run the benchmarks: size, seconds (median, after a first call that compiles), CPU seconds, peak memory, the rival's.

A timed call that returns a mapping of parts to seconds has them printed below its line.

`python benchmarks/run.py [WORD]` runs those whose name contains WORD. Each runs in a process of its own, so that
the peak memory is its own.
"""

from __future__ import annotations

import importlib
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def _load() -> None:
    for path in sorted(HERE.glob("*.py")):
        if path.stem not in ("registry", "run"):
            importlib.import_module(path.stem)


def _seconds(call: object, repeats: int) -> tuple[float, float, float, object]:
    """First call (compiles), the median of the repeats and of their CPU seconds, and what the last call returned."""
    assert callable(call)
    start = time.perf_counter()
    result = call()
    first = time.perf_counter() - start
    runs, work = [], []
    for _ in range(repeats):
        start, used = time.perf_counter(), time.process_time()
        result = call()
        runs.append(time.perf_counter() - start)
        work.append(time.process_time() - used)
    return first, statistics.median(runs), statistics.median(work), result


def _one(index: int, rival: bool) -> None:
    from registry import BENCHMARKS

    item = BENCHMARKS[index]
    prepare = item.rival if rival else item.prepare
    assert prepare is not None
    first, median, cpu, result = _seconds(prepare(), item.repeats)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = isinstance(result, dict) and all(isinstance(v, float) for v in result.values())
    parts = result if seconds else {}
    print(json.dumps({"first": first, "median": median, "cpu": cpu, "peak": peak, "parts": parts}))


def _measure(index: int, rival: bool) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", str(index), "rival" if rival else "ours"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def main() -> None:
    """Print one line per benchmark."""
    from registry import BENCHMARKS

    _load()
    if sys.argv[1:2] == ["--one"]:
        _one(int(sys.argv[2]), sys.argv[3] == "rival")
        return
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    print(f"{'benchmark':<44} {'size':<34} {'median s':>9} {'first s':>9} {'CPU s':>8} {'peak MiB':>9}  rival")
    for index, item in enumerate(BENCHMARKS):
        if word not in item.name:
            continue
        ours = _measure(index, rival=False)
        line = f"{item.name:<44} {item.size:<34} {ours['median']:9.3f} {ours['first']:9.3f}"
        line += f" {ours['cpu']:8.2f} {ours['peak']:9.0f}"
        if item.rival is not None:
            other = _measure(index, rival=True)
            line += f"  {item.rival_name}: {other['median']:.3f} s, {other['cpu']:.2f} CPU s, {other['peak']:.0f} MiB"
        print(line, flush=True)
        for part, seconds in ours["parts"].items():
            print(f"    {part:<40} {seconds:9.3f} s", flush=True)


if __name__ == "__main__":
    main()
