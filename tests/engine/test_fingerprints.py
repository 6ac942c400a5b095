"""Which errors are the same error."""

from __future__ import annotations

import pytest

from barback.engine.dead.fingerprints import fingerprint_of, shape_of

SAME = [
    ("ValueError: tab 4711 has 3 lines", "ValueError: tab 9 has 12 lines"),
    ("NotFound: 01a1fe2f-d27a-7000-888e-a70f70453a67", "NotFound: 01a1fe2f-d2e1-7000-9c9f-b93995dacd31"),
    ("KeyError: 'beer'", "KeyError: 'red wine'"),
    ("at 0x7f32aa10", "at 0x55"),
    ("worker vm:77:b4f4563b0a8a died", "worker vm:78:c0ffee123456 died"),
    ("paid 10.50", "paid 1,200.00"),
    ("TimeoutError: slow\nline two of 5", "TimeoutError: slow\nquite another"),
]
DIFFERENT = [
    ("ValueError: no price", "ValueError: no tax"),
    ("TimeoutError: 5", "ConnectionError: 5"),
    ("facade of defaced deeds", "decade of effaced beads"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_what_differs_from_message_to_message_does_not_count(left: str, right: str) -> None:
    assert shape_of(left) == shape_of(right)
    assert fingerprint_of("t", left) == fingerprint_of("t", right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_what_it_says_counts(left: str, right: str) -> None:
    assert fingerprint_of("t", left) != fingerprint_of("t", right)


def test_the_same_words_of_another_task_are_another_error() -> None:
    assert fingerprint_of("a", "TimeoutError") != fingerprint_of("b", "TimeoutError")
    assert len(fingerprint_of("a", "")) == 12
