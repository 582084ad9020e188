"""The quality gate of a channel: which captures are leads at once, and why others are not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from rules.conditions import Condition
from rules.evaluation import fact_test

MAIL_FIELDS: Final = ("email", "other_email")
# The fields in which blocked words are looked for.
WORD_FIELDS: Final = (
    "name",
    "job_title",
    "department",
    "company",
    "address",
    "description",
    "need",
    "source_detail",
)


class GateOutcome(StrEnum):
    """What becomes of a capture that fails a check."""

    QUARANTINE = "QUARANTINE"  # somebody decides
    REJECT = "REJECT"


class Verdict(StrEnum):
    """What the checks of the gate say together: the severest counts."""

    ACCEPTED = "ACCEPTED"
    QUARANTINED = "QUARANTINED"
    REJECTED = "REJECTED"


@dataclass(frozen=True)
class GateReason:
    """Why a capture is not accepted: the code of a text for people, with its params.

    `field` is the field of the lead that it is about; None if it is about the whole.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    field: str | None = None
    outcome: GateOutcome = GateOutcome.QUARANTINE

    def as_json(self) -> dict[str, Any]:
        """The reason as it is stored."""
        return {"code": self.code, "params": dict(self.params), "field": self.field}


@dataclass(frozen=True, kw_only=True)
class GateCondition:
    """A condition of the channel's own: captures for which it is true fail this check."""

    label: str
    when: Condition
    outcome: GateOutcome = GateOutcome.QUARANTINE


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The checks of a channel, each with what becomes of a capture that fails it."""

    required_fields: tuple[str, ...] = ()
    if_missing: GateOutcome = GateOutcome.QUARANTINE
    if_invalid: GateOutcome = GateOutcome.QUARANTINE
    blocked_mail_domains: tuple[str, ...] = ()
    if_mail_domain_blocked: GateOutcome = GateOutcome.REJECT
    blocked_words: tuple[str, ...] = ()
    if_word_blocked: GateOutcome = GateOutcome.QUARANTINE
    conditions: tuple[GateCondition, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any], conditions: Sequence[Condition]) -> Gate:
        """Return the gate of a stored document, whose conditions were read in their order."""
        values: dict[str, Any] = {
            name: GateOutcome(value) if name.startswith("if_") else tuple(value)
            for name, value in document.items()
            if name != "conditions"
        }
        own = tuple(
            GateCondition(label=each["label"], when=when, outcome=GateOutcome(each["outcome"]))
            for each, when in zip(document.get("conditions", ()), conditions, strict=True)
        )
        return cls(**values, conditions=own)

    def reasons(
        self, fields: Mapping[str, Any], facts: Mapping[str, Any]
    ) -> tuple[GateReason, ...]:
        """Return every reason against a lead with these fields; `facts` is what rules read."""
        found = [*self._missing(fields), *self._mail_domains(fields), *self._words(fields)]
        return (*found, *self._conditions(facts))

    def invalid(self, code: str, params: Mapping[str, Any], field_: str | None) -> GateReason:
        """Return the reason that a value does not fit its field."""
        return GateReason(code, params, field_, self.if_invalid)

    def _missing(self, fields: Mapping[str, Any]) -> Iterator[GateReason]:
        for name in self.required_fields:
            if fields.get(name) in (None, "", []):
                yield GateReason("CAPTURE_FIELD_MISSING", {"field": name}, name, self.if_missing)

    def _mail_domains(self, fields: Mapping[str, Any]) -> Iterator[GateReason]:
        for name in MAIL_FIELDS:
            domain = str(fields.get(name) or "").rpartition("@")[2].lower()
            blocked = (one for one in self.blocked_mail_domains if is_in_domain(domain, one))
            if (found := next(blocked, None)) is not None:
                params = {"domain": found}
                outcome = self.if_mail_domain_blocked
                yield GateReason("CAPTURE_MAIL_DOMAIN_BLOCKED", params, name, outcome)

    def _words(self, fields: Mapping[str, Any]) -> Iterator[GateReason]:
        texts = {name: folded(str(fields.get(name) or "")) for name in WORD_FIELDS}
        for word in self.blocked_words:
            holders = (name for name, text in texts.items() if has_word(text, word))
            if (name := next(holders, None)) is not None:
                params = {"word": word}
                yield GateReason("CAPTURE_WORD_BLOCKED", params, name, self.if_word_blocked)

    def _conditions(self, facts: Mapping[str, Any]) -> Iterator[GateReason]:
        for each in self.conditions:
            if fact_test(each.when)(facts):
                params = {"label": each.label}
                yield GateReason("CAPTURE_CONDITION_MET", params, None, each.outcome)


def verdict_of(reasons: Sequence[GateReason]) -> Verdict:
    """Return what all reasons say together."""
    if any(each.outcome is GateOutcome.REJECT for each in reasons):
        return Verdict.REJECTED
    return Verdict.QUARANTINED if reasons else Verdict.ACCEPTED


def is_in_domain(domain: str, blocked: str) -> bool:
    """Whether a mail domain is a blocked one, or below it: `mail.example.com` of `example.com`."""
    return domain == blocked or domain.endswith(f".{blocked}")


def folded(text: str) -> str:
    """Return a text in the form in which words are looked for: of usual width, in small letters."""
    return unicodedata.normalize("NFKC", text).casefold()


def has_word(folded_text: str, word: str) -> bool:
    """Whether a folded text has a word; Latin letters count as a whole word only."""
    return _pattern(word).search(folded_text) is not None


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    plain = folded(word)
    before = "(?<![a-z0-9])" if re.match("[a-z0-9]", plain) else ""
    after = "(?![a-z0-9])" if re.search("[a-z0-9]$", plain) else ""
    return re.compile(f"{before}{re.escape(plain)}{after}")
