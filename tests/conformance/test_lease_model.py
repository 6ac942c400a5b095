"""The lease protocol, walked through exhaustively (E2, E3, E5, E6): its model has no wrong state within these bounds.

The model is `barback/engine/leasing/claims_model.py`; that the code keeps the same promises is held by the Hypothesis
machine of `test_lease_protocol.py`, in any order but not in every one. Here every order of every step is tried:
claims whose commit comes late, outcomes, messages given back, crashes, restarts, pauses, workers given up for
dead, take-overs. In each state no message is lost, in two places or done twice, none comes before an earlier one
of its key, none kills more workers than it has attempts, none is buried for what others did; and from each state
there is a way to the end of all.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conformance.exhaustive import walk

from barback.engine.leasing.claims_model import BREAKS, Protocol
from barback.engine.leasing.relaxed_model import RELAXED_BREAKS, RelaxedProtocol

BOUNDS = [
    Protocol(workers=2, keys=(0, 0), attempts_max=2, faults=3),
    Protocol(workers=3, keys=(0, 0), attempts_max=1, faults=2),
    Protocol(workers=2, keys=(0, None), attempts_max=2, faults=1),
    Protocol(workers=2, keys=(0, 0, None), attempts_max=1, faults=1),
    Protocol(workers=2, keys=(0, 0, 0), attempts_max=1, faults=2),
]
SMALL = [
    Protocol(workers=2, keys=(0, 0), attempts_max=1, faults=2),
    Protocol(workers=2, keys=(0, None), attempts_max=1, faults=2),
]

RELAXED = [
    RelaxedProtocol(workers=1, keys=(None,), attempts_max=1, faults=6),
    RelaxedProtocol(workers=2, keys=(None, None), attempts_max=1, batch=1, faults=2),
    RelaxedProtocol(workers=2, keys=(0, None), attempts_max=1, faults=2),
    RelaxedProtocol(workers=2, keys=(None,), attempts_max=2, faults=4),
]


@pytest.mark.slow
@pytest.mark.parametrize("protocol", BOUNDS, ids=lambda one: f"{one.workers} workers, keys {one.keys}")
def test_E2_E5_E6_no_order_of_steps_leads_to_a_wrong_state(protocol: Protocol) -> None:
    walked = walk(protocol)
    assert walked.wrong == ""
    assert walked.states > 5_000, "the walk saw what it should: a model that cannot move has no wrong state either"


@pytest.mark.parametrize("broken", BREAKS)
def test_E2_E5_E6_each_way_to_break_the_protocol_is_found(broken: str) -> None:
    walks = (walk(replace(protocol, broken=broken)) for protocol in SMALL)
    assert any(walked.wrong for walked in walks), f"{broken}: the walk found nothing wrong"


@pytest.mark.slow
@pytest.mark.parametrize("protocol", RELAXED, ids=lambda one: f"{one.workers} workers, keys {one.keys}")
def test_E2_E3_E6_no_crash_of_a_server_that_had_not_written_its_log_leads_to_a_wrong_state(
    protocol: RelaxedProtocol,
) -> None:
    """One count of an attempt may be lost, so one more worker may die of a message. Nothing else is different."""
    walked = walk(protocol)
    assert walked.wrong == ""
    assert walked.states > 100


@pytest.mark.parametrize("broken", [*RELAXED_BREAKS, "fencing off", "attempt counted late"])
def test_E2_E6_each_way_to_break_claims_that_do_not_wait_for_the_disk_is_found(broken: str) -> None:
    walks = (walk(replace(protocol, broken=broken)) for protocol in RELAXED)
    found = next((walked.wrong for walked in walks if walked.wrong), "")
    assert found, f"{broken}: the walk found nothing wrong"
    assert "the server crashes" in found or broken not in RELAXED_BREAKS


def test_what_is_found_is_told_step_by_step() -> None:
    walked = walk(replace(SMALL[0], broken="fencing off"))
    assert walked.wrong.startswith("message 0 had its effect")
    assert walked.wrong.index("pause") < walked.wrong.index("take over") < walked.wrong.index("settle")
