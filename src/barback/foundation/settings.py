"""Settings: one frozen value, read once from environment variables that begin with BARBACK_."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PREFIX = "BARBACK_"


class SettingsError(ValueError):
    """A variable has a value that cannot be; the message names it, its value and the cure."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operator can set. `docs/reference/settings.md` tells the same; a test compares them."""

    database_url: Annotated[
        str,
        Meta(description="sqlite:////absolute/path.db or postgresql://user@host/name. Empty: data/barback.db here."),
    ] = ""
    database_pool_max: Annotated[int, Meta(ge=1, le=500, description="PostgreSQL connections of one process.")] = 10
    host: Annotated[str, Meta(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="The port to listen on; 0 takes a free one.")] = 8600
    public_url: Annotated[
        str, Meta(description="Where browsers reach this server, without a slash at the end. Empty: as they asked.")
    ] = ""
    trace_url: Annotated[
        str,
        Meta(description="Where a trace is looked at, as https://traces.example/{trace_id}; the console links to it."),
    ] = ""
    trusted_proxies: Annotated[
        str, Meta(description="Addresses whose X-Forwarded-For and X-Forwarded-Proto are believed, with commas.")
    ] = "127.0.0.1"
    workers: Annotated[int, Meta(ge=0, le=64, description="Worker processes that `barback run` starts.")] = 1
    workers_max: Annotated[
        int,
        Meta(ge=0, le=64, description="More than `workers`: `barback run` adds workers up to so many as work grows."),
    ] = 0
    body_max_bytes: Annotated[
        int, Meta(ge=1024, le=1 << 30, description="The largest request body; a larger one gets 413.")
    ] = 1 << 20
    keep_live_hours: Annotated[
        int, Meta(ge=1, le=8_760, description="How far back a screen that was away can catch up.")
    ] = 24
    keep_figures_days: Annotated[
        int, Meta(ge=1, le=3_650, description="Counts per task and minute, and ticks of schedules.")
    ] = 7
    keep_failures_days: Annotated[
        int, Meta(ge=1, le=3_650, description="Failed attempts; those of a dead letter stay as long as it does.")
    ] = 30
    keep_changes_days: Annotated[int, Meta(ge=1, le=36_500, description="The record of what operators changed.")] = 365
    keep_usage_days: Annotated[
        int, Meta(ge=1, le=36_500, description="The metering ledger: what attempts used, by hour, task and tenant.")
    ] = 400
    blobs: Annotated[
        str,
        Meta(
            description="Where payloads above 256 KiB go, for tasks without a store of their own: an absolute folder, "
            "or s3://bucket/prefix, gs://…, az://… (needs `barback[blobs]`). The same for whoever enqueues and works."
        ),
    ] = ""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least important line to write.")
    ] = "info"
    log_format: Annotated[
        Literal["auto", "text", "json"], Meta(description="auto: text on a terminal, JSON lines elsewhere.")
    ] = "auto"

    def database(self) -> str:
        """The database to open: the one set, or `data/barback.db` under the current folder."""
        return self.database_url or f"sqlite:///{Path.cwd() / 'data' / 'barback.db'}"


def variable(field: str) -> str:
    """The environment variable of a setting: `log_level` → `BARBACK_LOG_LEVEL`."""
    return PREFIX + field.upper()


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Read settings. Raises SettingsError for a value that cannot be."""
    given = {name: environ[variable(name)] for name in Settings.__struct_fields__ if variable(name) in environ}
    try:
        # strict=False: the environment knows only text, so "8600" is a number here.
        return msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$.")
        name = variable(where.rstrip("`"))
        raise SettingsError(f"{name}: {reason.replace('`', '')}, got {environ.get(name)!r}") from error


def unknown_settings(environ: Mapping[str, str]) -> list[str]:
    """A sentence for each BARBACK_ variable that is none of ours, with the nearest that is."""
    ours = [name.upper() for name in Settings.__struct_fields__]
    sentences: list[str] = []
    for name in sorted(environ):
        rest = name.removeprefix(PREFIX)
        if rest not in (name, *ours):
            # Compared without the prefix, in which all are alike.
            near = difflib.get_close_matches(rest, ours, n=1)
            sentences.append(f"unknown setting {name}" + (f", did you mean {PREFIX}{near[0]}?" if near else ""))
    return sentences
