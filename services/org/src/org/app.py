"""Org's API: the directory, and the development token issuer where it is switched on."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.files.imports.routes import import_router
from chassis.web.auth import StaticKeySet, Verifier
from org.calendars.routes import router as calendars
from org.callers.routes import router as callers
from org.clients.routes import ROUTERS as CLIENTS
from org.departments.routes import ROUTERS as DEPARTMENTS
from org.imports.timers import IMPORTS
from org.notifications.routes import router as notifications
from org.operators.routes import router as operators
from org.passwords import routes as passwords
from org.people.routes import ROUTERS as PEOPLE
from org.references.routes import router as references
from org.reminders.routes import router as reminders
from org.roles.routes import ROUTERS as ROLES
from org.settings import OrgSettings
from org.tasks.routes import router as tasks
from org.teams.routes import ROUTERS as TEAMS
from org.tenant_tasks.routes import router as tenant_tasks
from org.tenants.routes import router as tenants
from org.texts import TEXTS
from org.tokens import routes as tokens
from org.tokens.actions.issue import Issuer
from org.tokens.actions.keys import load_keys

# Who there is, and who may do what.
OPERATION = (operators, tenant_tasks)
DIRECTORY = (callers, tenants, *DEPARTMENTS, *PEOPLE, *TEAMS, *ROLES, *CLIENTS)
# What makes up a person's day.
DAY = (notifications, tasks, reminders)


def create() -> FastAPI:
    """The application. Raises ValueError: an issuer in production, or without a good key."""
    settings = OrgSettings.of()
    app = create_app(
        settings,
        title="Org",
        description="Who there is: tenants, departments, people, roles, teams, service clients.",
        routers=[
            *DIRECTORY,
            *OPERATION,
            import_router(IMPORTS),
            calendars,
            references,
            *DAY,
        ],
        texts=TEXTS,
    )
    if settings.dev_issuer:
        keys = load_keys(settings.signing_key_file, settings.retired_key_files)
        tokens.install(app, Issuer(settings.issuer, settings.audience, keys))
        passwords.install(app)
        # Its own tokens it verifies without asking itself over HTTP.
        own = StaticKeySet(keys.jwks())
        app.state.verifier = Verifier(own, issuer=settings.issuer, audience=settings.audience)
    return app
