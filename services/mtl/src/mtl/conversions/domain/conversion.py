"""A conversion: what a lead becomes, and how long L2O may take to answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from contracts.mtl.events import (
    ConversionCancelled,
    ConversionRequested,
    LeadConverted,
    TrailEntryState,
)
from kernel.errors import Invalid, Violation
from kernel.personal import Personal
from mtl.leads.domain.lead import ConversionIds, Lead

UNANSWERED: Final = "CONVERSION_UNANSWERED"  # why a lead is open again that L2O did not answer
# How long L2O may take to answer: the conversion, and each time that it is requested again.
TIME_LIMITS: Final = tuple(timedelta(minutes=minutes) for minutes in (15, 15, 30, 60))
CANCELLATION_INTERVAL: Final = timedelta(hours=1)  # until L2O has answered the cancellation


class ConvertedRecord(StrEnum):
    """A record of L2O that a lead becomes."""

    ACCOUNT = "ACCOUNT"
    CONTACT = "CONTACT"
    OPPORTUNITY = "OPPORTUNITY"


ACCOUNT, CONTACT, OPPORTUNITY = ConvertedRecord


class ConversionStatus(StrEnum):
    """Where a conversion stands.

    A CANCELLED one got no answer: its lead is open again, and L2O has yet to say that it will not
    create the records, or that it had done so before.
    """

    RUNNING = "RUNNING"
    CANCELLED = "CANCELLED"
    SUCCEEDED = "SUCCEEDED"
    REJECTED = "REJECTED"


RUNNING, CANCELLED, SUCCEEDED, REJECTED = ConversionStatus


@dataclass(frozen=True, kw_only=True)
class ConversionRequest:
    """What a lead is to become; an account or a contact that is named exists already."""

    account_id: UUID | None = None
    contact_id: UUID | None = None
    records: frozenset[ConvertedRecord] = frozenset(ConvertedRecord)
    opportunity_name: str | None = None

    @property
    def created(self) -> frozenset[ConvertedRecord]:
        """The records that L2O is to create."""
        existing = set[ConvertedRecord]()
        if self.account_id is not None or self.contact_id is not None:
            existing.add(ACCOUNT)
        if self.contact_id is not None:
            existing.add(CONTACT)
        return self.records - existing

    def ensure_possible(self) -> None:
        """Refuse records that no account could hold, and a name of nothing.

        Raises Invalid (ACCOUNT_MISSING, OPPORTUNITY_NOT_WANTED).
        """
        if violations := list(self._violations()):
            raise Invalid(violations)

    def _violations(self) -> Iterator[Violation]:
        is_named = self.account_id is not None or self.contact_id is not None
        if not is_named and ACCOUNT not in self.records:
            yield Violation("/account_id", "ACCOUNT_MISSING")
        if self.opportunity_name is not None and OPPORTUNITY not in self.records:
            yield Violation("/opportunity_name", "OPPORTUNITY_NOT_WANTED")


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """A conversion of a lead; `published` counts the events about the conversion itself.

    `mapping_version` is the version of the mapping by which the records get their fields.
    """

    id: UUID
    lead_id: Annotated[UUID, Personal("subject")]
    status: ConversionStatus = RUNNING
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID
    existing_account: bool
    existing_contact: bool
    records: tuple[str, ...]
    opportunity_name: Annotated[str | None, Personal("text")] = None
    mapping_version: int
    converted_by: str | None
    converted_at: datetime
    sees_all: bool
    requests: int = 0
    published: int = 0

    @property
    def version(self) -> int:
        """The sequence of the last event about the conversion."""
        return self.published

    @property
    def ids(self) -> ConversionIds:
        """The ids by which the lead and the event name the conversion."""
        return ConversionIds(
            conversion_id=self.id,
            account_id=self.account_id,
            contact_id=self.contact_id,
            opportunity_id=self.opportunity_id,
            existing_account=self.existing_account,
            existing_contact=self.existing_contact,
            records=self.records,
        )

    def ended(self, status: ConversionStatus) -> Conversion:
        """Return the conversion with the answer of L2O."""
        return replace(self, status=status)

    def next_check(self) -> timedelta:
        """Return how long to wait for an answer from now on."""
        if self.status is CANCELLED:
            return CANCELLATION_INTERVAL
        return TIME_LIMITS[self.requests]

    @property
    def may_be_requested(self) -> bool:
        """Whether an answer may still come if the conversion is requested again."""
        return self.status is RUNNING and self.requests + 1 < len(TIME_LIMITS)

    def requested(self, event: LeadConverted) -> tuple[Conversion, ConversionRequested]:
        """Return the conversion requested once more, and the event with what it was at first."""
        again = replace(self, requests=self.requests + 1, published=self.published + 1)
        return again, ConversionRequested(**dict(event))

    def cancelled(self, *, now: datetime) -> tuple[Conversion, ConversionCancelled]:
        """Return the conversion cancelled, or cancelled once more, and the event."""
        cancelled = replace(self, status=CANCELLED, published=self.published + 1)
        return cancelled, ConversionCancelled(
            conversion_id=self.id,
            lead_id=self.lead_id,
            account_id=self.account_id,
            contact_id=self.contact_id,
            opportunity_id=self.opportunity_id,
            cancelled_at=now,
            reason=UNANSWERED,
        )


@dataclass(frozen=True)
class Trail:
    """The newest touches and follow-ups of a lead, and how many there are of each source."""

    entries: tuple[TrailEntryState, ...]
    counts: dict[str, int]


def event_of(
    lead: Lead, conversion: Conversion, fields: Mapping[str, Mapping[str, Any]], trail: Trail
) -> LeadConverted:
    """Return the event of a conversion, for the lead as it is; `fields` are those of each record.

    The opportunity has the name that was asked for, else the one of its fields or of the lead.
    """
    opportunity = dict(fields["opportunity"])
    mapped_name = opportunity.pop("name", None)
    return LeadConverted(
        lead=lead.state(),
        **vars(conversion.ids),
        opportunity_name=conversion.opportunity_name or mapped_name or lead.display_name,
        converted_by=conversion.converted_by,
        converted_at=conversion.converted_at,
        sees_all=conversion.sees_all,
        account_fields=dict(fields["account"]),
        contact_fields=dict(fields["contact"]),
        opportunity_fields=opportunity,
        trail=trail.entries,
        trail_counts=trail.counts,
    )
