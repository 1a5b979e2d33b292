"""PKCS #11 URIs (RFC 7512): which token, which key on it, and which library talks to it.

    pkcs11:token=NAME;serial=...;object=NAME;id=%01%02?module-path=/usr/lib/...so

Taken are `token`, `serial`, `manufacturer`, `model`, `object`, `id` and `type=secret-key`, and behind the
question mark `module-path`. A PIN has no place in it (`pin-value`, `pin-source`): whoever lists processes
would read it. Without `module-path` it is p11-kit's proxy, which knows every library of the machine.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, unquote_to_bytes

from nskeys.reasons import ProtectorProblem

DEFAULT_MODULE = "p11-kit-proxy.so"
LONGEST = 1024

_TOKEN = ("token", "serial", "manufacturer", "model")
_PATH = (*_TOKEN, "object", "id", "type")
_QUERY = ("module-path",)
_PIN = ("pin-value", "pin-source")
_PLAIN = re.compile(r"(?:[A-Za-z0-9\-._~:\[\]@!$'()*+,=&/?]|%[0-9A-Fa-f]{2})*")
_SAFE = "-._~:[]@!$'()*+,"


class UriInvalid(Exception):
    """Not taken; `problem`: `bad_uri`, `pin_in_uri`."""

    def __init__(self, problem: ProtectorProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class TokenUri:
    """A key on a token. Empty attributes match anything; a token's texts are compared without the spaces
    that PKCS #11 pads them with."""

    token: str = ""
    serial: str = ""
    manufacturer: str = ""
    model: str = ""
    object: str = ""
    id: bytes = b""
    module: str = DEFAULT_MODULE

    def text(self) -> str:
        """Return the URI in its canonical form."""
        path = [f"{name}={_quoted(getattr(self, name).encode())}" for name in _TOKEN if getattr(self, name)]
        if self.object:
            path.append(f"object={_quoted(self.object.encode())}")
        if self.id:
            path.append("id=" + "".join(f"%{byte:02X}" for byte in self.id))
        query = (
            "" if self.module == DEFAULT_MODULE else f"?module-path={_quoted(self.module.encode(), '/')}"
        )
        return f"pkcs11:{';'.join(path)}{query}"


def parsed(uri: str) -> TokenUri:
    """Return a URI that names a token. Raises UriInvalid."""
    scheme, colon, rest = uri.partition(":")
    if scheme != "pkcs11" or not colon or len(uri) > LONGEST:
        raise UriInvalid(ProtectorProblem.BAD_URI)
    path, _, query = rest.partition("?")
    found = dict(_attributes(path, ";", _PATH)) | dict(_attributes(query, "&", _QUERY))
    if found.pop("type", b"secret-key") != b"secret-key" or not (found.get("token") or found.get("serial")):
        raise UriInvalid(ProtectorProblem.BAD_URI)
    identity = found.pop("id", b"")
    texts = _texts(found)
    module = texts.pop("module-path", DEFAULT_MODULE)
    if module != DEFAULT_MODULE and not module.startswith("/"):
        raise UriInvalid(ProtectorProblem.BAD_URI)
    return TokenUri(**texts, id=identity, module=module)


def _attributes(text: str, separator: str, known: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    seen = set()
    for attribute in text.split(separator) if text else ():
        name, equals, value = attribute.partition("=")
        if name in _PIN:
            raise UriInvalid(ProtectorProblem.PIN_IN_URI)
        if name not in known or name in seen or not equals or not _PLAIN.fullmatch(value):
            raise UriInvalid(ProtectorProblem.BAD_URI)
        seen.add(name)
        yield name, unquote_to_bytes(value)


def _texts(found: Mapping[str, bytes]) -> dict[str, str]:
    try:
        texts = {name: value.decode() for name, value in found.items()}
    except UnicodeDecodeError:
        raise UriInvalid(ProtectorProblem.BAD_URI) from None
    if not all(text.isprintable() for text in texts.values()):
        raise UriInvalid(ProtectorProblem.BAD_URI)
    return texts


def _quoted(data: bytes, more: str = "") -> str:
    return quote_from_bytes(data, safe=_SAFE + more)
