"""Ctrl-C is remembered even where the exception is swallowed or the handler taken away."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

from dualcarbon.core.interrupt import listen

SWALLOWED = """
import os, signal, time
from dualcarbon.core.interrupt import listen, stop_if_asked

def press():
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(500):
        time.sleep(0.01)

listen()
stop_if_asked()
try:
    press()
except KeyboardInterrupt:
    print("raised")
try:
    stop_if_asked()
except KeyboardInterrupt:
    print("remembered")
"""

TAKEN_AWAY = """
import ctypes, os, signal, time
from dualcarbon.core.interrupt import listen
listen()
ctypes.CDLL(None).signal(int(signal.SIGINT), None)
try:
    os.kill(os.getpid(), signal.SIGINT)
    for _ in range(500):
        time.sleep(0.01)
except KeyboardInterrupt:
    print("raised")
"""


def run(code: str) -> list[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_an_interrupt_is_raised_and_remembered() -> None:
    assert run(SWALLOWED) == ["raised", "remembered"]


def test_a_library_that_resets_the_handler_does_not_let_it_kill() -> None:
    assert run(TAKEN_AWAY) == ["raised"]


def test_outside_the_main_thread_nothing_changes() -> None:
    before = signal.getsignal(signal.SIGINT)
    worker = threading.Thread(target=listen)
    worker.start()
    worker.join()
    assert signal.getsignal(signal.SIGINT) is before


ONCE = """
import _thread, time
from dualcarbon.core import interrupt
interrupt.listen()
interrupt._press()
try:
    interrupt.stop_if_asked()
except KeyboardInterrupt:
    _thread.interrupt_main()
    for _ in range(20):
        time.sleep(0.01)
    print("undisturbed")
interrupt._press()
try:
    _thread.interrupt_main()
    time.sleep(1.0)
except KeyboardInterrupt:
    print("again")
"""


def test_one_press_is_told_once_and_the_next_anew() -> None:
    """The watcher relays a press that a step has already told: the words of the first must not be broken into."""
    assert run(ONCE) == ["undisturbed", "again"]
