"""The names of access keys in audit entries."""

import re
from uuid import UUID

import pytest

from chassis.foundation.context import Context, use_context
from chassis.records.access_keys.key_actors import (
    ISSUER_PATTERN,
    access_key_actor,
    shown_actor_name,
)

KEY_ID = UUID("01990000-0000-7000-8000-00000000000a")


@pytest.mark.parametrize("issuer", ["li.na", "urn:idp:li", "", "system:timer"])
def test_the_issuer_is_found_in_the_actor(issuer: str) -> None:
    actor = access_key_actor(KEY_ID, issued_by=issuer or None)
    assert actor == f"access-key:{KEY_ID}:{issuer}"
    assert re.findall(ISSUER_PATTERN, actor) == [issuer]


@pytest.mark.parametrize(
    ("actor", "name", "zh", "en"),
    [
        (None, None, None, None),
        ("li.na", None, None, None),
        ("li.na", "李娜", "李娜", "李娜"),
        (f"access-key:{KEY_ID}:li.na", "李娜", "链接（由李娜签发）", "Link issued by 李娜"),
        (f"access-key:{KEY_ID}:", None, "链接", "Link"),
    ],
)
def test_an_actor_is_named_in_the_language_of_the_request(
    actor: str | None, name: str | None, zh: str | None, en: str | None
) -> None:
    for language, shown in (("zh-CN", zh), ("en", en)):
        with use_context(Context(language=language)):
            assert shown_actor_name(actor, name) == shown
