"""Translating a bucket's refusals: from the texts of obstore to tokens.

obstore raises few classes with long texts, which hold the server's error code, or the system's connection
error. Of a refusal with an unknown code the server's own words are passed on (`words_in`), nothing else: a
text may hold a signature too.
"""

import html
import re
from collections.abc import Iterable

_CODE = re.compile(r"<Code>\s*([A-Za-z0-9]{1,64})\s*</Code>")
_STATUS = re.compile(r"non-2xx status code: (\d{3})")

_CODES = {
    "NoSuchBucket": "missing_bucket",
    "AccessDenied": "access_denied",
    "AllAccessDisabled": "access_denied",
    "AccountProblem": "access_denied",
    "InvalidAccessKeyId": "unknown_access_key",
    "InvalidClientTokenId": "unknown_access_key",
    "SignatureDoesNotMatch": "wrong_secret_key",
    "ExpiredToken": "login_expired",
    "InvalidToken": "login_expired",
    "TokenRefreshRequired": "login_expired",
    "RequestTimeTooSkewed": "clock_skew",
    "RequestExpired": "clock_skew",
    "PermanentRedirect": "wrong_region",
    "AuthorizationHeaderMalformed": "wrong_region",
    "IllegalLocationConstraintException": "wrong_region",
    "NotImplemented": "not_create_only",
    "SecondLevelDomainForbidden": "virtual_host_only",
    "PathStyleDomainForbidden": "virtual_host_only",
    "VirtualHostDomainRequired": "virtual_host_only",
    "QuotaExceeded": "bucket_full",
    "XMinioStorageFull": "bucket_full",
    "InsufficientStorage": "bucket_full",
    "EntityTooLarge": "too_large",
}
_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
_BODY = re.compile(r"non-2xx status code: \d{3}[^:\n]*: (.*?)(?:\n\nDebug source:|\Z)", re.DOTALL)
_MOST_WORDS = 200
_VIRTUAL_HOST = re.compile(r"virtual.?(?:host|style)|third level domain|path.?style", re.IGNORECASE)
"""How servers say that they accept a bucket's name only as part of the host name."""
_NONE_MATCH = re.compile(r"if.?none.?match|conditional", re.IGNORECASE)
_STATUSES = {"301": "wrong_region", "401": "access_denied", "403": "access_denied", "507": "bucket_full"}
_TEXTS = (
    ("/latest/api/token", "no_instance_login"),
    ("/security-credentials", "no_instance_login"),
    ("TimedOut", "no_answer"),
    ("kind: Timeout", "no_answer"),
    ("dns error", "unknown_host"),
    ("ConnectionRefused", "refused"),
    ("InvalidCertificate", "certificate"),
    ("InvalidMessage", "no_tls"),
    ("without LOCATION", "wrong_region"),
    ("kind: Connect", "no_connection"),
    ("kind: Interrupted", "connection_lost"),
    ("object with invalid path", "odd_names"),
)


def problem_in(text: str) -> str:
    """Return the token for an error's text; `server_error` for an unknown one."""
    if any(part in text for part, token in _TEXTS if token == "no_instance_login"):
        return "no_instance_login"
    code = _CODE.search(text)
    if code and code[1] in _CODES:
        return _CODES[code[1]]
    status = _STATUS.search(text)
    if status and (token := _refused_for(status[1], _body(text))):
        return token
    if status and status[1] in _STATUSES:
        return _STATUSES[status[1]]
    if status:
        return "server_error"
    return next((token for part, token in _TEXTS if part in text), "server_error")


def _refused_for(status: str, body: str) -> str:
    """Return the token that a refusal's words suggest, where its code is unknown; empty where they suggest
    none."""
    if status in ("400", "403", "405") and _VIRTUAL_HOST.search(body):
        return "virtual_host_only"
    if status == "400":
        return "not_create_only" if _NONE_MATCH.search(body) else "bad_request"
    return ""


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
