"""Secrets that stand in a target, which is not secret: found with and without a scheme. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class TargetSecret:
    """A target, taken apart."""

    target: str
    """Without the secret, and without the user where one stood before it."""
    secret: str
    user: str


_USER_AND_SECRET = re.compile(
    r"(?!(?:mailto|sips?|xmpp|acct):)(?:\b[A-Za-z][A-Za-z0-9+.-]*://|//|^|(?<=\s))(?P<user>[^/\s:@?#]*):(?!//)"
    r"(?P<secret>[^\s@]+(?:@[^\s@/]+)*)@(?P<host>[^@\s/?#]+)"
)
"""`user:password@host`. A password may hold any character but a space."""
_PORT = re.compile(r"\d{1,5}(?:[/?#]|$)")
_PARAMETER = re.compile(
    r"(?P<before>^|[?&;#\s])(?:password|passwd|passwort|kennwort|passphrase|passcode|pass|pwd|pw|mdp|senha|"
    r"(?:client_|private_)?secret|(?:secret|private)_?key|token|"
    r"access_token|auth_token|api_?key|api-key)\s*=\s*(?P<secret>[^&;#\s]+)",
    re.IGNORECASE,
)
"""`?password=...`, and the `Password=...;` of a connection string."""


def secret_in_target(target: str) -> TargetSecret | None:
    """Return the secret in a target, if there is one; `host:8080/a@b` has a port and none."""
    text = target.strip()
    if "@" not in text and "=" not in text:
        return None
    found = _USER_AND_SECRET.search(text)
    if found and not _PORT.match(found["secret"]):
        rest = text[: found.start("user")] + text[found.start("host") :]
        return TargetSecret(rest, unquote(found["secret"]), unquote(found["user"]))
    found = _PARAMETER.search(text)
    if found is None:
        return None
    after = text[found.end() :]
    # The separator before it goes too, unless further parameters follow that need it.
    kept = found["before"] if after[:1] in "&;" and after else ""
    return TargetSecret(
        text[: found.start()] + kept + after[1 if kept else 0 :], unquote(found["secret"]), ""
    )
