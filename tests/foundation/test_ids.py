"""Ids: UUIDv7, ever larger, whether they are made one by one or many at once."""

from __future__ import annotations

import os
import time

from barback.foundation.ids import is_uuid7, new_id, new_ids, time_of


def test_ids_are_uuid7_and_grow_however_they_are_made() -> None:
    before = time.time_ns() // 1_000_000
    ids = [new_id(), *new_ids(9_000), new_id(), *new_ids(0), *new_ids(3)]
    assert all(map(is_uuid7, ids))
    assert ids == sorted(set(ids))
    assert before <= time_of(ids[0]) <= time.time_ns() // 1_000_000
    assert time_of(ids[-1]) <= time.time_ns() // 1_000_000 + 3  # the counter borrows from what comes


def test_random_bits_differ() -> None:
    tails = {id_[20:] for id_ in new_ids(5_000)}
    assert len(tails) == 5_000
    assert {id_[19] for id_ in new_ids(500)} == set("89ab")


def test_a_forked_child_makes_ids_of_its_own() -> None:
    new_id()
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writer, "\n".join(new_ids(5)).encode())
        os._exit(0)
    mine = new_ids(5)
    os.waitpid(child, 0)
    theirs = os.read(reader, 4_096).decode().split("\n")
    assert len(theirs) == 5
    assert not {id_[20:] for id_ in mine} & {id_[20:] for id_ in theirs}
