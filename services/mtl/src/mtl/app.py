"""Composition root of the API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from mtl.assignments.routes import ROUTERS as ASSIGNMENT_ROUTERS
from mtl.bulk_changes.routes import ROUTERS as BULK_ROUTERS
from mtl.capture_settings.routes import ROUTERS as CAPTURE_SETTING_ROUTERS
from mtl.captures.routes import ROUTERS as CAPTURE_ROUTERS
from mtl.channels.routes import ROUTERS as CHANNEL_ROUTERS
from mtl.claims.routes import ROUTERS as CLAIM_ROUTERS
from mtl.conversions.routes import ROUTERS as CONVERSION_ROUTERS
from mtl.duplicates.routes import ROUTERS as DUPLICATE_ROUTERS
from mtl.followups.routes import ROUTERS as FOLLOW_UP_ROUTERS
from mtl.lead_consents.routes import ROUTERS as CONSENT_ROUTERS
from mtl.lead_pages.routes import ROUTERS as LEAD_PAGE_ROUTERS
from mtl.leads.routes import ROUTERS as LEAD_ROUTERS
from mtl.merges.routes import ROUTERS as MERGE_ROUTERS
from mtl.merges.routes import following_merges
from mtl.metrics.routes import ROUTERS as METRIC_ROUTERS
from mtl.pools.routes import ROUTERS as POOL_ROUTERS
from mtl.quotas.routes import ROUTERS as QUOTA_ROUTERS
from mtl.recyclings.routes import ROUTERS as RECYCLING_ROUTERS
from mtl.scores.routes import ROUTERS as SCORING_ROUTERS
from mtl.settings import MtlSettings
from mtl.texts import TEXTS
from mtl.timelines.routes import ROUTERS as TIMELINE_ROUTERS
from mtl.touches.routes import ROUTERS as TOUCH_ROUTERS
from mtl.trainings.routes import ROUTERS as TRAINING_ROUTERS
from mtl.worker import WORKER


def create() -> FastAPI:
    """Create the application; reads the settings from the environment."""
    return create_app(
        MtlSettings.of(),
        title="Market to Lead",
        description="Leads from first contact to conversion, and their import from files.",
        routers=[
            *CAPTURE_ROUTERS,
            *CAPTURE_SETTING_ROUTERS,
            *following_merges(
                [
                    *CLAIM_ROUTERS,
                    *POOL_ROUTERS,
                    *QUOTA_ROUTERS,
                    *ASSIGNMENT_ROUTERS,
                    *CONVERSION_ROUTERS,
                    *CHANNEL_ROUTERS,
                    *CONSENT_ROUTERS,
                    *DUPLICATE_ROUTERS,
                    *TOUCH_ROUTERS,
                    *TIMELINE_ROUTERS,
                    *LEAD_PAGE_ROUTERS,
                    *LEAD_ROUTERS,
                    *MERGE_ROUTERS,
                    *FOLLOW_UP_ROUTERS,
                    *METRIC_ROUTERS,
                    *RECYCLING_ROUTERS,
                    *SCORING_ROUTERS,
                    *TRAINING_ROUTERS,
                    *BULK_ROUTERS,
                ]
            ),
        ],
        texts=TEXTS,
        replicas=WORKER.replicas,
    )
