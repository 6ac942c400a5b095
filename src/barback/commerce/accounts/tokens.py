"""Access tokens: made, and verified without a database, about a microsecond when seen before.

A token is a JWT (HS256, key named in its header). Keys come from the table `signing_key`; a token
signed with a key not loaded yet raises UnknownKey from `verify`, and `authenticate` then reloads.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from barback.commerce.accounts.rules import Principal, TokenExpired, TokenInvalid, UnknownKey
from barback.foundation.clock import Clock
from barback.foundation.ids import new_id

ISSUER = "barback"
_ALGORITHM = "HS256"
_CACHE_MAX = 20_000
_TOKEN_MAX = 2_048
_RELOAD_EVERY_MS = 1_000
_KINDS = ("person", "device", "guest", "operator")


@dataclass(frozen=True)
class SigningKey:
    """A key by its id. `expires_ms` is None for the one that signs; older ones verify until then."""

    kid: str
    secret: str
    created_ms: int
    expires_ms: int | None


@dataclass(frozen=True)
class AccessToken:
    """What a client sends as `Authorization: Bearer …` until `expires_ms`."""

    token: str
    expires_ms: int


def new_signing_key(now_ms: int) -> SigningKey:
    """A fresh 256-bit key."""
    return SigningKey(kid=new_id(), secret=secrets.token_urlsafe(32), created_ms=now_ms, expires_ms=None)


class Tokens:
    """Issues and verifies access tokens with the signing keys of one installation."""

    def __init__(self, load: Callable[[], Awaitable[Sequence[SigningKey]]], clock: Clock) -> None:
        """`load` reads the unexpired keys; nothing verifies until the first `reload`."""
        self._load = load
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._newest: SigningKey | None = None
        self._seen: dict[str, Principal] = {}
        self._reloaded_ms: int | None = None

    async def reload(self) -> None:
        """Read the keys anew and forget verified tokens: their key may be gone."""
        keys = await self._load()
        self._reloaded_ms = self._clock.now_ms()
        self._keys = {key.kid: key for key in keys}
        signing = [key for key in keys if key.expires_ms is None]
        self._newest = max(signing, key=lambda key: (key.created_ms, key.kid), default=None)
        self._seen.clear()

    def verify(self, token: str, now_ms: int) -> Principal:
        """Who holds `token`. Raises TokenExpired, UnknownKey or TokenInvalid (all 401). No database."""
        principal = self._seen.get(token)
        if principal is not None and principal.expires_ms > now_ms:
            return principal
        return self._verify_slowly(token, now_ms)

    async def authenticate(self, token: str) -> Principal:
        """Like `verify`, with one reload of the keys when the token names one we have not seen."""
        try:
            return self.verify(token, self._clock.now_ms())
        except UnknownKey:
            # Bounded, so that a stream of forged key ids is not a stream of queries.
            now_ms = self._clock.now_ms()
            if self._reloaded_ms is not None and 0 <= now_ms - self._reloaded_ms < _RELOAD_EVERY_MS:
                raise
            await self.reload()
            return self.verify(token, now_ms)

    def issue(self, principal: Principal, *, now_ms: int, life_ms: int) -> AccessToken:
        """A token for `principal` that lives `life_ms`; the principal's own expires_ms is not used."""
        if self._newest is None:
            raise RuntimeError("no signing key is loaded; call reload() first")
        # `exp` is whole seconds, rounded down, so that the token never outlives what we promise.
        expires_s = (now_ms + life_ms) // 1000
        claims: dict[str, Any] = {
            "iss": ISSUER, "iat": now_ms // 1000, "exp": expires_s, "jti": secrets.token_urlsafe(9),
            "tid": principal.tenant_id, "sub": principal.subject_id, "knd": principal.kind, "rol": principal.role,
            "evt": principal.event_id, "stn": principal.station_id, "tab": principal.tab_id,
            "sid": principal.session_id,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self._newest
        token = jwt.encode(  # pyright: ignore[reportUnknownMemberType] - of the optional cryptography
            claims, key.secret, _ALGORITHM, headers={"kid": key.kid}
        )
        return AccessToken(token, expires_s * 1000)

    def _verify_slowly(self, token: str, now_ms: int) -> Principal:
        self._seen.pop(token, None)
        principal = self._decode(token, now_ms)
        if principal.expires_ms <= now_ms:
            raise TokenExpired("Refresh it, or sign in again.")
        if len(self._seen) >= _CACHE_MAX:
            # The oldest half: dictionaries keep the order of insertion.
            for old in list(self._seen)[: _CACHE_MAX // 2]:
                del self._seen[old]
        self._seen[token] = principal
        return principal

    def _decode(self, token: str, now_ms: int) -> Principal:
        if len(token) > _TOKEN_MAX:
            raise TokenInvalid("This is not one of our tokens.")
        try:
            kid: Any = jwt.get_unverified_header(token).get("kid")
            key = self._keys.get(kid) if isinstance(kid, str) else None
            if key is None:
                raise UnknownKey("This is not one of our tokens.")
            if key.expires_ms is not None and key.expires_ms <= now_ms:
                raise TokenExpired("Refresh it, or sign in again.")
            claims: dict[str, Any] = jwt.decode(  # pyright: ignore[reportUnknownMemberType] - of the optional cryptography
                token,
                key.secret,
                algorithms=[_ALGORITHM],
                issuer=ISSUER,
                # Times are checked by the caller against our own clock.
                options={"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "sub", "iss"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise TokenInvalid("This is not one of our tokens.") from error
        return _principal(claims)


def _principal(claims: dict[str, Any]) -> Principal:
    if claims.get("knd") not in _KINDS:
        raise TokenInvalid("This is not one of our tokens.")
    return Principal(
        tenant_id=claims["tid"],
        kind=claims["knd"],
        subject_id=claims["sub"],
        role=claims["rol"],
        event_id=claims.get("evt"),
        station_id=claims.get("stn"),
        tab_id=claims.get("tab"),
        session_id=claims.get("sid"),
        expires_ms=int(claims["exp"]) * 1000,
    )
