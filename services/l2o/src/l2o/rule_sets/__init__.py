"""Rule sets (规则): the versions of what administrators decide about accounts."""
