"""Commands on opportunities: records, stages, and upserts from other systems."""
