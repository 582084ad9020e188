"""The composition root of the API."""

from fastapi import FastAPI

from chassis.app import create_app
from mtl.imports.routes import router as imports
from mtl.leads.routes import router as leads
from mtl.settings import MtlSettings
from mtl.texts import TEXTS


def create() -> FastAPI:
    return create_app(
        MtlSettings.of(),
        title="Market to Lead",
        description="Leads, from the first touch to the conversion, and their import.",
        routers=[leads, imports],
        texts=TEXTS,
    )
