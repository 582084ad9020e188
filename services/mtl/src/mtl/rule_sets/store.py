"""The table of the versions of rules."""

from typing import Final

from mtl.database import metadata
from rules.version_store import VersionStore, rule_versions_table

LEAD_SCORE: Final = "lead_score"
SCORE_SETTINGS: Final = "lead_score_settings"
LEAD_TAGS: Final = "lead_tags"
LEAD_RETENTION: Final = "lead_retention"
LEAD_ASSIGNMENT: Final = "lead_assignment"
LEAD_CONVERSION: Final = "lead_conversion"
rule_versions = rule_versions_table(
    metadata,
    [LEAD_SCORE, SCORE_SETTINGS, LEAD_TAGS, LEAD_RETENTION, LEAD_ASSIGNMENT, LEAD_CONVERSION],
)
VERSIONS = VersionStore(rule_versions)
