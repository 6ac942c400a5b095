"""Where the trace of a message can be looked at."""

from __future__ import annotations


def trace_link(trace: str | None, trace_url: str) -> str | None:
    """The page of a trace; None without one. `trace_url`: the setting, with {trace_id} in it."""
    # A traceparent is version-trace-span-flags.
    trace_id = (trace or "").split("-")[1:2]
    return trace_url.replace("{trace_id}", trace_id[0]) if trace_url and trace_id else None
