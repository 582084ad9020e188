"""Composition root of the API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.foundation.settings import Settings
from chassis.records.access.along import declare_along
from l2o.accounts.routes import ROUTERS as ACCOUNT_ROUTERS
from l2o.accounts.store import ACCOUNTS
from l2o.activities.routes import ROUTERS as ACTIVITY_ROUTERS
from l2o.collisions.routes import ROUTERS as COLLISION_ROUTERS
from l2o.contacts.routes import ROUTERS as CONTACT_ROUTERS
from l2o.conversions.routes import ROUTERS as CONVERSION_ROUTERS
from l2o.grades.routes import ROUTERS as GRADE_ROUTERS
from l2o.opportunities.actions.transfers import go_along_with_account
from l2o.opportunities.routes import ROUTERS as OPPORTUNITY_ROUTERS
from l2o.profiles.routes import ROUTERS as PROFILE_ROUTERS
from l2o.rfm_scores.routes import ROUTERS as RFM_ROUTERS
from l2o.texts import TEXTS
from l2o.timelines.routes import ROUTERS as TIMELINE_ROUTERS
from l2o.worker import WORKER


def create() -> FastAPI:
    """Create the application; reads the settings from the environment."""
    declare_along(ACCOUNTS.resource, go_along_with_account)
    return create_app(
        Settings.of("l2o"),
        title="L2O — leads to opportunity",
        description="Accounts, contacts and opportunities, from converted leads to won orders.",
        routers=[
            *ACCOUNT_ROUTERS,
            *COLLISION_ROUTERS,
            *CONTACT_ROUTERS,
            *OPPORTUNITY_ROUTERS,
            *ACTIVITY_ROUTERS,
            *CONVERSION_ROUTERS,
            *GRADE_ROUTERS,
            *PROFILE_ROUTERS,
            *RFM_ROUTERS,
            *TIMELINE_ROUTERS,
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
