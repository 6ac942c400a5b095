"""The engine as a distribution of its own: built, installed beside its declared dependencies only, and used."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from tests.house.source import PACKAGE, files, imports, relative, report

ROOT = Path(__file__).parents[2]
TASK = """
@hello.task("hello.say", payload=str)
async def say(tx, message):
    print("said", message.payload)
"""
PROGRAM = f"""
import sqlite3, sys
import barback
hello = barback.Queue("hello")
{TASK}
async def main():
    db = await barback.open_database("sqlite:///hello.db")
    await barback.migrate(db)
    with sqlite3.connect("hello.db") as connection:
        say.send(connection, "ahoy")
    await run_until_quiet(db, hello.tasks)
    await db.close()

import asyncio
from barback.testing import run_until_quiet
asyncio.run(main())
print("platform" if any(name.startswith(("barback.server", "barback.commerce")) for name in sys.modules) else "alone")
"""


def build(kind: str, source: Path, target: Path) -> Path:
    """Build as pip would, with the tool that is here."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = target.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, from the checkout."""
    return build("wheel", ROOT / "engine", tmp_path_factory.mktemp("wheel"))


def with_dependencies(wanted: list[str], target: Path) -> None:
    """Put the declared requirements, and theirs, into `target`; nothing else of this machine is seen from there."""
    waiting, seen = [Requirement(one) for one in wanted], set[str]()
    while waiting:
        one = waiting.pop()
        extras = one.extras or {""}
        if one.name in seen or (one.marker and not any(one.marker.evaluate({"extra": extra}) for extra in extras)):
            continue
        seen.add(one.name)
        found = distribution(one.name)
        waiting += [Requirement(text) for text in found.requires or () if "extra ==" not in text]
        for top in {Path(str(file)).parts[0] for file in found.files or () if not str(file).startswith("..")}:
            if top != "__pycache__" and not (target / top).exists():
                (target / top).symlink_to(Path(str(found.locate_file(top))))


def installed(wheel: Path, target: Path, *extras: str) -> dict[str, str]:
    """Unpack as an installer does; the environment in which only that is to be seen."""
    project = tomllib.loads((ROOT / "engine" / "pyproject.toml").read_text())["project"]
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(target)
    wanted = [*project["dependencies"], *(one for extra in extras for one in project["optional-dependencies"][extra])]
    with_dependencies(wanted, target)
    return {name: value for name, value in os.environ.items() if not name.startswith("BARBACK_")} | {
        "PYTHONPATH": str(target)
    }


def test_the_engine_alone_runs_with_its_three_dependencies(wheel: Path, tmp_path: Path) -> None:
    env = installed(wheel, tmp_path / "site")
    command = [sys.executable, "-S", "-c", PROGRAM]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[:2] == ["said ahoy", "alone"], done.stderr


def test_its_command_migrates_and_works_somebodys_tasks(wheel: Path, tmp_path: Path) -> None:
    env = installed(wheel, tmp_path / "site", "cli")
    env |= {"BARBACK_APP": "hello:hello", "BARBACK_DATABASE_URL": "sqlite:///hello.db"}
    (tmp_path / "hello.py").write_text('import barback\nhello = barback.Queue("hello")\n' + TASK)

    def barback(*arguments: str) -> str:
        command = [sys.executable, "-S", "-m", "barback", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert barback("migrate").startswith("engine/0001_engine.sql\n")
    assert barback("migrate") == ""
    assert "[]" in barback("queues", "--json").replace(" ", "")
    assert "--app" in barback("work", "--help")
    assert "nothing is wrong" in barback("doctor")
    assert "barback_workers" in barback("metrics")
    assert '"items": []' in barback("scaling", "--json")
    assert '"items": []' in barback("messages", "list", "--json")


def commands(module: str) -> set[str]:
    """Of the command that `module` makes, in a process of its own: both hang the same groups on theirs."""
    code = f"import {module} as made, typer.main; print(*typer.main.get_command(made.app).commands)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_its_command_has_all_that_operators_have_in_the_platform() -> None:
    """What the pages say of `barback work --app` holds for whoever takes the engine alone."""
    engine, platform = commands("barback.console.alone"), commands("barback.server.cli")
    assert platform - engine == {"crowd", "demo", "openapi", "run", "serve", "settings", "signing-keys", "user"}
    assert engine - platform == set()


def test_its_command_says_what_is_missing(wheel: Path, tmp_path: Path) -> None:
    env = installed(wheel, tmp_path / "site", "cli") | {"BARBACK_DATABASE_URL": "sqlite:///hello.db"}
    command = [sys.executable, "-S", "-m", "barback", "work"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "BARBACK_APP" in done.stderr


def test_the_wheel_has_the_engine_and_nothing_of_the_platform(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    parts = {name.split("/")[1] for name in names if name.startswith("barback/") and name.count("/") > 1}
    assert parts == {"console", "engine", "foundation", "storage", "testing"}
    assert not [name for name in names if "routes" in name or "__pycache__" in name]
    here = {path.name for path in (ROOT / "src/barback/engine/migrations").glob("*.sql")}
    assert {Path(name).name for name in names if name.startswith("barback/engine/migrations/")} == here


@pytest.mark.slow
def test_a_wheel_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    sdist = build("sdist", ROOT / "engine", tmp_path / "sdist")
    with tarfile.open(sdist) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    again = build("wheel", source, tmp_path / "again")
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_the_engine_imports_nothing_that_it_does_not_declare() -> None:
    """`adopting` also names the libraries of those who hold something to adopt; they bring them."""
    project = tomllib.loads((ROOT / "engine" / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *(one for more in project["optional-dependencies"].values() for one in more)]
    names = {Requirement(one).name.removesuffix("-api").replace("-", "_") for one in declared}
    allowed = names | {"barback"} | set(sys.stdlib_module_names)
    theirs = {"aiosqlite", "django", "psycopg", "sqlalchemy"}
    problems: list[str] = []
    for floor in ("console", "engine", "foundation", "storage", "testing"):
        for path in files(".py", under=PACKAGE / floor):
            more = theirs if path.parent.name == "adopting" else set[str]()
            packages = {name.partition(".")[0] for _, name in imports(path)}
            if not (floor == "console" and path.stem.endswith("routes")):
                problems += [f"{relative(path)}: {one}" for one in sorted(packages - allowed - more)]
    report(problems, "declare it in engine/pyproject.toml, as an extra when it is not always needed")


def test_both_distributions_agree_on_version_and_what_the_engine_needs() -> None:
    engine = tomllib.loads((ROOT / "engine" / "pyproject.toml").read_text())["project"]
    platform = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert engine["version"] == platform["version"]
    assert engine["requires-python"] == platform["requires-python"]
    assert (ROOT / "engine" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    everywhere = [
        *platform["dependencies"],
        *(one for more in platform["optional-dependencies"].values() for one in more),
    ]
    needed = [*engine["dependencies"], *(one for more in engine["optional-dependencies"].values() for one in more)]
    assert sorted(set(needed) - set(everywhere)) == []
