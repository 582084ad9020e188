"""Request and response bodies of collisions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.records.codes import CountryCode
from chassis.records.contact_points import Email, Phone
from chassis.web.references import PersonSubject, RefersTo
from kernel.texts import TrimmedText
from l2o.collisions.domain import (
    Collision,
    CollisionAction,
    CollisionKey,
    CompanyFacts,
    Holder,
)
from parties.fields import Uscc, Website, domain_of_website

MAX_VALUES = 50


class CollisionPolicyEdit(BaseModel):
    """What becomes of a new account or contact that has a key of another one."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"name": "BLOCK", "similar_name": "WARN"}]},
    )
    uscc: CollisionAction = CollisionAction.BLOCK
    name: CollisionAction = Field(
        default=CollisionAction.WARN, description="The same name in any spelling"
    )
    phone: CollisionAction = Field(
        default=CollisionAction.WARN, description="Of the account, or of one of its contacts"
    )
    email: CollisionAction = CollisionAction.WARN
    website: CollisionAction = Field(
        default=CollisionAction.ALLOW, description="The same domain, without `www`"
    )
    similar_name: CollisionAction = CollisionAction.ALLOW
    contact_phone: CollisionAction = Field(
        default=CollisionAction.ALLOW, description="Of a new contact that has the number of another"
    )
    contact_email: CollisionAction = CollisionAction.ALLOW


class CollisionPolicyOut(CollisionPolicyEdit):
    """What becomes of a new account that has a key of another one."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID = Field(description="The tenant's")
    updated_at: datetime
    version: int


class CollisionCheckIn(BaseModel):
    """What is known about a company that may be there already."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "上海示例有限公司", "phones": ["021-6437 2345"]}]},
    )
    country: CountryCode | None = Field(default=None, description="That of the numbers")
    name: Annotated[str, TrimmedText(min_length=1, max_length=200)] | None = None
    uscc: Uscc | None = None
    phone: Phone | None = None
    email: Email | None = None
    website: Website | None = None

    def facts(self) -> CompanyFacts:
        """What the company is recognized by."""
        return CompanyFacts(
            name=self.name,
            uscc=self.uscc,
            phones=frozenset(filter(None, [self.phone])),
            emails=frozenset(filter(None, [self.email])),
            domains=frozenset(domain_of_website(one) for one in (self.website,) if one),
        )


class CollisionOut(BaseModel):
    """An account that may be the same company; of a hidden one only who has it."""

    account_id: Annotated[UUID | None, RefersTo("l2o.account")] = Field(
        default=None, description="Null if the caller may not see the account"
    )
    account_name: str | None = None
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    department_name: str | None = Field(description="The department of the owner")
    score: int = Field(ge=0, le=100, description="100 for an exact key")
    keys: list[CollisionKey]
    action: CollisionAction = Field(description="What the policy says about it")

    @classmethod
    def of(cls, found: Collision, holder: Holder, action: CollisionAction) -> Self:
        """Return a collision as the caller may see it."""
        return cls(
            account_id=found.record_id if holder.is_visible else None,
            owner_id=holder.owner_id,
            department_name=holder.department_name,
            score=found.score,
            keys=list(found.keys),
            action=action,
        )


class CollisionsOut(BaseModel):
    """The accounts that may be the same company, the likeliest first; at most 20."""

    action: CollisionAction = Field(description="What the policy does about a new account")
    collisions: list[CollisionOut]

    @classmethod
    def of(
        cls,
        found: list[Collision],
        holders: Mapping[UUID, Holder],
        actions: Mapping[UUID, CollisionAction],
        action: CollisionAction,
    ) -> Self:
        """Return collisions as the caller may see them, each with what the policy says."""
        shown = [
            CollisionOut.of(one, holders[one.record_id], actions[one.record_id]) for one in found
        ]
        return cls(action=action, collisions=shown)
