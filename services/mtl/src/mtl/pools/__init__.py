"""Pools (线索池): leads without an owner, which the members of a pool may claim."""
