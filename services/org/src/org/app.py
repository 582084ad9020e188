"""The API of org: the directory, and the development token issuer where it is switched on."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.tenancy.tenant_admission import TenantAdmission
from chassis.web.auth import StaticKeySet, Verifier
from org.calendars.routes import router as calendars
from org.callers.routes import router as callers
from org.clients.routes import ROUTERS as CLIENTS
from org.departments.routes import ROUTERS as DEPARTMENTS
from org.notifications.routes import router as notifications
from org.operators.routes import router as operators
from org.passwords import routes as passwords
from org.people.routes import ROUTERS as PEOPLE
from org.principals.views import find_standing
from org.references.routes import router as references
from org.reminders.routes import router as reminders
from org.roles.routes import ROUTERS as ROLES
from org.sessions import routes as sessions
from org.settings import OrgSettings
from org.tasks.routes import router as tasks
from org.teams.routes import ROUTERS as TEAMS
from org.tenant_tasks.routes import router as tenant_tasks
from org.tenants.routes import router as tenants
from org.texts import TEXTS
from org.tokens import routes as tokens
from org.tokens.actions.issue import Issuer
from org.tokens.actions.keys import load_keys
from org.worker import WORKER
from org.working_hours.routes import ROUTERS as WORKING_HOURS

OPERATOR_ROUTERS = (operators, tenant_tasks)
DIRECTORY_ROUTERS = (callers, tenants, *DEPARTMENTS, *PEOPLE, *TEAMS, *ROLES, *CLIENTS)
# What each person sees only of their own.
PERSONAL_ROUTERS = (notifications, tasks, reminders)


def create() -> FastAPI:
    """Build the application from the environment.

    Raises ValueError for a development issuer in production or without a usable key.
    """
    settings = OrgSettings.of()
    app = create_app(
        settings,
        title="Org",
        description="The directory: tenants, departments, people, roles, teams, service clients.",
        routers=[
            *DIRECTORY_ROUTERS,
            *OPERATOR_ROUTERS,
            calendars,
            *WORKING_HOURS,
            references,
            *PERSONAL_ROUTERS,
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
    # Rights are checked where they are changed: a revoked token is refused at once here.
    app.state.admission = TenantAdmission(find_standing, fresh_writes=True)
    if settings.dev_issuer:
        keys = load_keys(settings.signing_key_file, settings.retired_key_files)
        tokens.install_issuer(app, Issuer(settings.issuer, settings.audience, keys))
        passwords.install_passwords(app)
        sessions.install_sessions(app)
        # The app verifies its own tokens with its own keys instead of fetching them over HTTP.
        own_keys = StaticKeySet(keys.jwks())
        app.state.verifier = Verifier(own_keys, issuer=settings.issuer, audience=settings.audience)
    return app
