"""Composition root of the API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from mtl.duplicates.routes import ROUTERS as DUPLICATE_ROUTERS
from mtl.followups.routes import ROUTERS as FOLLOW_UP_ROUTERS
from mtl.leads.routes import ROUTERS as LEAD_ROUTERS
from mtl.merges.routes import ROUTERS as MERGE_ROUTERS
from mtl.merges.routes import following_merges
from mtl.metrics.routes import ROUTERS as METRIC_ROUTERS
from mtl.scores.routes import ROUTERS as SCORING_ROUTERS
from mtl.settings import MtlSettings
from mtl.texts import TEXTS
from mtl.timelines.routes import ROUTERS as TIMELINE_ROUTERS
from mtl.touches.routes import ROUTERS as TOUCH_ROUTERS
from mtl.worker import WORKER


def create() -> FastAPI:
    """Create the application; reads the settings from the environment."""
    return create_app(
        MtlSettings.of(),
        title="Market to Lead",
        description="Leads from first contact to conversion, and their import from files.",
        routers=following_merges(
            [
                *DUPLICATE_ROUTERS,
                *TOUCH_ROUTERS,
                *TIMELINE_ROUTERS,
                *LEAD_ROUTERS,
                *MERGE_ROUTERS,
                *FOLLOW_UP_ROUTERS,
                *METRIC_ROUTERS,
                *SCORING_ROUTERS,
            ]
        ),
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
