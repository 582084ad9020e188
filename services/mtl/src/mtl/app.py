"""Composition root of the API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.files.imports.routes import import_router
from chassis.records.custom_fields.routes import custom_field_router
from mtl.imports import IMPORTS
from mtl.leads.routes import ROUTERS as LEAD_ROUTERS
from mtl.leads.store import LEAD
from mtl.settings import MtlSettings
from mtl.texts import TEXTS
from mtl.worker import WORKER


def create() -> FastAPI:
    """Create the application; reads the settings from the environment."""
    return create_app(
        MtlSettings.of(),
        title="Market to Lead",
        description="Leads from first contact to conversion, and their import from files.",
        routers=[
            *LEAD_ROUTERS,
            custom_field_router("mtl", {LEAD.scoped.resource: LEAD.table}),
            import_router(IMPORTS),
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
