"""The table of the versions of rules."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import is_one_of
from l2o.database import metadata
from rules.version_store import VersionStore, rule_versions_table

ACCOUNT_GRADE: Final = "account_grade"
ACCOUNT_SEGMENT: Final = "account_segment"
ACCOUNT_TAGS: Final = "account_tags"
ACCOUNT_SERVICE: Final = "account_service"
CLASSIFYING: Final = (ACCOUNT_GRADE, ACCOUNT_SEGMENT, ACCOUNT_TAGS, ACCOUNT_SERVICE)
rule_versions = rule_versions_table(metadata, CLASSIFYING)
VERSIONS = VersionStore(rule_versions)
_ANY = (
    select(rule_versions.c.id).where(is_one_of(rule_versions.c.rule_set, CLASSIFYING)).limit(1)
)  # built once


async def classifies_accounts(tx: AsyncConnection) -> bool:
    """Whether the tenant has ever published rules that classify accounts."""
    return (await tx.execute(_ANY)).one_or_none() is not None
