"""Time zones by their IANA names, checked where they come in."""

import difflib
import zoneinfo
from functools import lru_cache

from barback.foundation.errors import FieldProblem, Invalid


class UnknownTimeZone(Invalid):
    """The name is not in the IANA time zone database."""

    code = "unknown_time_zone"
    title = "The time zone is not known"


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """Every zone a place can be in."""
    return frozenset(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC")


def check_time_zone(name: str, field: str = "time_zone") -> str:
    """`name` itself; raises UnknownTimeZone, with the nearest name as the cure."""
    if name in time_zones():
        return name
    near = difflib.get_close_matches(name, sorted(time_zones()), n=1)
    cure = f"did you mean {near[0]}?" if near else "use a name like Europe/Berlin or America/New_York"
    raise UnknownTimeZone(
        f"{name!r} is not a time zone.", fields=[FieldProblem(field, name, "no such time zone", cure)]
    )
