"""A real identity provider of the tests' own: a small HTTP server that signs ID tokens."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "utkorg-tests", "a secret of the tests"


class Provider:
    """Whom it names, and how it signs, is said by attributes; `asked` holds what was asked for."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.person: dict[str, Any] = {"sub": "s-1", "email": "eva@example.se", "email_verified": True}
        self.changed: dict[str, Any] = {}  # claims that a good provider wouldn't send
        self.use_key("one")
        self.refuses = False
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._codes: dict[str, dict[str, str]] = {}

    def use_key(self, name: str) -> None:
        """Sign with a new key from now on, and publish it."""
        self.key = self.published = RSAKey.generate_key(2048, {"kid": name, "use": "sig"}, private=True)

    def metadata(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorize(self, wanted: dict[str, str]) -> str:
        """Where somebody is sent back to."""
        back = {"state": wanted["state"]}
        if self.refuses:
            return f"{wanted['redirect_uri']}?{urlencode({**back, 'error': 'access_denied'})}"
        code = secrets.token_urlsafe(16)
        self._codes[code] = wanted
        return f"{wanted['redirect_uri']}?{urlencode({**back, 'code': code})}"

    def token(self, given: dict[str, str], credentials: str) -> dict[str, Any] | None:
        """The tokens for a code, once, to the client that knows its secret and the verifier."""
        wanted = self._codes.pop(given.get("code", ""), None)
        expected = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        # The client's name and secret are form-encoded before (RFC 6749, 2.3.1), or not: both are seen.
        allowed = {f"Basic {expected}", f"Basic {base64.b64encode(_encoded().encode()).decode()}"}
        hashed = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        if wanted is None or credentials not in allowed or challenge != wanted.get("code_challenge"):
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": wanted["nonce"]}
        header = {"alg": "RS256", "kid": self.key.kid}
        signed = jwt.encode(header, {**claims, **self.person, **self.changed}, self.key)
        return {
            "access_token": secrets.token_urlsafe(16),
            "token_type": "Bearer",
            "id_token": signed,
            "expires_in": 300,
        }

    def keys(self) -> dict[str, Any]:
        """The public keys."""
        return {"keys": [self.published.as_dict(private=False)]}


def _encoded() -> str:
    return f"{quote_plus(CLIENT)}:{quote_plus(SECRET)}"


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            wanted = {name: values[0] for name, values in parse_qs(address.query).items()}
            provider.asked.append((address.path, wanted))
            match address.path:
                case "/.well-known/openid-configuration":
                    self._send(provider.metadata())
                case "/keys":
                    self._send(provider.keys())
                case "/authorize":
                    self.send_response(302)
                    self.send_header("Location", provider.authorize(wanted))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                case _:
                    self._send({}, 404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {name: values[0] for name, values in parse_qs(body).items()}
            answer = provider.token(given, self.headers.get("Authorization", ""))
            self._send(answer or {"error": "invalid_grant"}, 200 if answer else 400)

        def _send(self, content: dict[str, Any], status: int = 200) -> None:
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(server.server_port)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
