"""The commands that record consents and withdrawals, and keep what leads show of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.web.commands import Command
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.ids import new_id
from mtl.consents.actions import record_consents
from mtl.consents.domain import (
    Consent,
    ConsentMedium,
    ConsentState,
    HasContactPoints,
    all_values_of,
    values_of,
)
from mtl.consents.store import address_digest, bans_of, contact_point
from mtl.lead_consents.views import lock_leads_with
from mtl.leads.actions.totals import save_do_not_contact
from mtl.leads.store import LEAD


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a person agreed to, when, and where it was."""

    at: datetime
    text: str | None = None
    text_version: str | None = None
    channel: str | None = None
    source: str | None = None


async def grant_consents(
    command: Command, lead_id: UUID, media: Sequence[ConsentMedium], proof: Proof
) -> tuple[str, ...]:
    """Record that the person of a lead agreed; return the media by which they are not contacted.

    Raises NotFound, Invalid (INSTANT_IN_FUTURE), RuleBroken (CONSENT_WITHOUT_POINT) for a medium
    for which the lead has no contact point.
    """
    if proof.at > command.now:
        raise Invalid([Violation("/at", "INSTANT_IN_FUTURE")])
    lead = await LEAD.get(command.tx, lead_id)
    _ensure_points(lead, media)
    return await record(command, lead_id, lead, media, ConsentState.GRANTED, proof)


async def withdraw_consents(
    command: Command, lead_id: UUID, media: Sequence[ConsentMedium] | None, source: str | None
) -> tuple[str, ...]:
    """Record that the person of a lead is not to be contacted by some media, or by all.

    It counts at once for every lead with one of their contact points. Returns the media by which
    they are not contacted now. Raises NotFound, RuleBroken (CONSENT_WITHOUT_POINT).
    """
    lead = await LEAD.get(command.tx, lead_id)
    own = [medium for medium in ConsentMedium if values_of(lead, medium)]
    chosen = own if media is None else media
    _ensure_points(lead, chosen or list(ConsentMedium))
    proof = Proof(at=command.now, source=source)
    return await record(command, lead_id, lead, chosen, ConsentState.WITHDRAWN, proof)


async def record(
    command: Command,
    lead_id: UUID,
    person: HasContactPoints,
    media: Collection[ConsentMedium],
    state: ConsentState,
    proof: Proof,
) -> tuple[str, ...]:
    """Record a fact about all contact points of a person for some media, at a lead.

    Returns the media by which the person of the lead is not contacted now.
    """
    consents = [
        Consent(
            **vars(proof),
            id=new_id(),
            lead_id=lead_id,
            kind=kind,
            digest=contact_point(kind, value).digest,
            address_digest=address_digest(value),
            medium=medium,
            state=state,
            recorded_at=command.now,
            recorded_by=command.actor,
        )
        for medium in dict.fromkeys(media)
        for kind, value in values_of(person, medium)
    ]
    await record_consents(command, consents)
    return await _keep_leads(command, lead_id, person)


async def _keep_leads(command: Command, lead_id: UUID, person: HasContactPoints) -> tuple[str, ...]:
    """Write what every lead with one of the contact points shows of them."""
    leads = await lock_leads_with(command.tx, all_values_of(person), lead_id)
    bans = await bans_of(command.tx, leads)
    for lead, banned in zip(leads, bans, strict=True):
        if lead.do_not_contact != banned:
            await save_do_not_contact(command.tx, lead.id, banned)
    return dict(zip((lead.id for lead in leads), bans, strict=True))[lead_id]


def _ensure_points(person: HasContactPoints, media: Sequence[ConsentMedium]) -> None:
    without = [medium for medium in media if not values_of(person, medium)]
    if without:
        raise RuleBroken("CONSENT_WITHOUT_POINT", media=[str(one) for one in without])
