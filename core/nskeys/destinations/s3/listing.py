"""Listing a prefix without obstore, for names that obstore cannot list.

obstore refuses a whole page of names for one that it cannot parse (an empty part, a dot, a control
character), so anybody who may write there could hide every backup. This implements ListObjectsV2 only,
signed with AWS Signature Version 4; names come percent-encoded.
"""

import hashlib
import hmac
import html
import http.client
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote_to_bytes, urlsplit

from nskeys.destinations.s3.login import S3Login

_PAGE_LIMIT = 8 << 20
_MOST_PAGES = 100
_OBJECT = re.compile(r"<Contents>(.*?)</Contents>", re.DOTALL)
_KEY, _SIZE = re.compile(r"<Key>(.*?)</Key>", re.DOTALL), re.compile(r"<Size>(\d{1,15})</Size>")
_NEXT = re.compile(r"<NextContinuationToken>(.*?)</NextContinuationToken>", re.DOTALL)
_ENCODED = "<EncodingType>url</EncodingType>"
_NOTHING = hashlib.sha256(b"").hexdigest()


class NotListed(Exception):
    """The server did not list the prefix, for any reason."""


@dataclass(frozen=True, slots=True)
class Question:
    """The endpoint as a URL, the bucket, and the prefix without slashes at its ends."""

    endpoint: str
    bucket: str
    prefix: str
    region: str


def objects(question: Question, login: S3Login, seconds: float) -> Iterator[tuple[str, int]]:
    """Yield the name below the prefix and the size of each object directly below it. Raises NotListed."""
    until, token = time.monotonic() + seconds, ""
    front = f"{question.prefix}/" if question.prefix else ""
    for _ in range(_MOST_PAGES):
        page = _page(question, login, front, token, until - time.monotonic())
        is_encoded = _ENCODED in page
        for found in _OBJECT.findall(page):
            key, size = _KEY.search(found), _SIZE.search(found)
            if key and size:
                yield _name(key[1], is_encoded=is_encoded).removeprefix(front), int(size[1])
        more = _NEXT.search(page)
        if more is None:
            return
        token = html.unescape(more[1])
    raise NotListed


def _name(text: str, *, is_encoded: bool) -> str:
    plain = html.unescape(text)
    if is_encoded:
        return unquote_to_bytes(plain.replace("+", " ")).decode("utf-8", "surrogateescape")
    return plain


def _page(question: Question, login: S3Login, front: str, token: str, seconds: float) -> str:
    query = {"delimiter": "/", "encoding-type": "url", "list-type": "2", "prefix": front}
    if token:
        query["continuation-token"] = token
    encoded = "&".join(f"{name}={quote(query[name], safe='')}" for name in sorted(query))
    path, host = f"/{question.bucket}", urlsplit(question.endpoint).netloc
    headers = signed(login, question.region, host, path, encoded, datetime.now(UTC))
    connection = _connection(question.endpoint, login.ca_bundle, max(seconds, 0.1))
    try:
        connection.request("GET", f"{path}?{encoded}", headers=headers)
        answer = connection.getresponse()
        data = answer.read(_PAGE_LIMIT + 1)
    except (OSError, http.client.HTTPException):
        raise NotListed from None
    finally:
        connection.close()
    if answer.status != http.client.OK or len(data) > _PAGE_LIMIT:
        raise NotListed
    return data.decode("utf-8", "replace")


def _connection(endpoint: str, ca_bundle: str, seconds: float) -> http.client.HTTPConnection:
    url = urlsplit(endpoint)
    if url.scheme == "http":
        return http.client.HTTPConnection(url.netloc, timeout=seconds)
    try:
        context = ssl.create_default_context()
        if ca_bundle:
            context.load_verify_locations(ca_bundle)
    except OSError:
        raise NotListed from None
    return http.client.HTTPSConnection(url.netloc, timeout=seconds, context=context)


def signed(
    login: S3Login, region: str, host: str, path: str, query: str, moment: datetime
) -> dict[str, str]:
    """Return the headers of a GET without a body. `path` and `query` are as sent, the query sorted."""
    stamp = f"{moment:%Y%m%dT%H%M%SZ}"
    headers = {"host": host, "x-amz-content-sha256": _NOTHING, "x-amz-date": stamp}
    if login.token:
        headers["x-amz-security-token"] = login.token
    names = ";".join(sorted(headers))
    canonical_headers = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = "\n".join(("GET", path, query, canonical_headers, names, _NOTHING))
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    key = f"AWS4{login.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode("utf-8"), "sha256")
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = hmac.new(key, text.encode("utf-8"), "sha256").hexdigest()
    by = f"Credential={login.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {by}"}
