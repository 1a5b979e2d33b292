"""A credential's fields: their labels, and one line of help for each kind."""

from types import MappingProxyType

from nskeys.model.credentials import PCANYWHERE_PORT, CredentialKind
from nskeys.wording.text.terminal import safe

_LABELS = MappingProxyType(
    {
        "kind": "Kind",
        "name": "Name",
        "target": "Target",
        "account": "Account",
        "secret": "Secret",
        "note": "Note",
    }
)
_KIND_HELP = MappingProxyType(
    {
        CredentialKind.HIERARCHY: "to add another server to the hierarchy",
        CredentialKind.PCANYWHERE: "to control another machine remotely",
        CredentialKind.RUN_AS: "to install software as another user",
    }
)
_COMMON_HELP = MappingProxyType(
    {
        "kind": "what the credential is for",
        "name": "any name, used once per kind",
        "secret": "the password; sealed, never listed",
        "note": "free text, stored readable: no secrets here",
    }
)
_HELP = MappingProxyType(
    {
        (CredentialKind.HIERARCHY, "target"): "the other server: https://ns02.example.net",
        (CredentialKind.HIERARCHY, "account"): "DOMAIN\\user on that server",
        (CredentialKind.PCANYWHERE, "target"): f"host or host:port (without one, {PCANYWHERE_PORT})",
        (CredentialKind.PCANYWHERE, "account"): "name of the caller",
        (CredentialKind.RUN_AS, "target"): "package or task it is for, finance-*",
        (CredentialKind.RUN_AS, "account"): "DOMAIN\\user, or a local user",
    }
)


def field_label(field: str) -> str:
    """Return text such as `Target`, for a form and for a sentence's beginning."""
    return _LABELS.get(field) or safe(field)


def field_help(kind: CredentialKind, field: str) -> str:
    """Return one line that fits beside or under the field; empty for an unknown field."""
    return _HELP.get((kind, field)) or _COMMON_HELP.get(field, "")


def kind_help(kind: CredentialKind) -> str:
    """Return what a credential of this kind is for."""
    return _KIND_HELP[kind]
