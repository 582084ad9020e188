"""Consents between services: digests say whose addresses they are, never the addresses."""

from typing import Final

# What the digests of addresses are bound to, so that both sides make the same one.
ADDRESS_PLACE: Final = "consent.address"
GRANTED: Final = "GRANTED"
WITHDRAWN: Final = "WITHDRAWN"
