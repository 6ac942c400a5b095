"""What the import laws in pyproject.toml cannot say: front doors, the places of HTTP, and no fakes of our own code."""

from __future__ import annotations

from pathlib import Path

from tests.house.source import COMMERCE, PACKAGE, ROOT, files, imports, is_module, relative, report, room_of

HTTP = {"aiohttp", "httptools", "httpx", "litestar", "requests", "starlette", "uvicorn", "websockets"}
HTTP_FLOORS = ("console", "sandbox", "server", "testing")
FAKES = {"mock", "pytest_mock", "unittest.mock"}


def test_a_room_is_entered_by_its_front_door() -> None:
    """A room uses another one's `__init__` and nothing behind it; pure rules may also use pure rules."""
    problems = [
        f"{relative(path)}:{line}: {name}"
        for path in files(".py", under=COMMERCE)
        if path.parent != COMMERCE
        for line, name in imports(path)
        if goes_behind(name, room_of(path)) and not (is_rules(path) and name.split(".")[3] == "rules")
    ]
    report(problems, "import from barback.commerce.<room> what its __init__ offers, or offer it there")


def goes_behind(name: str, room: str) -> bool:
    """Whether the import `name` reaches into a room other than `room`."""
    parts = name.split(".")
    if parts[:2] != ["barback", "commerce"] or len(parts) < 4 or parts[2] == room:
        return False
    return len(parts) > 4 or is_module(name)


def is_rules(path: Path) -> bool:
    """Whether a file is a room's rules: a front door would bring storage with it, and rules are pure."""
    return path.relative_to(COMMERCE).parts[1] in {"rules", "rules.py"}


def test_http_stays_in_routes() -> None:
    """Outside of routes, console, server, sandbox and testing nobody knows of HTTP."""
    problems = [
        f"{relative(path)}:{line}: {name}"
        for path in files(".py", under=PACKAGE)
        if not may_know_http(path)
        for line, name in imports(path)
        if name.split(".")[0] in HTTP
    ]
    report(problems, "parse and shape in routes.py; actions take values and return values")


def may_know_http(path: Path) -> bool:
    """Whether a file is one of those that speak HTTP. A provider's adapter does, too."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] in HTTP_FLOORS or path.name == "routes.py" or "routes" in parts or "providers" in parts


def test_no_fakes_of_our_own_code() -> None:
    """Tests run the real thing; fakes are for the outside world, and live in sandbox/."""
    problems = [
        f"{relative(path)}:{line}: {name}"
        for path in files(".py", under=ROOT / "tests")
        for line, name in imports(path)
        if any(name == fake or name.startswith(f"{fake}.") for fake in FAKES)
    ]
    report(problems, "use the real part with the `database` fixture and a HandClock")


def test_every_folder_is_known() -> None:
    """A new floor is a decision, not an accident."""
    floors = {"commerce", "console", "engine", "foundation", "sandbox", "server", "storage", "testing"}
    found = {
        Path(path).relative_to(PACKAGE).parts[0]
        for path in files(".py", ".sql", under=PACKAGE)
        if path.parent != PACKAGE
    }
    report(sorted(found - floors), "give it a floor in pyproject.toml's import laws and in this test, with a decision")
