"""The composition root of DESK's API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from desk.approval_settings.routes import ROUTERS as APPROVAL_SETTINGS
from desk.approvals.routes import ROUTERS as APPROVALS
from desk.file_settings.routes import ROUTERS as FILE_SETTINGS
from desk.files.routes import ROUTERS as FILES
from desk.flows.routes import router as flows
from desk.message_bans.routes import ROUTERS as BANS
from desk.message_templates.routes import ROUTERS as TEMPLATES
from desk.messages.routes import ROUTERS as MESSAGES
from desk.settings import DeskSettings
from desk.texts import TEXTS
from desk.worker import WORKER


def create() -> FastAPI:
    """The API as the process that serves it creates it."""
    return create_app(
        DeskSettings.of(),
        title="Desk",
        description="Approvals that services ask for, the files of their records, and messages"
        " to the outside.",
        routers=[
            *(*APPROVALS, *APPROVAL_SETTINGS, flows),
            *(*FILE_SETTINGS, *FILES),
            *(*TEMPLATES, *BANS, *MESSAGES),
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
