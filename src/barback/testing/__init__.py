"""Public helpers for tests: real servers on demand, switches over time and failure, looks into queues.

`fresh_database` is a database for one test, `HandClock` sets the time by hand, `run_until_quiet` works
off everything that can run, `enqueued` and `assert_enqueued` look at what a transaction has enqueued, and
`cut_after` with `recover` cut the power between the steps of a task that acts outside. All of it on a real
database: there is no pretend store. `docs/testing.md` shows them.
"""

from barback.foundation.clock import HandClock
from barback.testing.fresh import fresh_database
from barback.testing.power import PowerCut, cut_after, recover
from barback.testing.queued import Queued, assert_enqueued, enqueued
from barback.testing.quiet import run_until_quiet

__all__ = [
    "HandClock",
    "PowerCut",
    "Queued",
    "assert_enqueued",
    "cut_after",
    "enqueued",
    "fresh_database",
    "recover",
    "run_until_quiet",
]
