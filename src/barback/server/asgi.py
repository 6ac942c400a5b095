"""The ASGI application: hot paths in front, then pages, then Litestar for everything else."""

from __future__ import annotations

import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from importlib import metadata
from typing import Any

import msgspec
import structlog
from litestar import Litestar, Response, Router, get
from litestar.datastructures import State
from litestar.di import Provide

from barback.foundation.clock import Clock
from barback.foundation.settings import Settings
from barback.server import api_pages, assembly, openapi, requests
from barback.server.context import Context, request_id_of
from barback.server.headers import with_headers
from barback.server.pages import Pages, send_page
from barback.server.problems import BadRequest, PathNotFound, allowed_methods, handle, refusal_of, send_problem
from barback.storage import open_database

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
log = structlog.get_logger("barback.server")

VERSION = metadata.version("barback")
_API = ("/v1", "/healthz", "/readyz", "/openapi.json")
_OPEN: dict[str, Any] = {"open": True}


class Health(msgspec.Struct):
    """`status` is `ok`."""

    status: str
    version: str


@get("/healthz", opt=_OPEN, tags=["health"])
async def healthz() -> Health:
    """Is the process up? Asks nothing of the database."""
    return Health("ok", VERSION)


@get("/readyz", opt=_OPEN, tags=["health"])
async def readyz(state: State) -> Health:
    """Can it take requests? Reads the database; 503 when it does not answer."""
    async with state.context.db.reading() as tx:
        await assembly.accounts.keys_current(tx)
    return Health("ok", VERSION)


@get("/openapi.json", opt=_OPEN, include_in_schema=False)
async def openapi_json(state: State) -> Response[bytes]:
    """This API, described."""
    return Response(state.openapi, media_type="application/json", headers={"cache-control": "no-cache"})


def litestar_app(body_max_bytes: int) -> Litestar:
    """Litestar with every room's routes; it answers nothing until `state.context` is set."""
    with warnings.catch_warnings():
        # Version 3 wants `db: NamedDependency[Database]` in every handler; we stay below it until it is out.
        warnings.simplefilter("ignore", DeprecationWarning)
        app = _litestar(body_max_bytes)
        app.state.openapi = msgspec.json.encode(openapi.document(app, VERSION))
    return app


def _litestar(body_max_bytes: int) -> Litestar:
    return Litestar(
        route_handlers=[healthz, readyz, openapi_json, Router("/v1", route_handlers=assembly.routes())],
        dependencies={
            "db": Provide(requests.provide_db),
            "tokens": Provide(requests.provide_tokens),
            "clock": Provide(requests.provide_clock),
            "settings": Provide(requests.provide_settings),
            "tasks_known": Provide(requests.provide_tasks_known),
            "topics_known": Provide(requests.provide_topics_known),
            "principal": Provide(requests.provide_principal),
            "reader": Provide(requests.provide_reader),
            "operator": Provide(requests.provide_operator),
            "admin": Provide(requests.provide_admin),
        },
        guards=[requests.refuse_strangers],
        exception_handlers={Exception: handle},
        request_class=requests.StrictRequest,
        request_max_body_size=body_max_bytes,
        openapi_config=None,
        logging_config=None,
    )


class Application:
    """The whole server as one ASGI application."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, api: Litestar | None = None) -> None:
        """`clock`: the machine's, unless a test brings one. The database opens with the lifespan.

        `api`: a `litestar_app` that no other running application has; made here unless it is given.
        """
        self.settings = settings
        self.context: Context | None = None
        self._clock = clock
        self._litestar = api or litestar_app(settings.body_max_bytes)
        self._pages = Pages()
        self._hot: dict[tuple[str, str], Any] = {}
        self._sockets: dict[str, Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request, one WebSocket, or the server's life."""
        if scope["type"] == "http":
            hot = self._hot.get((scope["method"], scope["path"]))
            if hot is not None:
                await self._guarded(hot, scope, receive, send)
            else:
                await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            socket = self._sockets.get(scope["path"])
            if socket is None:
                await receive()
                await send({"type": "websocket.close", "code": 4404, "reason": "nothing is here"})
            else:
                await socket(scope, receive, send)
        else:
            await self._lifespan(receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = request_id_of(scope)
        send = with_headers(send, request_id=request_id, secure=scope.get("scheme") == "https")
        began = time.perf_counter()
        status = 0

        async def noting(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._guarded(self._route, scope, receive, noting)
        log.info(
            "request", method=scope["method"], path=_loggable(scope["path"]), status=status, request_id=request_id,
            ms=round((time.perf_counter() - began) * 1000, 1),
        )  # fmt: skip

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if "\x00" in path or b"%00" in scope["query_string"]:
            await send_problem(send, BadRequest("An address cannot hold the character U+0000."), request_id_of(scope))
        elif path.startswith(_API) and scope["method"] == "OPTIONS":
            await self._options(scope, send)
        elif path.startswith(_API):
            await self._litestar(scope, receive, send)  # pyright: ignore[reportArgumentType]
        elif path == "/docs" or path.startswith("/docs/"):
            await self._file(scope, send, api_pages.find(path, self._pages))
        else:
            await self._file(scope, send, self._pages.find(path))

    async def _options(self, scope: Scope, send: Send) -> None:
        """The methods of a path. Litestar would name those of one handler, where several share the path."""
        methods = allowed_methods(self._litestar, scope["path"])
        if methods:
            allow = ", ".join(methods).encode()
            await send({"type": "http.response.start", "status": 204, "headers": [(b"allow", allow)]})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send_problem(send, PathNotFound("Look at /docs for what is there."), request_id_of(scope))

    async def _file(self, scope: Scope, send: Send, page: Any) -> None:
        if page is None or scope["method"] not in ("GET", "HEAD"):
            await send_problem(send, PathNotFound("Look at /docs for what is there."), request_id_of(scope))
        else:
            await send_page(scope, send, page)

    async def _guarded(self, app: Any, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a plain ASGI application; if it fails before it answers, answer for it."""
        started = False

        async def noting(message: Any) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await app(scope, receive, noting)
        except Exception as error:
            refusal = refusal_of(error)
            if started:
                log.exception("request_failed", path=_loggable(scope["path"]), request_id=request_id_of(scope))
                raise
            await send_problem(send, refusal, request_id_of(scope))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            running = self.running()
            await running.__aenter__()
        except Exception as error:
            log.exception("server_did_not_start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await running.__aexit__(None, None, None)
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Context]:
        """Open the database, load the keys, start the hot paths; close it all at the end."""
        db = await open_database(self.settings.database(), clock=self._clock, pool_max=self.settings.database_pool_max)
        try:
            self.context = context = await assembly.open_context(db, self.settings)
            self._litestar.state.context = context
            self._hot = assembly.hot_paths(context)
            self._sockets = assembly.socket_paths(context)
            async with assembly.background(context):
                yield context
        finally:
            await db.close()


def _loggable(path: str) -> str:
    """A path without what must stay secret: a guest's link is a key."""
    return "/t/…" if path.startswith("/t/") else path
