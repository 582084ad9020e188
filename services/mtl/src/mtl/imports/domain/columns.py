"""What the columns of a file mean, and what a row then says about a lead."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mtl.imports.domain.files import is_text
from mtl.imports.domain.findings import Finding, Unreadable
from mtl.leads.domain import IDENTIFYING, MAX_ATTRIBUTE, MAX_ATTRIBUTE_NAME, MAX_ATTRIBUTES

ATTRIBUTES = "attributes"
NOT_CHOSEN = "Select"  # what forms export for a choice that nobody made

# Headers that are understood without being told, in any case of letters.
USUAL = {
    "name": "name",
    "full name": "name",
    "姓名": "name",
    "联系人": "name",
    "company": "company",
    "公司": "company",
    "公司名称": "company",
    "phone": "phone",
    "mobile": "phone",
    "手机": "phone",
    "手机号": "phone",
    "电话": "phone",
    "email": "email",
    "邮箱": "email",
    "电子邮件": "email",
    "external_id": "external_id",
    "lead number": "external_id",
    "线索编号": "external_id",
    "source": "source",
    "lead source": "source",
    "来源": "source",
    "线索来源": "source",
}

# By column: the field of the lead, ATTRIBUTES, or None for what is left out.
Targets = Mapping[str, str | None]


def targets_of(header: Sequence[str], mapping: Mapping[str, str | None] | None) -> Targets:
    """What each column is for: as the caller says, else as usual, else an attribute.

    Raises Unreadable with everything that is wrong with the header.
    """
    said = mapping or {}
    targets: dict[str, str | None] = {name: said[name] for name in header if name in said}
    for name in header:
        usual = USUAL.get(name.casefold(), ATTRIBUTES)
        targets.setdefault(name, ATTRIBUTES if usual in targets.values() else usual)
    findings = [*_names_at_fault(header, said), *_targets_at_fault(targets)]
    if findings:
        raise Unreadable(findings)
    return targets


def column_of(targets: Targets, field: str) -> str | None:
    """The column that gives this field of the lead."""
    return next((name for name, target in targets.items() if target == field), None)


def _names_at_fault(header: Sequence[str], said: Mapping[str, str | None]) -> list[Finding]:
    unnamed = [place for place, name in enumerate(header, start=1) if not name]
    findings = [Finding("COLUMN_UNNAMED", params={"position": place}) for place in unnamed]
    named = Counter(name for name in header if name)
    for name, times in named.items():
        if times > 1:
            findings.append(Finding("COLUMN_DUPLICATE", name))
        if len(name) > MAX_ATTRIBUTE_NAME:
            params = {"maximum": MAX_ATTRIBUTE_NAME}
            findings.append(Finding("COLUMN_NAME_TOO_LONG", name, params))
    return findings + [Finding("COLUMN_MISSING", name) for name in said if name not in named]


def _targets_at_fault(targets: Targets) -> list[Finding]:
    findings = []
    if set(IDENTIFYING).isdisjoint(targets.values()):
        findings.append(Finding("COLUMN_IDENTIFYING_MISSING", params={"fields": list(IDENTIFYING)}))
    if list(targets.values()).count(ATTRIBUTES) > MAX_ATTRIBUTES:
        findings.append(Finding("COLUMNS_TOO_MANY", params={"maximum": MAX_ATTRIBUTES}))
    return findings


def cells_at_fault(header: Sequence[str], cells: Sequence[str] | None) -> list[Finding]:
    """Why a row cannot be read; empty when it can."""
    if cells is None:
        return [Finding("ROW_MALFORMED")]
    if len(cells) != len(header):
        return [Finding("ROW_CELLS", params={"expected": len(header), "actual": len(cells)})]
    return [
        Finding("TEXT_INVALID", name)
        for name, cell in zip(header, cells, strict=True)
        if not is_text(cell)
    ]


def read_row(
    header: Sequence[str], targets: Targets, cells: Sequence[str]
) -> tuple[dict[str, Any], list[Finding]]:
    """A row as the body of a lead, and warnings about what had to be left out of it."""
    body: dict[str, Any] = {}
    attributes: dict[str, str] = {}
    warnings: list[Finding] = []
    for name, cell in zip(header, cells, strict=True):
        target, value = targets[name], cell.strip()
        if target is None or not value or (target not in IDENTIFYING and value == NOT_CHOSEN):
            continue
        if target != ATTRIBUTES:
            body[target] = value
        elif len(value) > MAX_ATTRIBUTE:
            warnings.append(Finding("ATTRIBUTE_LEFT_OUT", name, {"maximum": MAX_ATTRIBUTE}))
        else:
            attributes[name] = value
    return body | {ATTRIBUTES: attributes}, warnings
