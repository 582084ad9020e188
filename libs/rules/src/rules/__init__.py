"""Rules that administrators change: conditions as data, decision tables, versions, mappings."""
