"""The databases, connections and applications that a test process keeps."""

from contextlib import AsyncExitStack
from importlib import import_module

import pytest
from fastapi import FastAPI

from chassis.database.engine import Database
from testkit import databases, tokens
from testkit.databases import ServiceDatabase


class Ground:
    """The databases, connections and apps that a test process keeps, by service.

    A fixture of session scope would exist for the first service only.
    """

    def __init__(self, worker_id: str, stack: AsyncExitStack) -> None:
        self._worker_id = worker_id
        self._stack = stack
        self._urls: dict[str, ServiceDatabase] = {}
        self._databases: dict[str, Database] = {}
        self._apps: dict[str, FastAPI] = {}

    async def urls(self, service: str) -> ServiceDatabase:
        """The service's database, migrated."""
        if service not in self._urls:
            self._urls[service] = await databases.create_database(service, self._worker_id)
            self._stack.push_async_callback(databases.drop, self._urls[service])
        return self._urls[service]

    async def database(self, service: str, role: str) -> Database:
        """The service's database through its `app` or `worker` role."""
        name = f"{service}_{role}"
        if name not in self._databases:
            urls = await self.urls(service)
            url = urls.app_url if role == "app" else urls.worker_url
            self._databases[name] = Database(url, name=f"test-{role}")
            self._stack.push_async_callback(self._databases[name].dispose)
        return self._databases[name]

    async def app(self, service: str, variant: str) -> FastAPI:
        """The service's real application, trusting the tests' tokens; its settings are read now.

        Its database is the one of this process, also while others stand in the environment. An
        application with other settings is another `variant`.
        """
        key = f"{service} {variant}"
        if key not in self._apps:
            created = await self._created(service)
            created.state.verifier = tokens.verifier()
            created.state.admission.max_age = (
                0  # a test changes its tenant and sends a request at once
            )
            await self._stack.enter_async_context(created.router.lifespan_context(created))
            created.state.operation_waiter.budget = (
                0  # it cannot see rows of the shared transaction
            )
            self._apps[key] = created
        return self._apps[key]

    async def _created(self, service: str) -> FastAPI:
        variables = (await self.urls(service)).variables
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            app: FastAPI = import_module(f"{service}.app").create()
        return app
