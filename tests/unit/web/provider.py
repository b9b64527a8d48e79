"""A login provider on loopback that signs whatever a test wants it to."""

import json
import threading
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

CLIENT, SECRET = "habeas-here", "s3cret"


class Provider(AbstractContextManager["Provider"]):
    """It checks the client's secret and PKCE, as the specification asks; what it signs is `claims`, changed by a test."""

    def __init__(self, clock: Callable[[], Any]) -> None:
        self.clock = clock
        self.key: ECKey | OctKey = a_key("key-1")
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "ES256", "kid": "key-1"}
        self.discovered: dict[str, Any] = {}
        self.status = 200
        self.secret = SECRET
        self._codes: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = outer.found() if self.path.endswith("openid-configuration") else outer.jwks()
                self.say(200, found)

            def do_POST(self) -> None:
                said = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
                self.say(*outer.redeemed(said, self.headers.get("authorization", "")))

            def say(self, status: int, value: Any) -> None:
                content = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def found(self) -> dict[str, Any]:
        ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/jwks"}
        return {"issuer": self.issuer} | {k: self.issuer + v for k, v in ends.items()} | self.discovered

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)] if isinstance(self.key, ECKey) else []}

    def approved(self, address: str) -> dict[str, str]:
        """What the browser brings back from an address that it was sent to, once somebody has said yes there."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def redeemed(self, said: dict[str, str], credentials: str) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(said["code"], None)
        challenge = urlsafe_b64encode(sha256(said["code_verifier"].encode()).digest()).decode().rstrip("=")
        if credentials != f"Basic {b64encode(f'{CLIENT}:{self.secret}'.encode()).decode()}":
            return 401, {"error": "invalid_client"}
        if asked is None:
            return 400, {"error": "invalid_grant"}
        if (challenge, said["redirect_uri"]) != (asked["code_challenge"], asked["redirect_uri"]):
            return 400, {"error": "invalid_grant"}
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "sub": "jane",
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            "roles": ["analyst"],
        }
        told = {name: value for name, value in (claims | self.claims).items() if value is not None}
        token = jwt.encode(self.header, told, self.key)
        return self.status, {"id_token": token, "access_token": "x", "token_type": "Bearer"}


def a_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", parameters={"kid": kid, "use": "sig"})
