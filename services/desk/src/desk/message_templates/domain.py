"""A template, the variables in its text, and what becomes of them.

A placeholder says the type of its value: `{customer}` is a text, `{total:MONEY}` an amount,
`{valid_until:DATE}` a day, `{count:NUMBER}` a number, `{url:LINK}` an address of a page. Two braces
stand for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from contracts.desk.events import MessageTemplateState
from contracts.messages import MessageChannel, MessageKind, MessagePurpose, VariableType
from kernel.currencies import ACTIVE_CURRENCIES, precision
from kernel.errors import Invalid, Violation
from kernel.records import StoredRecord

MAX_SMS: Final = 500  # characters; carriers cut longer ones, or charge for many
MAX_TEXT, MAX_LINK = 2_000, 2_000
ENGLISH: Final = "en"
BUILT_IN: Final = UUID(int=0)  # the id of texts that no tenant has stored
_PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME: Final = re.compile(r"([a-z][a-z0-9_]{0,39})(?::([A-Z]{1,20}))?")
_AMOUNT: Final = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,6})?", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LINE_ENDS: Final = re.compile(r"[\r\n\u2028\u2029]+")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


class WrongVariable(ValueError):
    """A value that is not of its variable's type."""


@dataclass(frozen=True)
class RenderedText:
    """A message as its recipient reads it; a text message has no subject."""

    subject: str | None
    body: str


@dataclass(frozen=True, kw_only=True)
class MessageTemplate(StoredRecord):
    """What a message of a code says in one language over one channel.

    A template that does not say its `purpose` is one for MARKETING: it goes to nobody who has
    withdrawn their consent.
    """

    code: str
    name: str
    channel: MessageChannel
    language: str
    subject: str | None = None
    body: str
    purpose: MessagePurpose = MessagePurpose.MARKETING
    active: bool = True

    @property
    def display_name(self) -> str:
        """What people call the template."""
        return self.name

    @property
    def variables(self) -> dict[str, VariableType]:
        """The variables of a valid template with their types, in the order of their names."""
        found: dict[str, VariableType] = {}
        for text in (self.subject or "", self.body):
            for name, kind in _placeholders(text):
                found[name] = VariableType(kind)
        return dict(sorted(found.items()))

    def state(self) -> MessageTemplateState:
        """The template in the form that events carry."""
        return MessageTemplateState.of(self, message_template_id=self.id)

    def ensure_valid(self, kind: MessageKind | None = None) -> None:
        """Ensure that the texts can be filled in. Raises Invalid with all violations.

        A template with the code of a `kind` uses no variables but the kind's, of the same types,
        has its purpose, and has its links in the body: without them it would be of no use.
        """
        violations = [*self._subject_violations()]
        types: dict[str, str] = {}
        for pointer, text in (("/subject", self.subject or ""), ("/body", self.body)):
            violations += _text_violations(pointer, text, types)
        if kind is not None:
            violations += self._kind_violations(kind, types)
        if violations:
            raise Invalid(violations)

    def _kind_violations(self, kind: MessageKind, types: Mapping[str, str]) -> Iterator[Violation]:
        if self.purpose is not kind.purpose:
            yield Violation("/purpose", "TEMPLATE_PURPOSE_GIVEN", {"purpose": kind.purpose})
        for name, type_ in types.items():
            if kind.variables.get(name) != type_:
                allowed = [f"{{{one}:{of}}}" for one, of in kind.variables.items()]
                params = {"name": name, "allowed": allowed}
                yield Violation("/body", "TEMPLATE_VARIABLE_NOT_GIVEN", params)
        written = {name for name, _ in _placeholders(self.body)}
        for name, type_ in kind.variables.items():
            if type_ is VariableType.LINK and name not in written:
                yield Violation(
                    "/body", "TEMPLATE_LINK_MISSING", {"placeholder": f"{{{name}:{type_}}}"}
                )

    def _subject_violations(self) -> Iterator[Violation]:
        if self.channel is MessageChannel.MAIL and self.subject is None:
            yield Violation("/subject", "TEMPLATE_SUBJECT_MISSING")
        if self.channel is MessageChannel.SMS and self.subject is not None:
            yield Violation("/subject", "TEMPLATE_SUBJECT_UNWANTED")

    def rendered(self, values: Mapping[str, Any]) -> RenderedText:
        """Fill the variables in. Raises Invalid with all violations, at `/variables/<name>`."""
        shown: dict[str, str] = {}
        violations = [
            Violation(f"/variables/{name}", "UNKNOWN_FIELD")
            for name in values
            if name not in self.variables
        ]
        for name, kind in self.variables.items():
            pointer = f"/variables/{name}"
            if values.get(name) is None:
                violations.append(Violation(pointer, "VARIABLE_MISSING"))
                continue
            try:
                shown[name] = SHOWN[kind](values[name], self.language)
            except WrongVariable:
                violations.append(Violation(pointer, "VARIABLE_WRONG", {"type": kind}))
        if violations:
            raise Invalid(violations)
        subject = None if self.subject is None else _filled(self.subject, shown)
        body = _filled(self.body, shown)
        if self.channel is MessageChannel.SMS and len(body) > MAX_SMS:
            raise Invalid([Violation("/variables", "MESSAGE_TOO_LONG", {"limit": MAX_SMS})])
        return RenderedText(subject and _LINE_ENDS.sub(" ", subject), body)


def preferred_template(
    templates: Mapping[str, MessageTemplate], languages: Sequence[str]
) -> MessageTemplate | None:
    """Return the template in the first of these languages that there is one in.

    Without one in any of them it is the first by language; None if there is no template.
    """
    ordered = (*languages, *sorted(templates))
    return next((templates[one] for one in ordered if one in templates), None)


def built_in_templates(
    kind: MessageKind, channel: MessageChannel, *, now: datetime
) -> dict[str, MessageTemplate]:
    """Return what a kind says over a channel where the tenant has no template, by language."""
    return {
        text.language: MessageTemplate(
            id=BUILT_IN,
            code=kind.code,
            name=kind.zh,
            channel=channel,
            language=text.language,
            subject=text.subject,
            body=text.body,
            purpose=kind.purpose,
            created_at=now,
            updated_at=now,
        )
        for text in kind.texts
        if text.channel is channel
    }


def _placeholders(text: str) -> Iterator[tuple[str, str]]:
    for match in _PLACEHOLDER.finditer(text):
        named = _NAME.fullmatch(match[1] or "")
        if named is not None:
            yield named[1], named[2] or VariableType.TEXT


def _text_violations(pointer: str, text: str, types: dict[str, str]) -> Iterator[Violation]:
    """Yield what is wrong with a text; `types` are the variables found so far."""
    for match in _PLACEHOLDER.finditer(text):
        if match[0] in ("{{", "}}"):
            continue
        named = _NAME.fullmatch(match[1] or "")
        if named is None:
            yield Violation(pointer, "TEMPLATE_PLACEHOLDER_WRONG", {"text": match[0][:60]})
            continue
        name, kind = named[1], named[2] or VariableType.TEXT
        if kind not in VariableType.__members__:
            allowed = list(VariableType)
            yield Violation(pointer, "TEMPLATE_TYPE_UNKNOWN", {"name": name, "allowed": allowed})
        elif types.setdefault(name, kind) != kind:
            yield Violation(pointer, "TEMPLATE_TYPES_DIFFER", {"name": name})


def _filled(text: str, shown: Mapping[str, str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        return shown[match[1].partition(":")[0]]

    return _PLACEHOLDER.sub(replaced, text)


def _text(value: Any, _: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise WrongVariable
    return value


def _number(value: Any, _: str) -> str:
    if not isinstance(value, str) or _AMOUNT.fullmatch(value) is None:
        raise WrongVariable
    return f"{Decimal(value):,f}"


def _money(value: Any, _: str) -> str:
    if not isinstance(value, Mapping) or set(value) != {"amount", "currency"}:
        raise WrongVariable
    amount, currency = value["amount"], value["currency"]
    if not isinstance(currency, str) or currency not in ACTIVE_CURRENCIES:
        raise WrongVariable
    if not isinstance(amount, str) or _AMOUNT.fullmatch(amount) is None:
        raise WrongVariable
    digits = max(precision(currency), -int(Decimal(amount).as_tuple().exponent))
    return f"{Decimal(amount):,.{digits}f} {currency}"


def _date(value: Any, language: str) -> str:
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        raise WrongVariable
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise WrongVariable from None
    if language == ENGLISH:
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def _link(value: Any, _: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_LINK or _LINE_ENDS.search(value):
        raise WrongVariable
    try:
        parts = urlsplit(value)
    except ValueError:
        raise WrongVariable from None
    if parts.scheme not in ("https", "http") or not parts.netloc or " " in value:
        raise WrongVariable
    return value


SHOWN: Final[Mapping[VariableType, Callable[[Any, str], str]]] = {
    VariableType.TEXT: _text,
    VariableType.NUMBER: _number,
    VariableType.MONEY: _money,
    VariableType.DATE: _date,
    VariableType.LINK: _link,
}
