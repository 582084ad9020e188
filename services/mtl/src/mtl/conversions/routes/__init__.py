"""The HTTP API of conversions: converting, the mapping of fields, and proposals before it."""

from mtl.conversions.routes import conversions, mappings, proposals

ROUTERS = (conversions.router, mappings.router, proposals.router)
