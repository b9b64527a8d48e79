"""Notices by e-mail: plain text over SMTP with TLS, one message for each address.

The message id derives from the notice, so that a mailbox can tell a repeat. Nothing in the headers depends on what the notice
is about, but for the subject, which is the same for everybody.
"""

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit

from msgspec import Struct

from habeas.domain.contact import is_address
from habeas.domain.errors import BadInputError
from habeas.domain.notice import Answer, Channel, Notice, Result

TIMEOUT_S = 30.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"smtp": 587, "smtps": 465}


class MailServer(Struct, frozen=True):
    """Where mail is handed over. `smtp` begins plain and must turn to TLS (STARTTLS) before anything is said, but on this
    machine itself; `smtps` is TLS from the first byte.
    """

    host: str
    port: int
    is_tls_at_once: bool
    needs_tls: bool
    sender: str
    user: str = ""
    password: str = ""


def mail_server(url: str, sender: str, user: str = "", password: str = "") -> MailServer:
    """The server that a URL such as `smtp://mail.example.com:587` names. Raises BadInputError."""
    parts = urlsplit(url)
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in _PORTS or not parts.hostname or not port or parts.username or parts.password:
        raise BadInputError(
            "the mail server must be named like smtp://mail.example.com:587 or smtps://mail.example.com; the user and the "
            "password come in HABEAS_SMTP_USER and HABEAS_SMTP_PASSWORD"
        )
    if not is_address(parseaddr(sender)[1]):
        raise BadInputError("the sender of mail must be an address, such as support@example.com; set HABEAS_MAIL_FROM")
    return MailServer(
        host=parts.hostname,
        port=port,
        is_tls_at_once=parts.scheme == "smtps",
        needs_tls=parts.scheme == "smtp" and parts.hostname not in _LOOPBACK,
        sender=sender,
        user=user,
        password=password,
    )


class EmailSender:
    """The port `service.ports.Sender` over SMTP: one connection for each notice."""

    channel = Channel.EMAIL

    def __init__(self, server: MailServer, trust: ssl.SSLContext | None = None, timeout_s: float = TIMEOUT_S) -> None:
        """`trust` says which certificates are believed; by default those that the system believes (`SSL_CERT_FILE`)."""
        self._server = server
        self._trust = trust or ssl.create_default_context()
        self._timeout_s = timeout_s

    def send(self, notice: Notice, text: str, addresses: tuple[str, ...], at: datetime) -> Answer:
        """Hand the notice over for every address. Where one is refused and another taken, it has arrived."""
        if not addresses:
            return Answer(Result.REFUSED, "the account has no e-mail address")
        try:
            with self._connected() as connection:
                answers = [self._hand_over(connection, notice, text, address, at) for address in addresses]
        except (smtplib.SMTPException, OSError) as exc:
            # Connecting, TLS, logging in: nobody else's mail would go through either.
            return Answer(Result.DOWN, _problem(exc))
        return min(answers, key=lambda answer: _RANK[answer.result])

    def _connected(self) -> smtplib.SMTP:
        server, context = self._server, self._trust
        if server.is_tls_at_once:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._timeout_s, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self._timeout_s)
        try:
            connection.ehlo_or_helo_if_needed()
            if not server.is_tls_at_once and (server.needs_tls or connection.has_extn("starttls")):
                connection.starttls(context=context)
                connection.ehlo_or_helo_if_needed()
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _hand_over(self, connection: smtplib.SMTP, notice: Notice, text: str, address: str, at: datetime) -> Answer:
        try:
            message = mail(notice, text, self._server.sender, address, at)
            connection.send_message(message, parseaddr(self._server.sender)[1], [address])
        except smtplib.SMTPRecipientsRefused as exc:
            return _by_code(max(code for code, _ in exc.recipients.values()))
        except smtplib.SMTPNotSupportedError:
            return Answer(Result.REFUSED, "the mail server does not take such an address")
        except smtplib.SMTPServerDisconnected:
            raise  # Whether it was taken is not known, so it is tried again.
        except smtplib.SMTPResponseException as exc:
            return _by_code(exc.smtp_code)
        except ValueError:
            return Answer(Result.REFUSED, "the address cannot stand in a message")
        return Answer(Result.DELIVERED)


_RANK = {result: rank for rank, result in enumerate((Result.LATER, Result.DELIVERED, Result.REFUSED))}
"""What of several addresses counts: one that may still take it is tried again, else one that took it."""


def mail(notice: Notice, text: str, sender: str, address: str, at: datetime) -> EmailMessage:
    """A notice as a message. Raises ValueError if an address could not stand in a header."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = address
    message["Subject"] = notice.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{notice.id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies.
    message["Content-Language"] = notice.locale
    message.set_content(text)
    return message


def _by_code(code: int) -> Answer:
    """What a reply of the server means: 4xx is for now, 5xx is for good (RFC 5321, section 4.2.1)."""
    return Answer(Result.REFUSED if code >= 500 else Result.LATER, f"smtp {code}")


def _problem(exc: Exception) -> str:
    if isinstance(exc, smtplib.SMTPResponseException):
        return f"smtp {exc.smtp_code}"
    if isinstance(exc, smtplib.SMTPNotSupportedError):
        return "the mail server offers no TLS"
    if isinstance(exc, ssl.SSLError):
        return "tls failed"
    return "no answer"
