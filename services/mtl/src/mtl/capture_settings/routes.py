"""The HTTP API of capture settings."""

from chassis.foundation.clock import Now
from chassis.web.auth import allow
from chassis.web.commands import ChangeCommand
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.capture_settings import actions
from mtl.capture_settings.schemas import CaptureSettingsEdit, CaptureSettingsOut
from mtl.capture_settings.store import settings_of_captures

router = new_router("/capture-settings", tag="captures")


@router.get(
    "",
    dependencies=[allow("mtl.capture_setting.read")],
    summary="Read how long captures are kept",
)
async def capture_settings_get(tx: Tx, now: Now) -> CaptureSettingsOut:
    return CaptureSettingsOut.model_validate(await settings_of_captures(tx, now))


@router.patch(
    "",
    dependencies=[allow("mtl.capture_setting.write")],
    summary="Change how long captures are kept",
)
async def capture_settings_edit(
    body: MergePatch[CaptureSettingsEdit], command: ChangeCommand
) -> CaptureSettingsOut:
    """Change it for all captures, also those that are stored: what is erased does not come back."""
    saved = await actions.edit_settings(command, body.applied)
    return CaptureSettingsOut.model_validate(saved)


ROUTERS = (router,)
