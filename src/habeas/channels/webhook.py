"""Notices by webhook to the exchange's own system, as Standard Webhooks 1.0 says (https://www.standardwebhooks.com).

Every request carries `webhook-id` (the notice's id: the same for every attempt), `webhook-timestamp` (seconds since 1970, of
this attempt) and `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, one for each secret.
"""

import base64
import binascii
import hashlib
import hmac
import http.client
import ssl
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

import msgspec

from habeas.domain.errors import BadInputError
from habeas.domain.notice import Answer, Channel, Notice, Result

TIMEOUT_S = 20.0
"""Standard Webhooks asks for 15 to 30 seconds."""

SECRET_PREFIX = "whsec_"
SECRET_BYTES = range(24, 65)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_encode = msgspec.json.Encoder().encode


class WebhookSender:
    """The port `service.ports.Sender` over HTTP: one POST for each notice. Redirects are not followed."""

    channel = Channel.WEBHOOK

    def __init__(
        self, url: str, secrets: str, trust: ssl.SSLContext | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        """`secrets` are one or more `whsec_...`, with spaces between them; every one signs, so that one can follow another.

        Raises BadInputError.
        """
        self._url = _checked(url)
        self._secrets = read_secrets(secrets)
        self._trust = trust or ssl.create_default_context()
        self._timeout_s = timeout_s

    def send(self, notice: Notice, text: str, addresses: tuple[str, ...], at: datetime) -> Answer:  # noqa: ARG002
        """Post the notice. 2xx is arrived, 410 is never again, everything else is another time."""
        body = payload(notice, text)
        timestamp = int(at.timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "habeas",
            "webhook-id": notice.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(signature(secret, notice.id, timestamp, body) for secret in self._secrets),
        }
        connection = self._connection()
        try:
            connection.request("POST", _target(self._url), body, headers)
            status = connection.getresponse().status
        except ssl.SSLError:
            return Answer(Result.DOWN, "tls failed")
        except (OSError, http.client.HTTPException):
            return Answer(Result.DOWN, "no answer")
        finally:
            connection.close()
        return _by_status(status)

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self._timeout_s, context=self._trust)
        return http.client.HTTPConnection(host, port, timeout=self._timeout_s)


def payload(notice: Notice, text: str) -> bytes:
    """The body of a request: the type, when the notice was made, and the notice as its user reads it."""
    return _encode({"type": notice.topic, "timestamp": notice.made_at, "data": {"notice": notice, "text": text}})


def signature(secret: bytes, id_: str, timestamp: int, body: bytes) -> str:
    """The signature of one request with one secret."""
    signed = b".".join((id_.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def read_secrets(text: str) -> tuple[bytes, ...]:
    """The secrets in a text. Raises BadInputError, which does not repeat them."""
    return tuple(_secret(word) for word in text.split()) or (_secret(""),)


def _secret(word: str) -> bytes:
    try:
        secret = base64.b64decode(word.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not word.startswith(SECRET_PREFIX) or len(secret) not in SECRET_BYTES:
        raise BadInputError(
            "HABEAS_WEBHOOK_SECRET must be whsec_ and the base64 of 24 to 64 random bytes; make one with "
            "`echo whsec_$(openssl rand -base64 32)`"
        )
    return secret


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        is_sound = parts.hostname is not None and parts.port != 0
    except ValueError:
        is_sound = False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_sound or not is_safe or parts.username is not None or any(c.isspace() for c in url):
        raise BadInputError(
            f"the webhook `{url}` must be an https address without a user name, such as https://example.com/habeas"
        )
    return parts


def _target(url: SplitResult) -> str:
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def _by_status(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer(Result.DELIVERED)
    if status == http.HTTPStatus.GONE:
        return Answer(Result.GONE, f"http {status}")
    # 429, 502 and 504 say that the receiver is overloaded: nothing else is sent meanwhile.
    return Answer(Result.DOWN if status in _OVERLOADED else Result.LATER, f"http {status}")


_OVERLOADED = frozenset({429, 502, 503, 504})
