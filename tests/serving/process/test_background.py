import threading

import pytest
from tests.waiting import eventually

from slipway.serving.process.background import Background


def test_what_fills_half_of_the_capacity_is_not_waited_with() -> None:
    done: list[int] = []

    def work(items: list[int]) -> list[int]:
        done.extend(items)
        return []

    queue = Background("test", work, 10, 3600, 1000)
    queue.offer(1, 4)
    queue.offer(2, 1)
    eventually(lambda: done == [1, 2])
    queue.close(5)
    assert queue.dropped == 0


def test_what_does_not_fit_is_dropped_and_counted_and_what_failed_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("slipway.serving.process.background._RETRY_SECONDS", 0.01)
    gate, tries = threading.Event(), []

    def work(items: list[int]) -> list[int]:
        assert gate.wait(30)
        tries.append(items)
        return items if len(tries) < 3 else []

    queue = Background("test", work, 3, 0.01, 1, count=lambda item: item)
    assert [queue.offer(item) for item in (1, 2, 3, 4)] == [True, True, True, False]
    assert (queue.waiting, queue.dropped) == (6, 4)
    gate.set()
    eventually(lambda: queue.waiting == 0)
    queue.close(5)
    assert [item for items in tries[2:] for item in items][:1] == [1]
    assert (len(tries) >= 3, queue.dropped) == (True, 4)


def test_a_defect_in_the_work_gives_items_up_and_goes_on() -> None:
    seen: list[int] = []

    def work(items: list[int]) -> list[int]:
        seen.extend(items)
        if 1 in items:
            raise ZeroDivisionError
        return []

    queue = Background("test", work, 10, 0.01, 1)
    queue.offer(1)
    eventually(lambda: queue.dropped == 1)
    queue.offer(2)
    eventually(lambda: seen[-1:] == [2])
    queue.close(5)
    assert not queue.offer(3)
    assert queue.dropped == 2
