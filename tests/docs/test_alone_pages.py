"""docs/alone: every page's program is written to a folder and run for real; docs/testing.md runs as tests."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.conformance.tools import eventually
from tests.docs.pages import ROOT, ran, running, says, write_page
from tests.support.command import free_port

import barback

DJANGO_SETTINGS = """
import json, os
SECRET_KEY = "for a test"
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["shop.apps.ShopConfig"]
DATABASES = {"default": json.loads(os.environ["SHOP_DJANGO"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
WORK_DATABASE = os.environ["SHOP_DATABASE"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
"""
DJANGO_URLS = """
from django.urls import path
from shop import views
urlpatterns = [path("orders", views.orders), path("orders/<int:number>", views.state)]
"""


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        return connection.execute(query).fetchall()


def as_django_says(url: str) -> dict[str, object]:
    """The database of `url` as one of Django's settings."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        options = {"transaction_mode": "IMMEDIATE", "timeout": 30}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///"), "OPTIONS": options}
    where = {"NAME": parts.path[1:], "USER": parts.username, "PASSWORD": parts.password or "", "PORT": parts.port or ""}
    return {"ENGINE": "django.db.backends.postgresql", "HOST": parts.hostname, **where}


async def test_the_script_sends_and_a_program_with_its_own_connection_does(tmp_path: Path) -> None:
    write_page("alone/script.md", tmp_path)
    async with running(tmp_path, "mail.py") as worker:
        await says(worker, "sent to ann@example.com")
        assert (await ran(tmp_path, "shop.py", "bob@example.com"))[0] == 0
        await says(worker, "sent to bob@example.com")
    assert ("engine.tidy",) in rows(tmp_path / "shop.db", "SELECT name FROM engine_schedule"), (
        "what is old is forgotten"
    )
    command = ["-m", "barback", "work", "--app", "mail", "--database", "sqlite:///shop.db"]
    async with running(tmp_path, *command) as worker:
        assert (await ran(tmp_path, "shop.py", "eve@example.com"))[0] == 0
        await says(worker, "sent to eve@example.com")
    code, said = await ran(tmp_path, "shop.py", "bob@example.com")
    assert code == 1
    assert "IntegrityError" in said
    assert rows(tmp_path / "shop.db", "SELECT count(*) FROM engine_arrival") == [(0,)]


async def test_a_newsletter_is_retried_and_ends_once_as_it_was_with_others(tmp_path: Path) -> None:
    write_page("alone/moving.md", tmp_path)
    assert (await ran(tmp_path, "newsletter.py"))[0] == 0
    command = ["-m", "barback", "work", "--app", "newsletter", "--database", "sqlite:///newsletter.db"]
    async with running(tmp_path, *command) as worker:
        said = await says(worker, "all sent: October")
        assert "sent to bob@example.com" in said
        assert "sent to eve@example.com" in said
    attempts = rows(tmp_path / "newsletter.db", "SELECT count(*) FROM engine_failure WHERE error LIKE '%is away%'")
    assert attempts == [(1,)]
    assert rows(tmp_path / "newsletter.db", "SELECT count(*) FROM engine_schedule WHERE name = 'weekly'") == [(1,)]


def test_the_readme_of_the_distribution_is_the_script_of_the_page() -> None:
    """Ten lines that people copy are run once, above."""
    readme = (ROOT / "engine" / "README.md").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "alone" / "script.md").read_text(encoding="utf-8")
    task = readme.partition("mail = ")[2].partition("print(")[0]
    assert task
    assert task in page


async def test_sqlalchemy_places_an_order_and_the_worker_pours_it(empty_database_url: str, tmp_path: Path) -> None:
    write_page("alone/sqlalchemy.md", tmp_path)
    driver = "sqlite" if empty_database_url.startswith("sqlite") else "postgresql+psycopg"
    shop = {"SHOP_ENGINE": driver + "://" + empty_database_url.partition("://")[2], "SHOP_DATABASE": empty_database_url}
    async with running(tmp_path, "work.py", **shop) as worker:
        await says(worker, "working")
        code, said = await ran(tmp_path, "-c", "import shop; print(shop.place('tea'))", **shop)
        assert (code, said) == (0, "1\n")
        db = await barback.open_database(empty_database_url)

        async def poured() -> bool:
            async with db.reading() as tx:
                row = await tx.one(barback.sql("SELECT state FROM shop_order WHERE id = 1"))
            return row is not None and row["state"] == "poured"

        await eventually(poured, 30)
        await db.close()


async def test_A11_the_same_program_takes_orders_over_http_on_either_database(
    empty_database_url: str, tmp_path: Path
) -> None:
    write_page("alone/fastapi.md", tmp_path)
    driver = "sqlite+aiosqlite" if empty_database_url.startswith("sqlite") else "postgresql+asyncpg"
    shop = {"SHOP_ENGINE": driver + "://" + empty_database_url.partition("://")[2], "SHOP_DATABASE": empty_database_url}
    port = str(free_port())
    async with running(tmp_path, "-m", "uvicorn", "app:app", "--port", port, **shop) as server:
        await says(server, "running on")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            assert (await http.post("/orders/1", params={"drink": "tea"})).status_code == 202
            assert (await http.post("/orders/2", params={"drink": "nothing"})).status_code == 422

            async def poured() -> bool:
                return (await http.get("/orders/1")).json() == {"state": "poured"}

            await eventually(poured, 30)
            assert (await http.get("/orders/2")).status_code == 404
    db = await barback.open_database(empty_database_url)
    async with db.reading() as tx:
        waiting = await tx.all(barback.sql("SELECT id FROM engine_arrival UNION ALL SELECT id FROM engine_ready"))
    assert list(waiting) == []
    await db.close()


@pytest.mark.slow
async def test_django_enqueues_in_its_transaction_and_a_command_works(empty_database_url: str, tmp_path: Path) -> None:
    write_page("alone/django.md", tmp_path)
    (tmp_path / "settings.py").write_text(DJANGO_SETTINGS)
    (tmp_path / "urls.py").write_text(DJANGO_URLS)
    for package in ("shop", "shop/management", "shop/management/commands", "shop/migrations"):
        (tmp_path / package).mkdir(exist_ok=True)
        (tmp_path / package / "__init__.py").touch()
    django = {
        "DJANGO_SETTINGS_MODULE": "settings",
        "SHOP_DATABASE": empty_database_url,
        "SHOP_DJANGO": json.dumps(as_django_says(empty_database_url)),
    }
    for command in (["makemigrations", "shop"], ["migrate"], ["migrate"]):
        code, said = await ran(tmp_path, "-m", "django", *command, **django)
        assert code == 0, said
    port = str(free_port())
    async with (
        running(tmp_path, "-m", "django", "runserver", "--noreload", port, **django) as server,
        running(tmp_path, "-m", "django", "work", **django) as worker,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http,
    ):
        await says(server, "Quit the server")
        assert (await http.get("/orders", params={"drink": "tea"})).status_code == 202
        assert (await http.get("/orders", params={"drink": "nothing"})).status_code == 500

        async def poured() -> bool:
            return (await http.get("/orders/1")).json() == {"state": "poured"}

        await eventually(poured, 30)
        worker.terminate()
        assert await asyncio.wait_for(worker.wait(), 30) == 0, "it drains and ends when it is asked to"
    db = await barback.open_database(empty_database_url)
    async with db.reading() as tx:
        assert [row["drink"] for row in await tx.all(barback.sql("SELECT drink FROM shop_order"))] == ["tea"]
        assert list(await tx.all(barback.sql("SELECT id FROM engine_arrival"))) == []
    await db.close()


def defined_by_the_page(folder: Path) -> dict[str, object]:
    """What docs/testing.md defines."""
    (name,) = write_page("testing.md", folder)
    spec = importlib.util.spec_from_file_location("testing_page", folder / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: value for name, value in vars(module).items() if name.startswith("test_")}


async def test_the_tests_of_the_testing_page_pass(tmp_path: Path) -> None:
    found = defined_by_the_page(tmp_path)
    assert len(found) == 3
    for test in found.values():
        assert inspect.iscoroutinefunction(test)
        await asyncio.wait_for(test(), 60)


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs" / "alone").glob("*.md")))
def test_every_block_of_a_page_is_a_program_that_is_run_or_a_shell_command(page: str, tmp_path: Path) -> None:
    """A block without a file's name would be run by nobody."""
    text = (ROOT / "docs" / "alone" / page).read_text(encoding="utf-8")
    blocks = text.count("```python\n")
    assert blocks == (len(write_page(f"alone/{page}", tmp_path)) if blocks else 0)
