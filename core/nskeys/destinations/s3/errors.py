"""Translating a bucket's refusals: from the texts of obstore to tokens.

obstore raises few classes with long texts, which hold the server's error code, or the system's connection
error. Of a refusal with an unknown code the server's own words are passed on (`words_in`), nothing else: a
text may hold a signature too.
"""

import html
import re
from collections.abc import Iterable

from nskeys.reasons import Problem

_CODE = re.compile(r"<Code>\s*([A-Za-z0-9]{1,64})\s*</Code>")
_STATUS = re.compile(r"non-2xx status code: (\d{3})")

_CODES = {
    "NoSuchBucket": Problem.MISSING_BUCKET,
    "AccessDenied": Problem.ACCESS_DENIED,
    "AllAccessDisabled": Problem.ACCESS_DENIED,
    "AccountProblem": Problem.ACCESS_DENIED,
    "InvalidAccessKeyId": Problem.UNKNOWN_ACCESS_KEY,
    "InvalidClientTokenId": Problem.UNKNOWN_ACCESS_KEY,
    "SignatureDoesNotMatch": Problem.WRONG_SECRET_KEY,
    "ExpiredToken": Problem.LOGIN_EXPIRED,
    "InvalidToken": Problem.LOGIN_EXPIRED,
    "TokenRefreshRequired": Problem.LOGIN_EXPIRED,
    "RequestTimeTooSkewed": Problem.CLOCK_SKEW,
    "RequestExpired": Problem.CLOCK_SKEW,
    "PermanentRedirect": Problem.WRONG_REGION,
    "AuthorizationHeaderMalformed": Problem.WRONG_REGION,
    "IllegalLocationConstraintException": Problem.WRONG_REGION,
    "NotImplemented": Problem.NOT_CREATE_ONLY,
    "SecondLevelDomainForbidden": Problem.VIRTUAL_HOST_ONLY,
    "PathStyleDomainForbidden": Problem.VIRTUAL_HOST_ONLY,
    "VirtualHostDomainRequired": Problem.VIRTUAL_HOST_ONLY,
    "QuotaExceeded": Problem.BUCKET_FULL,
    "XMinioStorageFull": Problem.BUCKET_FULL,
    "InsufficientStorage": Problem.BUCKET_FULL,
    "EntityTooLarge": Problem.TOO_LARGE,
}
_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
_BODY = re.compile(r"non-2xx status code: \d{3}[^:\n]*: (.*?)(?:\n\nDebug source:|\Z)", re.DOTALL)
_MOST_WORDS = 200
_VIRTUAL_HOST = re.compile(r"virtual.?(?:host|style)|third level domain|path.?style", re.IGNORECASE)
"""How servers say that they accept a bucket's name only as part of the host name."""
_NONE_MATCH = re.compile(r"if.?none.?match|conditional", re.IGNORECASE)
_STATUSES = {
    "301": Problem.WRONG_REGION,
    "401": Problem.ACCESS_DENIED,
    "403": Problem.ACCESS_DENIED,
    "507": Problem.BUCKET_FULL,
}
_TEXTS = (
    ("/latest/api/token", Problem.NO_INSTANCE_LOGIN),
    ("/security-credentials", Problem.NO_INSTANCE_LOGIN),
    ("TimedOut", Problem.NO_ANSWER),
    ("kind: Timeout", Problem.NO_ANSWER),
    ("dns error", Problem.UNKNOWN_HOST),
    ("ConnectionRefused", Problem.REFUSED),
    ("InvalidCertificate", Problem.CERTIFICATE),
    ("InvalidMessage", Problem.NO_TLS),
    ("without LOCATION", Problem.WRONG_REGION),
    ("kind: Connect", Problem.NO_CONNECTION),
    ("kind: Interrupted", Problem.CONNECTION_LOST),
    ("object with invalid path", Problem.ODD_NAMES),
)


def problem_in(text: str) -> Problem:
    """Return the token for an error's text; `server_error` for an unknown one."""
    if any(part in text for part, token in _TEXTS if token is Problem.NO_INSTANCE_LOGIN):
        return Problem.NO_INSTANCE_LOGIN
    code = _CODE.search(text)
    if code and code[1] in _CODES:
        return _CODES[code[1]]
    status = _STATUS.search(text)
    if status and (token := _refused_for(status[1], _body(text))):
        return token
    if status and status[1] in _STATUSES:
        return _STATUSES[status[1]]
    if status:
        return Problem.SERVER_ERROR
    return next((token for part, token in _TEXTS if part in text), Problem.SERVER_ERROR)


def _refused_for(status: str, body: str) -> Problem | None:
    """What a refusal with an unknown code is about, by its words; None where they do not tell."""
    if status in ("400", "403", "405") and _VIRTUAL_HOST.search(body):
        return Problem.VIRTUAL_HOST_ONLY
    if status == "400":
        return Problem.NOT_CREATE_ONLY if _NONE_MATCH.search(body) else Problem.BAD_REQUEST
    return None


def _body(text: str) -> str:
    found = _BODY.search(text)
    return found[1] if found else ""


def words_in(text: str, hidden: Iterable[str]) -> str:
    """Return the server's own message without its markup: hostile text, made safe where it is shown. Empty
    where it repeats any of `hidden`, the login, or a signature."""
    body = _body(text)
    if "Signature=" in body or any(secret and secret in body for secret in hidden):
        return ""
    code, message = _CODE.search(body), _MESSAGE.search(body)
    texts = [found[1].strip() for found in (code, message) if found and found[1].strip()]
    words = ": ".join(texts) or re.sub(r"<[^>]*>", " ", body)
    return " ".join(html.unescape(words).split())[:_MOST_WORDS]


def names_a_bucket(text: str) -> bool:
    """Return whether the bucket is missing and not the file."""
    code = _CODE.search(text)
    return code is not None and code[1] == "NoSuchBucket"
