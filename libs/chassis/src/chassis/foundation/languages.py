"""The languages of texts for people, and which of them a request or a tenant prefers."""

from collections.abc import Sequence

LANGUAGES = ("zh-CN", "en")
_BY_PRIMARY = {"zh": "zh-CN", "en": "en"}


def preferred_language(accept: str | None) -> str | None:
    """Return the preferred supported language of Accept-Language (RFC 9110), if there is one."""
    ranked: list[tuple[float, int, str]] = []
    for position, part in enumerate((accept or "").split(",")[:20]):
        tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
        primary = tag.split("-")[0]
        quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            weight = 0.0
        language = {**_BY_PRIMARY, "*": "zh-CN"}.get(primary)
        if language and weight > 0:
            ranked.append((-weight, position, language))
    return min(ranked)[2] if ranked else None


def first_supported(languages: Sequence[str]) -> str | None:
    """Return the first of a tenant's languages that texts exist in, if there is one."""
    found = (_BY_PRIMARY.get(language.partition("-")[0]) for language in languages)
    return next((language for language in found if language is not None), None)
