"""The answer about the accounts and contacts that a lead may belong to."""

from mtl.duplicates.schemas.customers import LikeCustomersOut


class ConversionProposalsOut(LikeCustomersOut):
    """What a lead may be converted into instead of new records."""
