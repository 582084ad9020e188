"""Rule sets (规则): the published versions of the rules of this service."""
