"""A mail server of the test process, which keeps what it takes and refuses what it is told to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import UnthreadedController


@dataclass
class MailServer:
    """The mails that were taken; `answers` are replies to recipients, instead of taking them."""

    url: str = ""
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    data_answer: str = "250 taken"
    hangs_up: bool = False  # after it has taken a mail, without an answer

    async def handle_RCPT(  # noqa: N802  # the name that aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # the same
        if self.data_answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.taken.append(mail)
            self.recipients += envelope.rcpt_tos
        if self.hangs_up:
            server.transport.abort()
        return self.data_answer


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """Run a mail server during the block."""
    server = MailServer()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    listening.close()
    loop = asyncio.get_running_loop()
    controller = UnthreadedController(server, hostname="127.0.0.1", port=port, loop=loop)
    running = await controller._create_server()  # `begin` wants a loop that does not run
    server.url = f"smtp://127.0.0.1:{port}"
    try:
        yield server
    finally:
        running.close()
        await running.wait_closed()
