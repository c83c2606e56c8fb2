"""Who somebody is by Streamlit's own login, where the server's secrets have an `[auth]` section.

Streamlit keeps what the identity provider says in a signed cookie, which a session of a browser sees as `st.user`.
Requests that bypass sessions read the same cookie here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from streamlit.auth_util import get_cookie_with_chunks, get_secrets_auth_section
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

COOKIE = "_streamlit_user"


@dataclass(frozen=True)
class User:
    """Somebody for whom the identity provider vouches."""

    email: str  # in small letters
    name: str


def is_there() -> bool:
    """Whether this server has a login."""
    return bool(get_secrets_auth_section())


def user(cookies: Mapping[str, str]) -> User | None:
    """Who is logged in, by the cookies of a browser; None for nobody, and for an address that nobody checked."""
    secret = get_cookie_secret()

    def one(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(secret, name, value.encode("latin-1", "replace"))

    with suppress(ValueError, TypeError):
        said = json.loads(get_cookie_with_chunks(one, COOKIE) or b"null")
        if isinstance(said, dict) and said.get("is_logged_in") is True and said.get("email_verified", True) is True:
            email = said.get("email")
            if isinstance(email, str) and 3 <= len(email) <= 200 and "@" in email:
                name = said.get("name") if isinstance(said.get("name"), str) else None
                return User(email.lower(), str(name or email.partition("@")[0])[:40])
    return None


def is_named(email: str, addresses: Sequence[str]) -> bool:
    """Whether an address is one of these, or ends as one that begins with `@`."""
    return any(
        email == each.lower() or (each.startswith("@") and "@" + email.rpartition("@")[2] == each.lower())
        for each in addresses
    )
