"""What one running server holds, and what belongs to one request."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from barback.commerce.accounts import Tokens
from barback.engine.live import Hub
from barback.foundation.clock import Clock
from barback.foundation.ids import new_id
from barback.foundation.settings import Settings
from barback.storage import Database

Scope = MutableMapping[str, Any]
_REQUEST_ID = "barback.request_id"


@dataclass(frozen=True)
class Context:
    """What rooms are given when the server starts: hot paths and the live socket are made from it."""

    db: Database
    tokens: Tokens
    clock: Clock
    settings: Settings
    hub: Hub


def request_id_of(scope: Any) -> str:
    """The id of this request, made at the first asking. Ours always: a client's own could lie in our logs."""
    request_id = scope.get(_REQUEST_ID)
    if request_id is None:
        request_id = scope[_REQUEST_ID] = new_id()
    return str(request_id)
