"""Channels (渠道): where leads come from, with keys, field mapping and quality gate."""
