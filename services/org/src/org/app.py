"""Org's API: the directory, and the development token issuer where it is switched on."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.auth import StaticKeySet, Verifier
from org.callers.routes import router as callers
from org.clients.routes import router as clients
from org.people.routes import router as people
from org.settings import OrgSettings
from org.tenants.routes import router as tenants
from org.texts import TEXTS
from org.tokens import routes as tokens
from org.tokens.actions.issue import Issuer
from org.tokens.actions.keys import load_keys


def create() -> FastAPI:
    """The application. Raises ValueError: an issuer in production, or without a good key."""
    settings = OrgSettings.of()
    app = create_app(
        settings,
        title="Org",
        description="Who there is: tenants with their settings, people, service clients.",
        routers=[callers, tenants, people, clients],
        texts=TEXTS,
    )
    if settings.dev_issuer:
        keys = load_keys(settings.signing_key_file, settings.retired_key_files)
        tokens.install(app, Issuer(settings.issuer, settings.audience, keys))
        # Its own tokens it verifies without asking itself over HTTP.
        own = StaticKeySet(keys.jwks())
        app.state.verifier = Verifier(own, issuer=settings.issuer, audience=settings.audience)
    return app
