"""The relay reads `seq > last`: a row whose transaction commits late is passed over."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

MODULE = "chassis.events.relay.relay_session"
BITES = ("every event is on its topic",)


def patch(module: Any) -> None:
    from chassis.events.relay import window_pages

    plain = (
        f"SELECT {window_pages.COLUMNS} FROM outbox"
        " WHERE bucket = ANY($1::smallint[]) AND seq > $2 ORDER BY seq"
    )
    finish_window = module.RelaySession._finish_window

    async def read(self: Any, _window: Any, buckets: Any, last: int) -> AsyncIterator[Any]:
        self.sent = last
        async with aclosing(self._read(plain, list(buckets), last)) as pages:
            async for page in pages:
                self.sent = page.rows[-1]["seq"] if page.rows else self.sent
                yield page

    async def keep_last(self: Any, buckets: Any, position: Any, end: Any, quarantined: Any) -> None:
        last = position.last if position.hi is None else self._pages.sent
        await finish_window(self, buckets, position, replace(end, last=last), quarantined)

    window_pages.WindowPages.read = read  # type: ignore[assignment,method-assign]
    module.RelaySession._finish_window = keep_last
