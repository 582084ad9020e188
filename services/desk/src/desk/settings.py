"""Settings of desk: where the bytes of files lie, and who looks for viruses in them."""

from functools import cache
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from chassis.foundation.settings import Settings

DEVELOPMENT_FOLDER = ".local/files"


class DeskSettings(Settings):
    """`DESK_STORE_URL` is `file:///a/folder` or `s3://bucket/prefix`; in production it is needed.

    S3, OSS and MinIO take `DESK_S3_ENDPOINT` (without it Amazon's), `DESK_S3_REGION`,
    `DESK_S3_ACCESS_KEY_ID` and `DESK_S3_SECRET_ACCESS_KEY`; OSS needs
    `DESK_S3_VIRTUAL_HOSTED=true`, where the bucket is a part of the host's name.
    `DESK_CLAMD` is the address of a ClamAV daemon, `host:port` or the path of its socket: with it a
    file is served only after its scan.
    """

    store_url: str = ""
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key_id: str = ""
    s3_secret_access_key: SecretStr = SecretStr("")
    s3_virtual_hosted: bool = False
    clamd: str = ""

    @classmethod
    def of(cls, service: str = "desk") -> Self:
        """Read the settings. Raises ValueError, also without a store in production."""
        settings = super().of(service)
        if settings.in_production and not settings.store_url:
            raise ValueError(
                "DESK_STORE_URL must be set in production: where the bytes of files lie, such as"
                " s3://bucket/prefix or file:///srv/files."
            )
        if settings.store_url and not settings.store_url.startswith(("file:///", "s3://")):
            raise ValueError("DESK_STORE_URL must begin with file:/// or s3://.")
        return settings

    @property
    def place(self) -> str:
        """The URL of the store, in development a folder of the checkout."""
        return self.store_url or Path(DEVELOPMENT_FOLDER).absolute().as_uri()


@cache
def desk_settings() -> DeskSettings:
    """Return the settings of this process; they are read once."""
    return DeskSettings.of()
