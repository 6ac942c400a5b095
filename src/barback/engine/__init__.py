"""The work engine: messages, queues, workers, schedules, topics, dead letters, live news.

It knows nothing of bars and can be used alone. The contract it keeps is E1 to E22 in
`docs/reference/engine.md`; `tests/conformance` holds both databases to it.
"""

from barback.engine.fairness.limits import Limits, Lines, Rate
from barback.engine.fanout.batches import Batch
from barback.engine.fanout.sweeps import Sweep
from barback.engine.guards.breakers import Breaker
from barback.engine.handlers.calling import ProcessTask, ThreadTask
from barback.engine.installing import MIGRATIONS, install, migrate
from barback.engine.messages import (
    DONE,
    Cancel,
    Dead,
    Done,
    Expired,
    LeaseLostError,
    Message,
    Outcome,
    PayloadTooLargeError,
    RetryAfter,
    Snooze,
)
from barback.engine.queues import Queue
from barback.engine.schedules import Schedule
from barback.engine.submitting import submit
from barback.engine.tasks import ActingTask, BatchTask, Task, TransactionalTask, Work
from barback.engine.topics import Topic
from barback.engine.workers.worker import Worker
from barback.engine.works import Found

__all__ = [
    "DONE",
    "MIGRATIONS",
    "ActingTask",
    "Batch",
    "BatchTask",
    "Breaker",
    "Cancel",
    "Dead",
    "Done",
    "Expired",
    "Found",
    "LeaseLostError",
    "Limits",
    "Lines",
    "Message",
    "Outcome",
    "PayloadTooLargeError",
    "ProcessTask",
    "Queue",
    "Rate",
    "RetryAfter",
    "Schedule",
    "Snooze",
    "Sweep",
    "Task",
    "ThreadTask",
    "Topic",
    "TransactionalTask",
    "Work",
    "Worker",
    "install",
    "migrate",
    "submit",
]
