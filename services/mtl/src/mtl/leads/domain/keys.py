"""The keys by which a lead is found again, and the detection of duplicate leads."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from kernel.errors import Conflict

# The kinds of keys by which a person is reached, and recognized when they come back.
CONTACT_KINDS: Final = frozenset({"phone", "email", "wechat_id"})


class LeadKey(NamedTuple):
    """A keyed digest of a phone, mail, WeChat id or external id; unique among a tenant's leads."""

    kind: str
    digest: bytes


def lead_key(secret: bytes, kind: str, value: str) -> LeadKey:
    """Return the key of a value: its HMAC-SHA256 digest with the tenant's secret."""
    return LeadKey(kind, hmac.digest(secret, f"{kind}\0{value}".encode(), hashlib.sha256))


@dataclass(frozen=True)
class DuplicateLead:
    """The earlier lead that a lead repeats, and the kind of key (`matched`) they share.

    A `hidden` one is not visible to the caller: neither its id nor the match is disclosed.
    """

    lead_id: UUID
    matched: str
    hidden: bool = False

    @property
    def disclosed_params(self) -> dict[str, str]:
        """The error parameters that the caller may see."""
        return {} if self.hidden else {"lead_id": str(self.lead_id), "matched": self.matched}

    def as_conflict(self) -> Conflict:
        """The error LEAD_DUPLICATE, or LEAD_DUPLICATE_HIDDEN."""
        return Conflict(self.code, **self.disclosed_params)

    @property
    def code(self) -> str:
        """The code of the error, which says whether the caller may see the earlier lead."""
        return "LEAD_DUPLICATE_HIDDEN" if self.hidden else "LEAD_DUPLICATE"


def assign_keys(
    requested: Mapping[UUID, Sequence[LeadKey]], reserved: Mapping[LeadKey, UUID]
) -> tuple[dict[LeadKey, UUID], dict[UUID, DuplicateLead]]:
    """Give each key to the first lead that requests it; return the holders and the duplicates.

    `reserved` are the keys of stored leads. A duplicate gets no key at all, so that a later lead
    may have those of its keys that were free.
    """
    holders = dict(reserved)
    duplicates: dict[UUID, DuplicateLead] = {}
    for lead_id, keys in requested.items():
        match = next((key for key in keys if key in holders), None)
        if match is None:
            holders.update(dict.fromkeys(keys, lead_id))
        else:
            duplicates[lead_id] = DuplicateLead(holders[match], match.kind)
    return holders, duplicates
