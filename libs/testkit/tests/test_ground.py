"""The applications that the tests of a process share."""

import pytest

from testkit.ground import Ground


@pytest.mark.usefixtures("environment")
async def test_an_application_uses_the_database_of_its_process(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTKIT_DATABASE_URL", "postgresql+asyncpg://another/database")
    app = await ground.app("testkit", "created beside others")
    assert app.state.database.url == (await ground.urls("testkit")).app_url
