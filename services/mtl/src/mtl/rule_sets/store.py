"""The table of the versions of rules."""

from typing import Final

from mtl.database import metadata
from rules.version_store import VersionStore, rule_versions_table

LEAD_SCORE: Final = "lead_score"
LEAD_CONVERSION: Final = "lead_conversion"
rule_versions = rule_versions_table(metadata, [LEAD_SCORE, LEAD_CONVERSION])
VERSIONS = VersionStore(rule_versions)
