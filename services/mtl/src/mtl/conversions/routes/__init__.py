"""The HTTP API of conversions: converting, the mapping of fields, and proposals before it."""

from mtl.conversions.routes import conversions, mappings

ROUTERS = (conversions.router, mappings.router)
