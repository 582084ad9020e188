"""The composition root of DESK's API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.foundation.settings import Settings
from desk.approvals.routes import ROUTERS as APPROVALS
from desk.flows.routes import router as flows
from desk.texts import TEXTS
from desk.worker import WORKER


def create() -> FastAPI:
    """The API as the process that serves it creates it."""
    return create_app(
        Settings.of("desk"),
        title="Desk",
        description="Approvals: what services ask for, who decides, and what became of it.",
        routers=[*APPROVALS, flows],
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
