"""The ports to mail servers and SMS gateways, and their adapters."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from contracts.messages import MessageChannel
from desk.messages.domain import Delivery, Outcome
from desk.settings import DeskSettings

TIMEOUT_SECONDS: Final = 30
RECORDED: Final = "record:"
PERMANENT: Final = 500  # SMTP: replies from here on are final


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message as a transport gets it; a repeated one has the same id."""

    id: UUID
    channel: MessageChannel
    recipient: str
    subject: str | None
    body: str
    language: str
    written_at: datetime


class Transport(Protocol):
    """Hands a message to the outside.

    It answers what became of it and raises nothing: DEFERRED whatever may go better later, LOST
    what was handed over without an answer, REJECTED what never will, UNDELIVERABLE an address that
    nobody has. A message with an id that it has taken before is the same message: a gateway that
    can tell hands it on once.
    """

    async def send(self, message: Outgoing) -> Outcome: ...


class _SmtpClient(aiosmtplib.SMTP):
    """Knows whether a mail was handed over without an answer: perhaps it is on its way."""

    is_unanswered = False

    async def data(self, *args: Any, **options: Any) -> aiosmtplib.SMTPResponse:
        self.is_unanswered = True
        try:
            response = await super().data(*args, **options)
        except aiosmtplib.SMTPResponseException:
            self.is_unanswered = False
            raise
        self.is_unanswered = False
        return response


@dataclass(frozen=True)
class SmtpTransport:
    """A mail server: `smtp://user:password@host:587` (STARTTLS if it offers it), or `smtps://`."""

    url: str
    sender: str

    async def send(self, message: Outgoing) -> Outcome:
        client = self._client()
        try:
            await client.connect()
            _, answer = await client.send_message(self.mail_of(message))
        except aiosmtplib.SMTPRecipientsRefused as error:
            [refused] = error.recipients
            return _outcome(refused.code, refused.message, Delivery.UNDELIVERABLE)
        except aiosmtplib.SMTPAuthenticationError as error:
            return Outcome(Delivery.DEFERRED, _shortened(f"{error.code} {error.message}"))
        except aiosmtplib.SMTPResponseException as error:
            return _outcome(error.code, error.message, Delivery.REJECTED)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            delivery = Delivery.LOST if client.is_unanswered else Delivery.DEFERRED
            return Outcome(delivery, _shortened(f"{type(error).__name__}: {error}"))
        finally:
            client.close()
        return Outcome(Delivery.SENT, reference=_shortened(answer))

    def _client(self) -> _SmtpClient:
        server = urlsplit(self.url)
        return _SmtpClient(
            hostname=server.hostname,
            port=server.port,
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=server.scheme == "smtps",
            timeout=TIMEOUT_SECONDS,
        )

    def mail_of(self, message: Outgoing) -> EmailMessage:
        """Return the mail; its Message-ID is that of every repetition."""
        domain = parseaddr(self.sender)[1].rpartition("@")[2]
        mail = EmailMessage()
        mail["Message-ID"] = f"<{message.id}@{domain}>"
        mail["Date"] = format_datetime(message.written_at)
        mail["From"], mail["To"] = self.sender, message.recipient
        mail["Subject"] = message.subject or ""
        mail["Content-Language"] = message.language
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes come back
        mail.set_content(message.body, cte="base64")
        return mail


def _outcome(code: int, reply: str, final: Delivery) -> Outcome:
    reason = _shortened(f"{code} {reply}")
    return Outcome(final if code >= PERMANENT else Delivery.DEFERRED, reason)


def _shortened(text: str) -> str:
    return " ".join(text.split())[:500]


@dataclass(frozen=True)
class RecordingGateway:
    """An SMS gateway for development: it appends each message to a file, once for each id."""

    path: Path

    async def send(self, message: Outgoing) -> Outcome:
        return await asyncio.to_thread(self._record, message)

    def _record(self, message: Outgoing) -> Outcome:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            taken = self.path.read_text() if self.path.exists() else ""
            if str(message.id) not in taken:
                line = {"id": str(message.id), "to": message.recipient, "text": message.body}
                with self.path.open("a") as file:
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            return Outcome(Delivery.DEFERRED, _shortened(str(error)))
        return Outcome(Delivery.SENT, reference=str(message.id))


def transport_of(channel: MessageChannel, settings: DeskSettings) -> Transport | None:
    """Return the transport of a channel, as the settings name it; None without one."""
    if channel is MessageChannel.MAIL:
        url = settings.smtp_url.get_secret_value()
        return SmtpTransport(url, settings.mail_from) if url else None
    if settings.sms.startswith(RECORDED):
        return RecordingGateway(Path(settings.sms.removeprefix(RECORDED)))
    return None
