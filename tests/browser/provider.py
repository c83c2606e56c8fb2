"""An OpenID Connect provider, as a school has one: it asks nobody for a password, and says who was chosen."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "gan-workbench", "known to both"

Claims = Mapping[str, object]


class Provider:
    """What it vouches for: one claim set for each of its people, by name."""

    def __init__(self, url: str, people: Mapping[str, Claims]) -> None:
        self.url = url
        self._people = people
        self._key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self._codes: dict[str, tuple[str, str]] = {}  # who was chosen, and the nonce of whoever asked

    def app(self) -> Starlette:
        """Its five addresses."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._configuration),
                Route("/keys", self._keys),
                Route("/authorize", self._authorize),
                Route("/chosen", self._chosen),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _configuration(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        assert request.query_params["client_id"] == CLIENT
        links = (
            f'<a href="/chosen?{escape(urlencode({**request.query_params, "name": name}))}">{escape(name)}</a>'
            for name in self._people
        )
        return HTMLResponse(f'<!doctype html><link rel="icon" href="data:,"><h1>Who are you?</h1>{" ".join(links)}')

    async def _chosen(self, request: Request) -> Response:
        asked = request.query_params
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked["name"], asked["nonce"]
        back = {"code": code, "state": asked["state"]}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 303)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        name, nonce = self._codes.pop(str(form["code"]))
        now = int(time.time())
        claims = {"iss": self.url, "sub": name, "aud": CLIENT, "iat": now, "exp": now + 600, "nonce": nonce}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims | self._people[name], self._key)
        return JSONResponse({"access_token": "none", "token_type": "Bearer", "expires_in": 600, "id_token": token})


@contextmanager
def provide(people: Mapping[str, Claims]) -> Iterator[Provider]:
    """The provider, listening on this machine."""
    with socket.socket() as listening:
        listening.bind(("localhost", 0))
        provider = Provider(f"http://localhost:{listening.getsockname()[1]}", people)
        server = uvicorn.Server(uvicorn.Config(provider.app(), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield provider
        finally:
            server.should_exit = True
            thread.join()
