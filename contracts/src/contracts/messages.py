"""Messages to the outside: what services may say, and how a message is asked for between services.

Each service declares the kinds of its messages as `MESSAGE_KINDS` in
`contracts/<service>/messages.py`, with their texts. It asks by `<service>.message_request.requested
.v1`; `desk` takes these events of all services, sends, and answers by `desk.message.changed.v1`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AwareDatetime, Field, TypeAdapter

from contracts.event import Event, State
from contracts.modules import publisher_modules
from kernel.money import Money
from kernel.personal import Personal

KIND_NAME: Final = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*")
_MONEY: Final = TypeAdapter(Money)
LANGUAGES: Final = ("zh-CN", "en")  # every kind has a text in both


class MessageChannel(StrEnum):
    """By what means a message goes out."""

    MAIL = "MAIL"
    SMS = "SMS"


class MessagePurpose(StrEnum):
    """Why a message is sent: as a part of business that somebody has begun, or to win some.

    Withdrawn consents stop what is MARKETING; addresses that are banned get neither.
    """

    TRANSACTIONAL = "TRANSACTIONAL"
    MARKETING = "MARKETING"


class VariableType(StrEnum):
    """The type of a variable's value."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    MONEY = "MONEY"
    DATE = "DATE"
    LINK = "LINK"


@dataclass(frozen=True, kw_only=True)
class MessageText:
    """What a kind says in one language over one channel; a text message has no subject."""

    channel: MessageChannel
    language: str
    subject: str | None = None
    body: str


@dataclass(frozen=True, kw_only=True)
class MessageKind:
    """A kind of message, such as `cpq.quote_sent`, about the records of a resource.

    `zh` and `en` are its names. `texts` are what it says unless a tenant has a template of its own
    under `code`, which may use the same `variables`. Raises ValueError for a name other than
    `<service>.<name>`, and for a channel without a text in each language.
    """

    name: str
    resource: str
    zh: str
    en: str
    purpose: MessagePurpose
    variables: Mapping[str, VariableType]
    texts: tuple[MessageText, ...]

    def __post_init__(self) -> None:
        if KIND_NAME.fullmatch(self.name) is None:
            raise ValueError(f"{self.name!r} should be <service>.<name>")
        written = sorted((one.channel, one.language) for one in self.texts)
        if written != sorted((c, language) for c in self.channels for language in LANGUAGES):
            raise ValueError(f"{self.name} should have one text in each of {LANGUAGES}")

    @property
    def service(self) -> str:
        """The service that sends messages of this kind."""
        return self.name.partition(".")[0]

    @property
    def code(self) -> str:
        """The code of templates by which tenants replace the texts: `CPQ_QUOTE_SENT`."""
        return self.name.replace(".", "_").upper()

    @property
    def channels(self) -> frozenset[MessageChannel]:
        """The channels for which the kind has texts."""
        return frozenset(one.channel for one in self.texts)

    def values_json(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values of the variables as JSON, as templates read them.

        Raises ValueError for others than declared, and for one of another type.
        """
        if values.keys() != self.variables.keys():
            raise ValueError(f"variables {sorted(values)} should be {sorted(self.variables)}")
        return {name: _value_json(kind, values[name]) for name, kind in self.variables.items()}


def _value_json(kind: VariableType, value: Any) -> Any:
    if kind is VariableType.MONEY and isinstance(value, Money):
        amount: dict[str, Any] = _MONEY.dump_python(value, mode="json")
        return amount
    if kind is VariableType.DATE and type(value) is date:
        return value.isoformat()
    if kind is VariableType.NUMBER and isinstance(value, Decimal | int):
        return format(Decimal(value), "f")
    if kind in (VariableType.TEXT, VariableType.LINK) and isinstance(value, str):
        return value
    raise ValueError(f"a value is no {kind}: {type(value).__name__}")


class MessageRequestState(State):
    """A message that a service asks for in its business transaction.

    `content` holds the address and the values of the variables, encrypted for the tenant: whoever
    reads the topic learns neither. The id is that of the message, which `desk` keeps.
    """

    message_id: UUID
    kind: str
    channel: Annotated[str, Field(description="MAIL or SMS")]
    language: str | None = None
    content: Annotated[str, Personal("sealed"), Field(description="Sealed, in base64")]
    resource: str
    record_id: UUID
    requested_by: str | None = None
    requested_at: AwareDatetime


class MessageRequested(Event):
    """The fields of `<service>.message_request.requested.v1`."""

    message_request: MessageRequestState


@cache
def declared_message_kinds() -> Mapping[str, MessageKind]:
    """Return the kinds of all services by name.

    Raises ValueError for a kind that is declared twice, or by another service than its own.
    """
    declared: dict[str, MessageKind] = {}
    for service, module in publisher_modules("messages"):
        for kind in module.MESSAGE_KINDS:
            if kind.service != service or kind.name in declared:
                raise ValueError(f"{kind.name} is declared twice, or by {service}")
            declared[kind.name] = kind
    return declared
