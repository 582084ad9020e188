"""Free ports on 127.0.0.1: the preferred one, else the next free one."""

import socket

from deploy.local.errors import CannotGoOn

HOST = "127.0.0.1"
TRIES = 200


def is_free(port: int) -> bool:
    """Return whether a server can bind the port; ports of connections just closed are free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def is_open(port: int, *, host: str = HOST, timeout: float = 1.0) -> bool:
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError:
        return False
    return True


class Ports:
    """Reserves ports, because programs bind them only later."""

    def __init__(self) -> None:
        self._reserved: set[int] = set()

    def take(self, preferred: int) -> int:
        for port in range(preferred, preferred + TRIES):
            if port not in self._reserved and is_free(port):
                self._reserved.add(port)
                return port
        raise CannotGoOn(
            f"No port from {preferred} to {preferred + TRIES} is free: end a program that uses one."
        )
