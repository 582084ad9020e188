from collections.abc import Iterator
from pathlib import Path

import pytest

from services.org.tests import factories


@pytest.fixture(scope="session")
def service() -> str:
    return "org"


@pytest.fixture(scope="session")
def environment(environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """As for every service, and the token issuer switched on."""
    key: Path = factories.write_key(tmp_path_factory.mktemp("keys") / "signing.pem")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORG_DEV_ISSUER", "true")
        patch.setenv("ORG_SIGNING_KEY_FILE", str(key))
        patch.setenv("OIDC_ISSUER", factories.ISSUER)
        yield
