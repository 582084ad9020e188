"""Conversions: what a lead becomes, by which mapping, and the records that it may belong to."""
