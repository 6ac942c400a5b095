"""How Litestar reads a request here: JSON bodies strictly, and who asks."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler

from barback.commerce import accounts
from barback.commerce.accounts import Principal, Tokens
from barback.console import Operator, TasksKnown, TopicsKnown
from barback.foundation.bodies import InvalidRequest, read_json
from barback.foundation.clock import Clock
from barback.foundation.errors import FieldProblem
from barback.foundation.settings import Settings
from barback.server import assembly
from barback.server.problems import UnsupportedMediaType
from barback.storage import Database

_ASKS_WHO = frozenset({"principal", "reader", "operator", "admin"})


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body is decoded straight into the handler's type, without bending any value.

    Litestar itself would take "5" for 5 and "true" for true.
    """

    async def body(self) -> bytes:
        """The bytes of the body; raises InvalidRequest when the handler needs one and there is none."""
        body = await super().body()
        if not body and self.route_handler.parsed_data_field is not None:
            problem = FieldProblem("body", None, "missing", "send a JSON object")
            raise InvalidRequest("This needs a JSON body.", fields=[problem])
        return body

    async def json(self) -> Any:
        """The body as the type that the handler's `data` has."""
        field = self.route_handler.parsed_data_field
        media = self.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media != "application/json" and not media.endswith("+json"):
            raise UnsupportedMediaType("Use Content-Type: application/json.")
        return read_json(await self.body(), field.annotation if field else Any)


async def provide_db(state: State) -> Database:
    """The open database."""
    return state.context.db


async def provide_tokens(state: State) -> Tokens:
    """Issues and verifies access tokens."""
    return state.context.tokens


async def provide_clock(state: State) -> Clock:
    """The one clock."""
    return state.context.clock


async def provide_settings(state: State) -> Settings:
    """What the operator set."""
    return state.context.settings


async def provide_tasks_known() -> TasksKnown:
    """Every task by its name: what the payload of a message may look like."""
    return TasksKnown({task.name: task for task in assembly.tasks()})


async def provide_topics_known() -> TopicsKnown:
    """Every topic of the platform, with who listens."""
    return TopicsKnown(assembly.topics())


def _token(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise accounts.TokenInvalid("Send your access token as: Authorization: Bearer <token>")
    return token.strip()


async def refuse_strangers(request: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard: who sends no token hears that first, and not what is wrong with the body. Raises TokenInvalid."""
    if not _ASKS_WHO.isdisjoint(handler.parsed_fn_signature.parameters):
        _token(request)


async def provide_principal(request: Request[Any, Any, Any], db: Database, tokens: Tokens) -> Principal:
    """Whoever asks, as the database knows them now. Raises TokenInvalid, SessionEnded, DeviceRevoked."""
    principal = await tokens.authenticate(_token(request))
    if principal.kind == "guest":
        return principal
    async with db.reading() as tx:
        return await accounts.still_valid(tx, principal)


async def provide_reader(principal: Principal) -> Operator:
    """Whoever may look at the console. Raises NotPermitted."""
    accounts.require(principal, "console:read")
    return Operator(f"{principal.kind}:{principal.subject_id}")


async def provide_operator(principal: Principal) -> Operator:
    """Whoever may change things on the console. Raises NotPermitted."""
    accounts.require(principal, "console:write")
    return Operator(f"{principal.kind}:{principal.subject_id}", accounts.may(principal, "console:admin"))


async def provide_admin(principal: Principal) -> Operator:
    """Whoever may do on the console what cannot be taken back. Raises NotPermitted."""
    accounts.require(principal, "console:admin")
    return Operator(f"{principal.kind}:{principal.subject_id}", is_admin=True)
