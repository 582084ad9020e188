"""The composition root of DESK's API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.foundation.settings import Settings
from desk.texts import TEXTS
from desk.worker import WORKER


def create() -> FastAPI:
    """The API as the process that serves it creates it."""
    return create_app(
        Settings.of("desk"),
        title="DESK",
        description="What DESK does, in one sentence.",
        routers=[],
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
