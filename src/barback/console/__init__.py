"""The console: what an operator sees of the work engine and changes while it runs, over HTTP and on the command line.

It knows the engine and nothing of bars. Who asks is handed in by the server as an `Operator`
(docs/decisions/0010-the-console-knows-operators.md), so the console knows nothing of accounts either.

    GET  /console/overview             totals, the last hour, and what needs a person now
    GET  /console/queues[/{queue}]     depth by state, rate, oldest, failures; one with its tasks and errors
    POST /console/queues/{queue}/…     pause, resume, release (a closed key)
    GET  /console/dead[/{id}|/groups]  dead letters, one with its history, or grouped by error
    POST /console/dead/…               retry one, retry many of a queue, edit one, discard one
    GET  /console/redrives[/{id}]      dead letters on their way round again, and how far
    POST /console/redrives[/{id}/stop] send many round again (or throw them away) at a rate; stop that
    GET  /console/batches[/{id}]       work that was fanned out, and how far it is
    POST /console/batches/{id}/…       cancel one, retry its dead members
    GET  /console/workers, /console/schedules, /console/changes
"""

from barback.console.access import Operator, TasksKnown

__all__ = ["Operator", "TasksKnown"]
