"""The HTTP API of files."""

from desk.files.routes.archives import archive_router
from desk.files.routes.contents import content_router
from desk.files.routes.uploads import audit, router

ROUTERS = (router, audit, content_router, archive_router)
