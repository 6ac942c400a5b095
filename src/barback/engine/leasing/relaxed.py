"""Claims that do not wait for the disk: what a crash may undo, and who must not risk it.

The log is written in order: the commit of a handler's effects, which ends the lease, brings the claim to the disk
before it. If the machine crashes in between both are gone, the message is ready as it was, and nothing was done twice.
So only tasks whose effects are in the database are claimed so. What is lost is the count of an attempt (E6). A process
that is killed loses nothing, but a message might take the machine with it, each time: after a crash claims wait for
the disk, so that no more than one count is ever lost.

- PostgreSQL knows itself: a crash empties a table that is not logged (`engine_calm`, `at_once.sql`).
- On SQLite a crash of the machine ends every worker of the file: one that finds others' names at its start, alive or
  left behind, is careful.
"""

from __future__ import annotations

CAREFUL_MS = 10 * 60_000
"""So long after a crash, or after the start of a worker on SQLite that may follow one, claims wait for the disk."""
