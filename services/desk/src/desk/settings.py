"""Settings of desk: where bytes of files lie, who scans them, and who carries messages."""

from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr

from chassis.foundation.settings import Settings

DEVELOPMENT_FOLDER = ".local/files"


class DeskSettings(Settings):
    """`DESK_STORE_URL` is `file:///a/folder` or `s3://bucket/prefix`; in production it is needed.

    S3, OSS and MinIO take `DESK_S3_ENDPOINT` (without it Amazon's), `DESK_S3_REGION`,
    `DESK_S3_ACCESS_KEY_ID` and `DESK_S3_SECRET_ACCESS_KEY`; OSS needs
    `DESK_S3_VIRTUAL_HOSTED=true`, where the bucket is a part of the host's name.
    `DESK_CLAMD` is the address of a ClamAV daemon, `host:port` or the path of its socket: with it a
    file is served only after its scan.
    `DESK_SMTP_URL` is the mail server, `smtp://user:password@host:587` or `smtps://host`, and
    `DESK_MAIL_FROM` the sender, `示例科技 <no-reply@example.com>`. `DESK_SMS` is `record:<file>`
    for development. A channel without a transport fails what is sent over it, visibly.
    `DESK_APPROVAL_PAGE` is the page of the front end that opens a mailed approval; the key of the
    link is put behind it. Without it the link leads to desk's API under `L2C_DESK_URL`.
    `DESK_MESSAGES_PER_MINUTE` limits a tenant's messages of a channel, and
    `DESK_MESSAGES_PER_RECIPIENT_DAY` those to one address.
    """

    store_url: str = ""
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key_id: str = ""
    s3_secret_access_key: SecretStr = SecretStr("")
    s3_virtual_hosted: bool = False
    clamd: str = ""
    smtp_url: SecretStr = SecretStr("")
    mail_from: str = ""
    sms: str = ""
    messages_per_minute: Annotated[int, Field(ge=1)] = 60
    approval_page: str = ""
    messages_per_recipient_day: Annotated[int, Field(ge=1)] = 20

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
        url = settings.smtp_url.get_secret_value()
        if url and not (url.startswith(("smtp://", "smtps://")) and "@" in settings.mail_from):
            raise ValueError(
                "DESK_SMTP_URL must begin with smtp:// or smtps://, and needs DESK_MAIL_FROM."
            )
        page = settings.approval_page
        if page and not page.startswith(("https://", "http://")):
            raise ValueError("DESK_APPROVAL_PAGE must begin with https:// or http://.")
        return settings

    @property
    def link_page(self) -> str:
        """What the key of a mailed approval is put behind; empty if no address is known."""
        own = f"{self.desk_url}/desk/v1/approval-links/" if self.desk_url else ""
        return self.approval_page or own

    @property
    def place(self) -> str:
        """The URL of the store, in development a folder of the checkout."""
        return self.store_url or Path(DEVELOPMENT_FOLDER).absolute().as_uri()


@cache
def desk_settings() -> DeskSettings:
    """Return the settings of this process; they are read once."""
    return DeskSettings.of()
