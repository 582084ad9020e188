"""The composition root of XSERVICE's API."""

from fastapi import FastAPI
from sqlalchemy import Table

from chassis.composition.app import create_app
from chassis.records.custom_fields.routes import custom_field_router
from chassis.foundation.settings import Settings
from xservice.texts import TEXTS
from xservice.worker import WORKER

# The resources to whose records a tenant may add fields, with their tables.
CUSTOM_FIELDS: dict[str, Table] = {}


def create() -> FastAPI:
    """The API as the process that serves it creates it."""
    return create_app(
        Settings.of("xservice"),
        title="XSERVICE",
        description="What XSERVICE does, in one sentence.",
        routers=[
            custom_field_router("xservice", CUSTOM_FIELDS),
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
