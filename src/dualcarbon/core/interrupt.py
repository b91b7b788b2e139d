"""A stop asked for with Ctrl-C holds, whatever a library does to signals meanwhile."""

from __future__ import annotations

import _thread
import signal
import threading
from types import FrameType

_pressed = 0
_told = 0


def _press() -> None:
    global _pressed
    _pressed += 1


def _tell() -> None:
    """Raise, once for each press: a second exception for the same press would break into the handling of the first."""
    global _told
    if _told < _pressed:
        _told = _pressed
        raise KeyboardInterrupt


def _note(number: int, frame: FrameType | None) -> None:
    _press()
    _tell()


def _relayed(number: int, frame: FrameType | None) -> None:
    _tell()


def _watch() -> None:
    while True:
        signal.sigwait({signal.SIGINT})
        _press()
        _thread.interrupt_main()


def listen() -> None:
    """From now on Ctrl-C is received by a thread of its own and remembered; to be called before other threads start.

    A dataframe engine that puts its own handler in place while it works, and takes it away again, can neither
    swallow the signal nor let it kill the process: it stays blocked in every thread but the one that waits for it.
    Where signals cannot be blocked, a plain handler remembers it. Outside the main thread nothing changes.
    """
    global _pressed, _told
    _pressed = _told = 0
    if threading.current_thread() is not threading.main_thread():
        return
    blocks = hasattr(signal, "pthread_sigmask")
    signal.signal(signal.SIGINT, _relayed if blocks else _note)
    if blocks:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        threading.Thread(target=_watch, daemon=True).start()


def stop_if_asked() -> None:
    """Raise `KeyboardInterrupt` if Ctrl-C was pressed since `listen`, whoever swallowed it then."""
    global _told
    if _pressed:
        _told = _pressed
        raise KeyboardInterrupt
