"""The `barback` command, as its own process: what a person types, sees and interrupts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import httpx
from tests.support.command import WAIT_S, alive, barback, children, free_port, started, until, until_it_answers

from barback.server.serving import bind


async def test_migrate_user_create_and_sign_in(empty_database_url: str) -> None:
    code, out, err = await barback(empty_database_url, "migrate")
    assert code == 0, err
    assert "accounts/0001_accounts.sql" in out
    assert await barback(empty_database_url, "migrate") == (0, "", "")
    code, out, err = await barback(empty_database_url, "user", "create", "ops@bar.example", "--role", "operator")
    assert code == 0, err
    password = out.partition("temporary password: ")[2].strip()
    code, _, err = await barback(empty_database_url, "user", "create", "ops@bar.example")
    assert (code, err.strip()) == (1, "Sign in instead, or use another address.")
    code, _, err = await barback(empty_database_url, "user", "create", "x@bar.example", "--role", "root")
    assert code == 1
    assert "operator" in err
    assert (await barback(empty_database_url, "user", "role", "nobody@bar.example", "admin"))[0] == 1
    port = free_port()
    async with started(empty_database_url, "serve", "--port", str(port)) as process:
        await until_it_answers(f"http://127.0.0.1:{port}")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            body = {"email": "ops@bar.example", "password": password}
            session = (await http.post("/v1/auth/sign-in", json=body)).json()
            headers = {"authorization": f"Bearer {session['access_token']}"}
            me = (await http.get("/v1/me", headers=headers)).json()
            code, out, _ = await barback(empty_database_url, "user", "role", "ops@bar.example", "admin")
            assert (code, out) == (0, "ops@bar.example is admin, no longer operator\n")
            promoted = (await http.get("/v1/me", headers=headers)).json()
        assert (me["kind"], me["permissions"]) == ("operator", ["console:read", "console:write"])
        assert promoted["permissions"] == ["console:admin", "console:read", "console:write"]
        process.terminate()
        assert await asyncio.wait_for(process.wait(), WAIT_S) == 0


async def test_keys_rotate_signs_nobody_out(empty_database_url: str) -> None:
    await barback(empty_database_url, "user", "create", "a@bar.example", "--password", "three odd words")
    port = free_port()
    async with (
        started(empty_database_url, "serve", "--port", str(port)),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        await until_it_answers(f"http://127.0.0.1:{port}")
        body = {"email": "a@bar.example", "password": "three odd words"}
        session = (await http.post("/v1/auth/sign-in", json=body)).json()
        code, _, err = await barback(empty_database_url, "signing-keys", "rotate")
        assert code == 0, err
        headers = {"authorization": f"Bearer {session['access_token']}"}
        assert (await http.get("/v1/me", headers=headers)).status_code == 200


async def test_run_starts_it_all_restarts_what_falls_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    url, port = f"sqlite:///{tmp_path}/barback.db", free_port()
    async with started(url, "run", "--port", str(port)) as process:
        at = f"http://127.0.0.1:{port}"
        await until_it_answers(at)
        assert process.stdout is not None
        assert at in (await process.stdout.readline()).decode()
        first = children(process.pid)
        assert set(first) == {"serve", "work"}
        os.kill(first["serve"], signal.SIGKILL)
        await until(lambda: children(process.pid).get("serve") not in (None, first["serve"]))
        await until_it_answers(at)
        second = children(process.pid)
        assert second["work"] == first["work"]
        # As a terminal does it: to the whole group at once.
        os.killpg(process.pid, signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), WAIT_S) == 0
        assert not any(alive(pid) for pid in second.values())


async def test_children_end_when_run_is_killed(tmp_path: Path) -> None:
    url, port = f"sqlite:///{tmp_path}/barback.db", free_port()
    async with started(url, "run", "--port", str(port)) as process:
        await until_it_answers(f"http://127.0.0.1:{port}")
        started_by_it = children(process.pid)
        process.kill()
        await process.wait()
        await until(lambda: not any(alive(pid) for pid in started_by_it.values()))


async def test_a_wrong_setting_or_a_taken_port_is_one_line(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/barback.db"
    code, _, err = await barback(url, "migrate", BARBACK_DATABASE_POOL_MAX="many")
    assert (code, err) == (2, "BARBACK_DATABASE_POOL_MAX: Expected int, got str, got 'many'\n")
    code, _, err = await barback("mysql://somewhere", "migrate")
    assert code == 1
    assert err.strip() == "expected a URL that starts with sqlite:/// or postgresql://, got 'mysql://somewhere'"
    with bind("127.0.0.1", 0) as taken:
        taken.listen()
        await barback(url, "migrate")
        code, _, err = await barback(url, "serve", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert "in use" in err
    assert "Traceback" not in err


async def test_openapi_and_settings_are_printed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/barback.db"
    code, out, _ = await barback(url, "openapi")
    assert code == 0
    assert json.loads(out)["openapi"] == "3.1.0"
    code, out, _ = await barback("postgresql://bar:hunter22@db/x", "settings")
    assert code == 0
    assert "BARBACK_DATABASE_URL=postgresql://***@db/x" in out
    assert "hunter22" not in out
