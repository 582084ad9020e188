"""Decodes text files: as declared, or in the encoding that is recognized.

In this order: the declared encoding, a byte order mark, valid UTF-8, and then what the detector
finds, weighed with the tenant's languages. What remains doubtful is refused: a wrong guess would be
stored as garbage that nobody notices.
"""

import codecs
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from charset_normalizer import from_bytes

from chassis.files.formats.code_pages import (
    CODECS,
    ENCODING_NAMES,
    Encoding,
    encoding_name,
    encodings_of,
)
from chassis.files.formats.familiarity import familiarity
from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.plausibility import (
    MAX_ODDNESS,
    OTHER_SCRIPTS,
    SINGLE_BYTE,
    east_asian_letters,
    everyday_ideographs,
    non_ascii_cells,
    oddness,
)
from chassis.files.formats.western_text import is_western_text

_UNICODE = (Encoding.UTF_8, Encoding.UTF_16)
# Only where declared, or where the tenant has the language: their bytes could be many others.
_NEVER_GUESSED = (
    Encoding.WINDOWS_1253,
    Encoding.WINDOWS_1254,
    Encoding.WINDOWS_1255,
    Encoding.WINDOWS_874,
    Encoding.MAC_ROMAN,
)
# Those of Latin letters, any of which a text may be in that does not read as Western.
_LATIN = (
    Encoding.WINDOWS_1252,
    Encoding.WINDOWS_1250,
    Encoding.ISO_8859_2,
    Encoding.WINDOWS_1254,
    Encoding.MAC_ROMAN,
)
_AS_WESTERN: Final = ("cp1252", "replace")
ENCODING_DOUBTFUL = "FILE_ENCODING_DOUBTFUL"
_UTF_8_LINES = 0.66  # a short line of another encoding may be valid UTF-8 by chance
_NATIVE_FAMILIAR = 0.5  # from this share on, a text is in one of the tenant's encodings
_FAMILIAR = 0.6  # from this share of common letters on, a text may be in another encoding
_MAX_CHAOS = 0.2  # of the detector, 0 to 1: above it, a text is not in this encoding
_MAX_NATIVE_CHAOS = 0.05  # up to it, an encoding of the tenant's languages is taken at once
_SAMPLE_BYTES = 20_000


@dataclass(frozen=True)
class DecodedText:
    """The text of a file, and the encoding it was in; undecodable bytes are lone surrogates."""

    text: str
    encoding: Encoding


def decode_text(
    content: bytes, declared: Encoding | None = None, languages: Sequence[str] = ()
) -> DecodedText:
    """Decode a file; `languages` are those of the tenant (BCP 47), the preferred first.

    Undecodable bytes of some rows become lone surrogates, see `rows.is_text`.

    Raises UnreadableFile (FILE_ENCODING_WRONG, FILE_ENCODING_DOUBTFUL).
    """
    if declared is not None:
        return _decoded_as_declared(content, declared)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return DecodedText(content.decode("utf-16", "replace"), Encoding.UTF_16)
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" in content or _is_mostly_valid(content, Encoding.UTF_8, _UTF_8_LINES):
        return DecodedText(content.decode("utf-8", "surrogateescape"), Encoding.UTF_8)
    candidates = candidate_encodings(content, languages)
    texts: dict[str, Encoding] = {}
    for one in candidates:
        text = _strictly(content, one)
        if text is not None:
            texts.setdefault(text, one)
    if len(texts) != 1 or not _is_believed(next(iter(texts.values())), content, languages):
        names = [encoding_name(one) for one in texts.values()] or ENCODING_NAMES
        raise UnreadableFile([Finding(ENCODING_DOUBTFUL, params={"encodings": names})])
    [(only, encoding)] = texts.items()
    return DecodedText(only, encoding)


def first_lines_by_encoding(
    content: bytes, languages: Sequence[str], maximum: int = 5
) -> dict[Encoding, list[str]]:
    """Return the first lines that are not ASCII in each encoding that they may be in.

    Of encodings that decode them alike, the first one counts.
    """
    lines = [line.rstrip(b"\r") for line in content.split(b"\n") if not line.isascii()][:maximum]
    decoded: dict[tuple[str, ...], Encoding] = {}
    for one in candidate_encodings(content, languages):
        texts = tuple(line.decode(CODECS[one][1], "replace") for line in lines)
        decoded.setdefault(texts, one)
    return {one: list(texts) for texts, one in decoded.items()}


def candidate_encodings(content: bytes, languages: Sequence[str]) -> list[Encoding]:
    """Return the encodings that the content may be in; only one if it is likely enough."""
    sample = b"\n".join(non_ascii_cells(content, _SAMPLE_BYTES))
    if not sample:
        return [Encoding.UTF_8]
    native = list(dict.fromkeys(encodings_of(languages)))
    if is_western_text(sample.decode(*_AS_WESTERN)):
        return _likely_encodings(sample, native)
    others = [one for one in native if one is not Encoding.WINDOWS_1252]
    likely = _likely_encodings(sample, others if any(map(_is_single_byte, others)) else native)
    if likely and (likely[0] in others or not any(one in _LATIN for one in likely)):
        return likely
    readable = [one for one in _LATIN if _strictly(sample, one) is not None]
    return list(dict.fromkeys([*likely, *readable, *_other_scripts(sample)]))


def _likely_encodings(sample: bytes, native: Sequence[Encoding]) -> list[Encoding]:
    guessed = [one for one in CODECS if one not in (*_UNICODE, *_NEVER_GUESSED)]
    legacy = list(dict.fromkeys([*native, *guessed]))
    found = {one: oddness(sample, CODECS[one][1]) for one in legacy}
    odd = {one: share for one, share in found.items() if share is not None}
    chaos, familiar = _chaos(sample, list(odd)), _familiarity(sample, odd)
    for one in native:
        limit = _MAX_CHAOS if _is_single_byte(one) else _MAX_NATIVE_CHAOS
        is_likely = chaos.get(one, 1.0) <= limit or familiar.get(one, 0.0) >= _NATIVE_FAMILIAR
        if odd.get(one, 1.0) <= MAX_ODDNESS and is_likely:
            if _is_single_byte(one):
                same_kind = [each for each in odd if _is_single_byte(each) and each in native]
                return [*_least_odd(same_kind, odd), *_rivals(one, familiar)]
            others = _other_scripts(sample) if _is_unusual(sample, one) else []
            return [one, *_rivals(one, familiar), *others]
    rest = [
        one
        for one in odd
        if chaos.get(one, 1.0) <= _MAX_CHAOS or familiar.get(one, 0.0) >= _FAMILIAR
    ]
    return _least_odd(rest, odd) if all(map(_is_single_byte, rest)) else rest


def _familiarity(sample: bytes, encodings: Iterable[Encoding]) -> dict[Encoding, float]:
    """Return how familiar the text is in each of the East Asian encodings among these."""
    codecs = {one: CODECS[one][1] for one in encodings if not _is_single_byte(one)}
    return {
        one: familiarity(east_asian_letters(sample, codec), codec) for one, codec in codecs.items()
    }


def _rivals(native: Encoding, familiar: Mapping[Encoding, float]) -> list[Encoding]:
    """Return the encodings in which the text is familiar, and not less than in the native one."""
    least = max(_FAMILIAR, familiar.get(native, 0.0))
    return [one for one, share in familiar.items() if share >= least and one is not native]


def _is_unusual(sample: bytes, encoding: Encoding) -> bool:
    """Whether most ideographs of a Chinese text are not everyday ones, as in no Chinese file."""
    letters = east_asian_letters(sample, CODECS[encoding][1])
    return encoding is Encoding.GB18030 and 2 * everyday_ideographs(letters) < len(letters)


def _other_scripts(sample: bytes) -> list[Encoding]:
    """Return the encodings of Cyrillic, Greek, Hebrew and Thai in which the text is plausible."""
    encodings = [one for one, (_, codec) in CODECS.items() if codec in OTHER_SCRIPTS]
    return [one for one in encodings if oddness(sample, CODECS[one][1]) is not None]


def _is_believed(encoding: Encoding, content: bytes, languages: Sequence[str]) -> bool:
    """Whether the only encoding found is one of the tenant's languages, or reads as Western.

    Bytes of one encoding often make words in another: Greek reads as Cyrillic, German of DOS as
    Japanese.
    """
    if encoding is Encoding.WINDOWS_1252:
        sample = b"\n".join(non_ascii_cells(content, _SAMPLE_BYTES))
        return is_western_text(sample.decode(*_AS_WESTERN))
    primary = {language.casefold().partition("-")[0] for language in languages}
    known = {*encodings_of(languages), *([Encoding.BIG5] if "zh" in primary else [])}
    return encoding in known or encoding in _UNICODE


def _is_single_byte(encoding: Encoding) -> bool:
    return CODECS[encoding][1] in SINGLE_BYTE


def _least_odd(encodings: Sequence[Encoding], odd: Mapping[Encoding, float]) -> list[Encoding]:
    """Those in which the fewest characters are odd."""
    least = min((odd[one] for one in encodings), default=0.0)
    return [one for one in encodings if odd[one] == least]


def _chaos(sample: bytes, encodings: Sequence[Encoding]) -> dict[Encoding, float]:
    """How disordered the detector finds the text in each encoding, from 0 to 1."""
    if not encodings:
        return {}
    by_codec = {CODECS[one][1]: one for one in encodings}
    matches = from_bytes(
        sample, cp_isolation=list(by_codec), threshold=1.0, enable_fallback=False, steps=10
    )
    return {
        by_codec[name]: match.chaos
        for match in matches
        for name in match.could_be_from_charset
        if name in by_codec
    }


def _decoded_as_declared(content: bytes, declared: Encoding) -> DecodedText:
    """Decode as declared; bytes that are wrong in a few rows refuse these rows only."""
    codec = "utf-8-sig" if declared is Encoding.UTF_8 else CODECS[declared][1]
    if not _is_mostly_valid(content, declared):
        params = {"declared": encoding_name(declared), "encodings": ENCODING_NAMES}
        raise UnreadableFile([Finding("FILE_ENCODING_WRONG", params=params)])
    errors = "replace" if declared is Encoding.UTF_16 else "surrogateescape"
    return DecodedText(content.decode(codec, errors), declared)


def _is_mostly_valid(content: bytes, encoding: Encoding, least: float = 0.5) -> bool:
    """Judge by the lines that are not ASCII: a few broken ones do not make it another encoding."""
    if encoding is Encoding.UTF_16 or _strictly(content, encoding) is not None:
        return True
    lines = [line for line in content.split(b"\n") if not line.isascii()]
    return sum(_strictly(line, encoding) is not None for line in lines) >= least * len(lines)


def _strictly(content: bytes, encoding: Encoding) -> str | None:
    """The text, if all bytes are valid; a legacy encoding has no private-use characters."""
    try:
        text = content.decode(CODECS[encoding][1])
    except UnicodeDecodeError:
        return None
    if encoding not in _UNICODE and any("\ue000" <= one <= "\uf8ff" for one in text):
        return None
    return text
