"""The console: what an operator sees of the work engine and changes while it runs, over HTTP and on the command line.

It knows the engine and nothing of bars. Who asks is handed in by the server as an `Operator`
(docs/decisions/0010-the-console-knows-operators.md), so the console knows nothing of accounts either.

    GET  /console/overview             totals, the last hour, and what needs a person now
    GET  /console/queues[/{queue}]     depth by state, rate, oldest, failures; one with its tasks and errors
    GET  /console/activity             how busy each queue was in the last thirty minutes
    POST /console/queues/{queue}/…     pause, resume, release (a closed key)
    GET  /console/messages[/{id}]      messages wherever they are, searched; one with its payload and history
    POST /console/messages/{id}/…      run-now, snooze, cancel
    GET  /console/keys[/one]           closed keys and long lines; one key with its head, its line, its dead
    POST /console/keys/drain           cancel what waits behind the head of a key
    GET  /console/dead[/{id}|/groups]  dead letters, one with its history, or grouped by error
    POST /console/dead/…               retry one, retry many of a queue, edit one, discard one
    GET  /console/redrives[/{id}]      dead letters on their way round again, and how far
    POST /console/redrives[/{id}/stop] send many round again (or throw them away) at a rate; stop that
    GET  /console/batches[/{id}]       work that was fanned out, and how far it is
    POST /console/batches/{id}/…       cancel one, retry its dead members
    live console:overview              the overview, pushed once a second to those who follow
    GET  /console/workers[/{id}]       who works; one with every message it has in hands
    POST /console/workers/{id}/…       drain, keep
    GET  /console/schedules[/{schedule}]   what fires when; one with its ticks and what became of them
    POST /console/schedules/{schedule}/…   run-now, pause, resume
    GET  /console/topics               who listens to which topic, and how far each listener is behind
    GET  /console/tenants[/one]        what of each tenant waits, runs and died; one in each of its queues
    POST /console/tenants/hold         claim nothing of a tenant any more, in one queue or all it has work in; or go on
    POST /console/tenants/drain        hold it and take out for good what waits of it, in every queue
    GET  /console/errands[/{id}]       long work that operators asked for, and how far it is
    POST /console/errands/{id}/stop    no further step of it
    GET  /console/changes
"""

from barback.console.access import Operator, TasksKnown, TopicsKnown

__all__ = ["Operator", "TasksKnown", "TopicsKnown"]
