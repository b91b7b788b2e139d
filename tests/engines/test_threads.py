import threading

from dualcarbon.core.engine import InOrder
from dualcarbon.engines.threads import Threads


def test_results_come_in_block_order_for_any_number_of_workers() -> None:
    blocks = list(range(50))
    expected = InOrder().map(lambda b: b * b, blocks)
    for workers in (1, 2, 7):
        assert Threads(workers).map(lambda b: b * b, blocks) == expected


def test_reduce_folds_from_the_left() -> None:
    assert Threads(2).reduce(lambda a, b: f"({a}{b})", ["a", "b", "c"]) == InOrder().reduce(
        lambda a, b: f"({a}{b})", ["a", "b", "c"]
    )


def test_two_workers_work_at_the_same_time() -> None:
    meet = threading.Barrier(2, timeout=10)
    Threads(2).map(lambda _: meet.wait(), [0, 1])
