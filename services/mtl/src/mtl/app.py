"""The composition root of the API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.files.imports.routes import import_router
from mtl.imports.timers import IMPORTS
from mtl.leads.routes import ROUTERS as LEADS
from mtl.settings import MtlSettings
from mtl.texts import TEXTS


def create() -> FastAPI:
    return create_app(
        MtlSettings.of(),
        title="Market to Lead",
        description="Leads, from the first touch to the conversion, and their import.",
        routers=[*LEADS, import_router(IMPORTS)],
        texts=TEXTS,
    )
