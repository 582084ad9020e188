"""Snapshots: publishes the present state of records again, for copies that lack them."""
