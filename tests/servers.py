"""Real servers on loopback for tests of channels: SMTP with STARTTLS, and HTTP for webhooks. They can be stopped, started
again on the same port, and told how to answer.
"""

import base64
import datetime as dt
import ipaddress
import socketserver
import ssl
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Certificate:
    """A certificate for 127.0.0.1 that signs itself."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = dt.datetime.now(dt.UTC)
        loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(loopback, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.file = folder / "server.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))

    def served(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.file))


class _Restartable:
    """A server in a thread, on a port that stays its own."""

    port = 0

    def start(self) -> None:
        self._server = self._make(self.port)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _make(self, port: int) -> Any:
        raise NotImplementedError


class MailServer(_Restartable):
    """SMTP as RFC 5321 has it, as far as a client needs it. `refused` maps an address to the code that it gets."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self.certificate = certificate
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.was_encrypted: list[bool] = []
        self.logins: list[tuple[str, str]] = []
        self.refused: dict[str, int] = {}
        self.drops_after_data = 0
        """So many times: the message is taken, and the connection ends before the server says so."""

    def _make(self, port: int) -> socketserver.ThreadingTCPServer:
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _Smtp(outer, self).talk()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        return Server(("127.0.0.1", port), Handler)


class _Smtp:
    def __init__(self, server: MailServer, handler: socketserver.StreamRequestHandler) -> None:
        self.server = server
        self.socket = handler.request
        self.file = handler.rfile
        self.is_encrypted = False

    def say(self, line: str) -> None:
        self.socket.sendall(f"{line}\r\n".encode())

    def talk(self) -> None:
        try:
            self._talk()
        except OSError:
            pass  # The client has gone, or does not trust us.
        finally:
            self.file.close()
            self.socket.close()

    def _talk(self) -> None:
        self.say("220 test")
        recipients: list[str] = []
        while line := self.file.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO":
                    offers_tls = self.server.certificate is not None and not self.is_encrypted
                    self.say("250-test")
                    if offers_tls:
                        self.say("250-STARTTLS")
                    self.say("250-SMTPUTF8")
                    self.say("250 AUTH PLAIN")
                case "STARTTLS" if self.server.certificate is not None:
                    self.say("220 go on")
                    self.socket = self.server.certificate.served().wrap_socket(self.socket, server_side=True)
                    self.file = self.socket.makefile("rb")
                    self.is_encrypted = True
                case "AUTH":
                    _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
                    self.server.logins.append((user, password))
                    self.say("235 in" if password == "right" else "535 no")
                case "MAIL" | "RSET" | "NOOP":
                    recipients = []
                    self.say("250 ok")
                case "RCPT":
                    address = rest[rest.index("<") + 1 : rest.index(">")]
                    code = self.server.refused.get(address, 250)
                    if code == 250:
                        recipients.append(address)
                    self.say(f"{code} {'ok' if code == 250 else 'no'}")
                case "DATA":
                    self.say("354 go on")
                    self.take(recipients)
                    if self.server.drops_after_data:
                        self.server.drops_after_data -= 1
                        return
                    self.say("250 taken")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("502 what")

    def take(self, recipients: list[str]) -> None:
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.server.received.append(message)
        self.server.recipients += recipients
        self.server.was_encrypted.append(self.is_encrypted)


class HookServer(_Restartable):
    """HTTP that keeps what is posted. `answers` are the codes of the next answers, then 204; None ends the connection after
    the request was taken and before it is answered.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int | None] = []
        self.headers: dict[str, str] = {}
        self.is_hanging = threading.Event()

    def _make(self, port: int) -> ThreadingHTTPServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.requests.append(({k.lower(): v for k, v in self.headers.items()}, body))
                if outer.is_hanging.is_set():
                    outer.hang()
                answer = outer.answers.pop(0) if outer.answers else 204
                if answer is None:
                    self.connection.close()
                    return
                self.send_response(answer)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing: tests read what was kept."""

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: object) -> None:
                """A connection that was ended on purpose."""

        return Server(("127.0.0.1", port), Handler)

    def hang(self) -> None:
        threading.Event().wait(3)

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.requests]
