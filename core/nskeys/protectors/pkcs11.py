"""The protector `pkcs11`: the KEK is wrapped by a key that never leaves a token (a smart card, an HSM).

    parameters = {"uri": RFC 7512, "wrapped": base64url(61 bytes)}

The token itself encrypts the KEK (AES-GCM) under an AES-256 key of its own, bound to the store; its PIN is
asked for, from a person or a file. Where the URI names no key that exists, one is made that cannot be
exported. The URI that is kept names the very token and key, by serial number and id.
"""

import base64
import importlib.util
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nskeys.errors import KeyStoreDamaged, ProtectorUnavailable, WrongPassword
from nskeys.files import exists
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, to_base64url
from nskeys.ports import Purpose, SecretProvider, SecretRequest
from nskeys.protectors.base import BaseProtector, parameters_of
from nskeys.protectors.pkcs11_uri import TokenUri, UriInvalid, parsed
from nskeys.protectors.subprocess_io import run
from nskeys.reasons import Opens, Problem, ProtectorProblem

TIMEOUT_S = 60.0
"""Seconds for one call: a smart card takes its time."""

_PROTECTOR = "pkcs11"
_BOUND = b"nskeys/token/1\x00"
_WRAPPED_SIZE = 61
_LONGEST_PIN = 256
# -P keeps the working folder out of the child's module path.
_PROGRAM = (sys.executable, "-P", "-m", "nskeys.protectors.pkcs11_worker")


class Pkcs11Protector(BaseProtector):
    """Wraps with a key on a token, whose PIN it asks for. `uri` names the token for a new KEK; an old one
    names its own. Raises ProtectorUnavailable (`bad_uri`, `pin_in_uri`). `timeout_s` is the timeout of one
    call in seconds."""

    name = _PROTECTOR
    asks = True
    wants = Purpose.PIN

    def __init__(self, uri: str = "", timeout_s: float = TIMEOUT_S) -> None:
        self._uri = _uri(uri) if uri else None
        self._timeout_s = timeout_s

    def require(self) -> None:
        """Raise ProtectorUnavailable (`no_uri`, `not_installed`, `module_missing`)."""
        if importlib.util.find_spec("pkcs11") is None:
            raise ProtectorUnavailable(_PROTECTOR, ProtectorProblem.NOT_INSTALLED)
        if self._uri is None:
            raise ProtectorUnavailable(_PROTECTOR, ProtectorProblem.NO_URI)
        if self._uri.module.startswith("/") and not exists(Path(self._uri.module)):
            raise ProtectorUnavailable(_PROTECTOR, ProtectorProblem.MODULE_MISSING)

    def _wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Mapping[str, Json]:
        self.require()
        answer = self._asked("wrap", self._uri or TokenUri(), store_id, kek.reveal(), secrets)
        return {"uri": answer.uri, "wrapped": to_base64url(answer.data)}

    def _unwrap(
        self, parameters: Mapping[str, Json], store_id: str, secrets: SecretProvider
    ) -> SecretBytes:
        read = parameters_of(parameters, "uri", "wrapped")
        wrapped = read.binary("wrapped", _WRAPPED_SIZE)
        try:
            uri = parsed(read.text("uri"))
        except UriInvalid:
            raise KeyStoreDamaged("protector.json", Problem.PARAMETERS) from None
        if wrapped[0] != 1 or not uri.serial:
            raise KeyStoreDamaged("protector.json", Problem.PARAMETERS)
        return SecretBytes(self._asked("unwrap", uri, store_id, wrapped, secrets).data)

    def _opens_with(self, parameters: Mapping[str, Json], store_id: str, candidate: SecretBytes) -> bool:
        del parameters, store_id, candidate
        return False  # it takes the token too, and a token counts wrong PINs

    def _asked(
        self, verb: str, uri: TokenUri, store_id: str, data: bytes, secrets: SecretProvider
    ) -> "_Answer":
        """Return the worker's answer. The PIN is asked for until it is right; a provider that has no other
        raises, and a token that locked itself ends it."""
        bound = _BOUND + bytes.fromhex(store_id)
        retry = 0
        while True:
            with secrets(SecretRequest(Purpose.PIN, uri.token or uri.serial), retry) as pin:
                try:
                    return self._ask(verb, uri, bound, data, pin)
                except WrongPassword:
                    retry += 1

    def _ask(self, verb: str, uri: TokenUri, bound: bytes, data: bytes, pin: SecretBytes) -> "_Answer":
        question = {
            "verb": verb,
            "uri": uri.text(),
            "pin": _pin(pin),
            "bound": base64.b64encode(bound).decode(),
            "data": base64.b64encode(data).decode(),
        }
        with SecretBytes(json.dumps(question).encode()) as given:
            try:
                # Its library needs the environment: that says where its configuration lies.
                ended = run(_PROGRAM, given, dict(os.environ), self._timeout_s)
            except TimeoutError:
                raise ProtectorUnavailable(_PROTECTOR, ProtectorProblem.NO_ANSWER) from None
            except OSError:
                raise ProtectorUnavailable(_PROTECTOR, ProtectorProblem.DOES_NOT_WORK) from None
        with ended.answer as output:
            return _parse_answer(output if ended.code == 0 else SecretBytes(b""))


@dataclass(frozen=True, slots=True)
class _Answer:
    """The worker's answer: wrapped (`uri` names token and key) or unwrapped."""

    data: bytes = field(repr=False)
    uri: str = ""


def _parse_answer(told: SecretBytes) -> _Answer:
    """Return the answer in the worker's output. Raises WrongPassword, KeyStoreDamaged or
    ProtectorUnavailable where it refused; a crashed library gives no output."""
    try:
        answer = json.loads(told.text())
        refused = answer.get("refused", "")
        done = None if refused else _Answer(base64.b64decode(answer["data"]), answer.get("uri", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        refused, done = "does_not_work", None
    if done is not None:
        return done
    match refused:
        case "wrong_pin":
            raise WrongPassword(Opens.TOKEN)
        case "does_not_open":
            raise KeyStoreDamaged("protector.json", Problem.DOES_NOT_OPEN)
        case _:
            raise ProtectorUnavailable(_PROTECTOR, _reason(refused))


def _reason(said: str) -> ProtectorProblem:
    try:
        return ProtectorProblem(said)
    except ValueError:
        return ProtectorProblem.DOES_NOT_WORK


def _uri(text: str) -> TokenUri:
    try:
        return parsed(text)
    except UriInvalid as error:
        raise ProtectorUnavailable(_PROTECTOR, error.problem) from None


def _pin(pin: SecretBytes) -> str:
    """Return the PIN as text; a PIN that no token could have is refused without being tried."""
    try:
        text = pin.text()
    except UnicodeDecodeError:
        raise WrongPassword(Opens.TOKEN) from None
    if not 0 < len(text) <= _LONGEST_PIN:
        raise WrongPassword(Opens.TOKEN)
    return text
