"""The routes of requests and of the tasks to decide them."""

from typing import Final

from desk.approvals.routes.links import router as links
from desk.approvals.routes.requests import AUDIT, FILES
from desk.approvals.routes.requests import router as requests
from desk.approvals.routes.tasks import router as tasks
from desk.approvals.routes.trials import explanations, trials

ROUTERS: Final = (tasks, requests, explanations, FILES, AUDIT, trials, links)
