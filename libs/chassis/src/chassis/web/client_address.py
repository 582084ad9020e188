"""The address that a request comes from, as attempts are counted by it."""

import ipaddress

from fastapi import Request


def source_from_address(address: str) -> str:
    """Return the IPv4 address, or the /64 network of an IPv6 address, which one attacker owns."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def request_source(request: Request) -> str:
    """Return the source address; behind a proxy uvicorn takes it from the forwarded header."""
    return source_from_address(request.client.host if request.client else "")
