"""A stop asked for with Ctrl-C holds, whatever a library does to signals meanwhile."""

from __future__ import annotations

import _thread
import signal
import threading
from types import FrameType

_asked = threading.Event()


def _note(number: int, frame: FrameType | None) -> None:
    _asked.set()
    raise KeyboardInterrupt


def _watch() -> None:
    while True:
        signal.sigwait({signal.SIGINT})
        _asked.set()
        _thread.interrupt_main()


def listen() -> None:
    """From now on Ctrl-C is received by a thread of its own and remembered; to be called before other threads start.

    A dataframe engine that puts its own handler in place while it works, and takes it away again, can neither
    swallow the signal nor let it kill the process: it stays blocked in every thread but the one that waits for it.
    Where signals cannot be blocked, a plain handler remembers it. Outside the main thread nothing changes.
    """
    _asked.clear()
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGINT, _note)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        threading.Thread(target=_watch, daemon=True).start()


def stop_if_asked() -> None:
    """Raise `KeyboardInterrupt` if Ctrl-C was pressed since `listen`, whoever swallowed it then."""
    if _asked.is_set():
        raise KeyboardInterrupt
