"""What a bucket's refusals mean: from the texts of obstore to tokens, in this one place.

obstore raises few classes with long texts, which hold the server's own error code, or what the system said
of the connection. They may hold a signature too, so nothing of them is passed on.
"""

import re

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
    "QuotaExceeded": "bucket_full",
    "XMinioStorageFull": "bucket_full",
    "InsufficientStorage": "bucket_full",
    "EntityTooLarge": "too_large",
}
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
    """The token of an error's text; `server_error` for what is none of the above."""
    if any(part in text for part, token in _TEXTS if token == "no_instance_login"):
        return "no_instance_login"
    code = _CODE.search(text)
    if code and code[1] in _CODES:
        return _CODES[code[1]]
    status = _STATUS.search(text)
    if status and status[1] in _STATUSES:
        return _STATUSES[status[1]]
    if status:
        return "server_error"
    return next((token for part, token in _TEXTS if part in text), "server_error")


def names_a_bucket(text: str) -> bool:
    """Whether what is missing is the bucket and not the file."""
    code = _CODE.search(text)
    return code is not None and code[1] == "NoSuchBucket"
