"""A process that is one member of a consumer group; tests start it and kill it.

`python -m tests.system.consumer_member <aggregate>`; DATABASE_URL is the worker's.
"""

import asyncio
import os
import signal
import sys
from typing import ClassVar

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.events.consumer.consumer import Consumer
from chassis.events.consumer.processing import Processor
from chassis.events.subscriptions import EventMeta, ProcessHandler, Subscription, process
from contracts.event import Event
from kernel.ids import new_id
from testkit.database import notes


def event_class(aggregate: str) -> type[Event]:
    """Return an event class for one test, which thus has its own topic."""

    class Counted(Event):
        """The aggregate was counted up."""

        type: ClassVar[str] = f"sample.{aggregate}.counted.v1"
        text: str

    return Counted


async def on_counted(tx: AsyncConnection, event: Event, meta: EventMeta) -> None:
    """Write one row per effect, slowly enough for the process to be killed in between."""
    text = f"{meta.aggregate_id}"
    await tx.execute(insert(notes).values(id=new_id(), text=text, version=meta.sequence))
    await asyncio.sleep(0.003)


def subscription_to(event: type[Event], handler: ProcessHandler = on_counted) -> Subscription:
    return process(f"{event.aggregate_type()}s", {event: handler})


async def main(aggregate: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    database = Database(os.environ["DATABASE_URL"], name=f"consumer-{aggregate}")
    processor = Processor(subscription_to(event_class(aggregate)), database)
    await Consumer(processor, os.environ["KAFKA_BOOTSTRAP"]).run(stop)
    await database.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
