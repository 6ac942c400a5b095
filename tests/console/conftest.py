"""What the console's tests ask for: an operator who is signed in."""

from __future__ import annotations

import pytest
from tests.console.operators import operator_of
from tests.support.server import Party, RunningServer


@pytest.fixture
async def operator(server: RunningServer) -> Party:
    """Whoever runs the installation, signed in at the test's server."""
    return await operator_of(server)


@pytest.fixture
async def admin(server: RunningServer) -> Party:
    """An operator who may also do what cannot be taken back."""
    return await operator_of(server, "admin@harbour.example", "admin")
