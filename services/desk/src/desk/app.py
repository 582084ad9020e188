"""The composition root of DESK's API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from desk.file_settings.routes import ROUTERS as FILE_SETTING_ROUTERS
from desk.files.routes import ROUTERS as FILE_ROUTERS
from desk.message_bans.routes import ROUTERS as BAN_ROUTERS
from desk.message_templates.routes import ROUTERS as TEMPLATE_ROUTERS
from desk.messages.routes import ROUTERS as MESSAGE_ROUTERS
from desk.settings import DeskSettings
from desk.texts import TEXTS
from desk.worker import WORKER


def create() -> FastAPI:
    """The API as the process that serves it creates it."""
    return create_app(
        DeskSettings.of(),
        title="DESK",
        description="Files that records of all services have, and messages to the outside.",
        routers=[
            *FILE_SETTING_ROUTERS,
            *FILE_ROUTERS,
            *TEMPLATE_ROUTERS,
            *BAN_ROUTERS,
            *MESSAGE_ROUTERS,
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
