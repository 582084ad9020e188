"""The composition root of XSERVICE's API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.foundation.settings import Settings
from xservice.texts import TEXTS
from xservice.worker import WORKER


def create() -> FastAPI:
    """The API as the process that serves it creates it."""
    return create_app(
        Settings.of("xservice"),
        title="XSERVICE",
        description="What XSERVICE does, in one sentence.",
        routers=[],
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
