"""Who asks the console for something: an operator, as the server knows them."""

from __future__ import annotations

import msgspec


class Operator(msgspec.Struct, frozen=True):
    """Somebody who runs this installation. `who` is what the record of changes says: `operator:<id>`.

    The server gives routes a `reader` (may look) or an `operator` (may change things); asking for
    either is how a route is closed to everybody else.
    """

    who: str
