"""The relay's window lacks the transactions that were in progress at its beginning."""

from typing import Any

MODULE = "chassis.events.relay.windows"
BITES = ("every event is on its topic",)


def patch(module: Any) -> None:
    module.Window.finished = property(lambda _: ())
