"""The table of the versions of rules."""

from typing import Final

from cpq.database import metadata
from rules.version_store import VersionStore, rule_versions_table

QUOTE_APPROVAL: Final = "quote_approval"
rule_versions = rule_versions_table(metadata, [QUOTE_APPROVAL])
VERSIONS: Final = VersionStore(rule_versions)
