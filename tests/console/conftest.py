"""What the console's tests ask for: an operator who is signed in."""

from __future__ import annotations

import pytest
from tests.console.operators import operator_of
from tests.support.server import Party, RunningServer


@pytest.fixture
async def operator(server: RunningServer) -> Party:
    """Whoever runs the installation, signed in at the test's server."""
    return await operator_of(server)
