"""A scanned contract is filed with a quote and fetched again, by the calls of a front-end."""

import base64
import hashlib
from typing import Final

from deploy.demo.client import Json, Person, UnexpectedAnswer

NAME: Final = "合同扫描件.pdf"


def scan_of(title: str) -> bytes:
    """Return a PDF of one page with a title, as a scanner would make one."""
    text = f"BT /F1 24 Tf 72 720 Td ({title}) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    content, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return content + head + trailer % (size, len(content))


async def file_scan(person: Person, record: str, content: bytes, *, name: str = NAME) -> Json:
    """Upload a file in parts and attach it to a record such as `/cpq/v1/quotes/{id}`."""
    body = {"file_name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    file = await person.post("/desk/v1/files", body)
    path, size = f"/desk/v1/files/{file['id']}", file["part_size"]
    for number in range(file["part_count"]):
        part = content[number * size : (number + 1) * size]
        await person.call("PUT", f"{path}/parts/{number + 1}", content=part, digest=_digest(part))
    file = await person.post(f"{path}/complete", seen=file)
    return await person.post(f"{record}/files", {"ticket": file["ticket"]})


async def fetch_scan(person: Person, record: str, attachment: Json) -> bytes:
    """Fetch a file of a record by a link, without a token. Raises UnexpectedAnswer."""
    link = await person.post(f"{record}/files/{attachment['id']}/link")
    answer = await person.http.get(person.urls["desk"] + link["url"])
    if answer.status_code != 200:
        raise UnexpectedAnswer(f"GET {link['url']}: {answer.status_code} {answer.text}")
    return answer.content


async def contract_scan(seller: Person, quote: Json) -> Json:
    """File a scan with a quote, unless it has one; fetch it; say whether it is the same."""
    record, content = f"/cpq/v1/quotes/{quote['id']}", scan_of(quote["document_no"])
    files = (await seller.get(f"{record}/files"))["items"]
    filed = files[0] if files else await file_scan(seller, record, content)
    fetched = await fetch_scan(seller, record, filed)
    return {
        "quote": quote["document_no"],
        "file_name": filed["file_name"],
        "media_type": filed["media_type"],
        "bytes": len(fetched),
        "fetched_as_filed": fetched == content,
    }


def _digest(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
