"""Free ports on 127.0.0.1: the preferred one, else the next free one."""

import socket

from deploy.local.errors import CannotGoOn

HOST = "127.0.0.1"
TRIES = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on it; ports of connections just closed count as free."""
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
    """Chooses ports, and never the same one twice: programs listen on theirs only later."""

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def take(self, preferred: int) -> int:
        for port in range(preferred, preferred + TRIES):
            if port not in self._taken and is_free(port):
                self._taken.add(port)
                return port
        raise CannotGoOn(f"No port is free from {preferred} to {preferred + TRIES}: free one.")
