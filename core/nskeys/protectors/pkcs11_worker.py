"""A worker process for the token: `python -m nskeys.protectors.pkcs11_worker`.

Libraries of tokens hang, crash, and keep what they were given; none of that is to happen to the program. So
one question comes on standard input, one answer goes to standard output, both JSON, and the process ends.

    {"verb": "wrap", "uri", "pin", "bound": base64, "data": base64}    -> {"uri", "data": base64}
    {"verb": "unwrap", "uri", "pin", "bound": base64, "data": base64}  -> {"data": base64}
    what went wrong                                                    -> {"refused": a token}

The key-wrapping key is an AES-256 key that the token never gives out. It does AES-GCM there (CKM_AES_GCM),
with `bound` as associated data; `data` of a wrapped one is 0x01 | nonce(12) | ciphertext | tag(16).
"""

import base64
import json
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from nskeys.private_memory import keep_memory_private
from nskeys.protectors.pkcs11_uri import TokenUri, parsed
from nskeys.reasons import ProtectorProblem

KEY_LABEL = "nskeys"
"""The key that is made where the URI names none."""

_NONCE, _BITS, _VERSION = 12, 256, b"\x01"


class Refused(Exception):
    """The token refused; the argument is the reason's token."""


def main() -> None:
    keep_memory_private()
    question = json.loads(sys.stdin.buffer.read())
    json.dump(answered(question), sys.stdout)


def answered(question: Mapping[str, str]) -> dict[str, str]:
    """Return the answer to a question."""
    try:
        import pkcs11
    except ImportError:
        return {"refused": ProtectorProblem.NOT_INSTALLED}
    try:
        return _done(question, pkcs11)
    except Refused as refused:
        return {"refused": str(refused)}
    except pkcs11.PKCS11Error as error:
        return {"refused": reason_of(error)}


def reason_of(error: Exception) -> str:
    """Return what an error of the library comes to."""
    from pkcs11 import exceptions as said

    reasons: tuple[tuple[type[Exception], str], ...] = (
        (said.PinLocked, ProtectorProblem.PIN_LOCKED),
        (said.PinIncorrect, "wrong_pin"),
        (said.PinInvalid, "wrong_pin"),
        (said.PinLenRange, "wrong_pin"),
        (said.PinExpired, ProtectorProblem.PIN_EXPIRED),
        (said.UserPinNotInitialized, ProtectorProblem.NO_PIN),
        (said.TokenNotPresent, ProtectorProblem.NO_TOKEN),
        (said.DeviceRemoved, ProtectorProblem.NO_TOKEN),
        (said.NoSuchKey, ProtectorProblem.NO_KEY),
        (said.MechanismInvalid, ProtectorProblem.NO_MECHANISM),
    )
    return next(
        (reason for kind, reason in reasons if isinstance(error, kind)), ProtectorProblem.DOES_NOT_WORK
    )


def token_of(tokens: Iterable[Any], uri: TokenUri) -> Any:
    """Return the token that is meant. Raises Refused (`no_token`, `wrong_token`, `several_tokens`)."""
    there = [token for token in tokens if not uri.token or _text(token.label) == uri.token]
    meant = [token for token in there if _is(token, uri)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise Refused(ProtectorProblem.SEVERAL_TOKENS)
    raise Refused(ProtectorProblem.WRONG_TOKEN if there and uri.token else ProtectorProblem.NO_TOKEN)


def _done(question: Mapping[str, str], pkcs11: Any) -> dict[str, str]:
    uri = parsed(question["uri"])
    bound, data = (base64.b64decode(question[name]) for name in ("bound", "data"))
    try:
        library = pkcs11.lib(uri.module)
    except pkcs11.PKCS11Error:
        raise Refused(ProtectorProblem.MODULE_MISSING) from None
    token = token_of([slot.get_token() for slot in library.get_slots(token_present=True)], uri)
    if pkcs11.TokenFlag.USER_PIN_LOCKED in token.flags:
        raise Refused(ProtectorProblem.PIN_LOCKED)
    wraps = question["verb"] == "wrap"
    with token.open(rw=wraps, user_pin=question["pin"]) as session:
        if not wraps:
            plain = _opened(_key(session, uri, pkcs11), data, bound, pkcs11)
            return {"data": base64.b64encode(plain).decode()}
        key = _kept_inside(_key_or_new(session, uri, pkcs11), pkcs11)
        nonce = os.urandom(_NONCE)
        wrapped = _VERSION + nonce + _gcm(key.encrypt, data, nonce, bound, pkcs11)
        where = replace(
            uri,
            token=_text(token.label),
            serial=_text(token.serial),
            object=key.label or "",
            id=key.id or b"",
        )
        return {"uri": where.text(), "data": base64.b64encode(wrapped).decode()}


def _is(token: Any, uri: TokenUri) -> bool:
    wanted = (
        (uri.serial, token.serial),
        (uri.manufacturer, token.manufacturer_id),
        (uri.model, token.model),
    )
    return all(not asked or _text(has) == asked for asked, has in wanted)


def _key(session: Any, uri: TokenUri, pkcs11: Any) -> Any:
    """Return the key that the URI names. Raises Refused (`no_key`, `several_keys`)."""
    try:
        return session.get_key(
            object_class=pkcs11.ObjectClass.SECRET_KEY,
            key_type=pkcs11.KeyType.AES,
            label=uri.object or (None if uri.id else KEY_LABEL),
            id=uri.id or None,
        )
    except pkcs11.MultipleObjectsReturned:
        raise Refused(ProtectorProblem.SEVERAL_KEYS) from None
    except pkcs11.NoSuchKey:
        raise Refused(ProtectorProblem.NO_KEY) from None


def _key_or_new(session: Any, uri: TokenUri, pkcs11: Any) -> Any:
    with suppress(Refused):
        return _key(session, uri, pkcs11)
    if _exists(session, uri, pkcs11):
        raise Refused(ProtectorProblem.SEVERAL_KEYS)
    return session.generate_key(
        pkcs11.KeyType.AES,
        _BITS,
        store=True,
        label=uri.object or KEY_LABEL,
        id=uri.id or os.urandom(8),
        capabilities=pkcs11.MechanismFlag.ENCRYPT | pkcs11.MechanismFlag.DECRYPT,
        template={pkcs11.Attribute.EXTRACTABLE: False, pkcs11.Attribute.SENSITIVE: True},
    )


def _exists(session: Any, uri: TokenUri, pkcs11: Any) -> bool:
    found = {
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
        pkcs11.Attribute.LABEL: uri.object or KEY_LABEL,
    }
    return any(True for _ in session.get_objects(found))


def _kept_inside(key: Any, pkcs11: Any) -> Any:
    """Return the key unless the token would give it out, which would bind nothing. Raises Refused
    (`key_leaves`)."""
    if key[pkcs11.Attribute.EXTRACTABLE] or not key[pkcs11.Attribute.SENSITIVE]:
        raise Refused(ProtectorProblem.KEY_LEAVES)
    return key


def _opened(key: Any, data: bytes, bound: bytes, pkcs11: Any) -> bytes:
    """Return the plaintext. Raises Refused (`does_not_open`). Some libraries have no error of their own for
    a wrong tag."""
    wrong = (
        pkcs11.EncryptedDataInvalid,
        pkcs11.EncryptedDataLenRange,
        pkcs11.FunctionFailed,
        pkcs11.GeneralError,
    )
    try:
        return _gcm(key.decrypt, data[1 + _NONCE :], data[1 : 1 + _NONCE], bound, pkcs11)
    except wrong:
        raise Refused("does_not_open") from None


def _gcm(does: Any, data: bytes, nonce: bytes, bound: bytes, pkcs11: Any) -> bytes:
    parameters = pkcs11.GCMParams(nonce, bound, 128)
    done: bytes = does(data, mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=parameters)
    return done


def _text(value: str | bytes) -> str:
    """Return a token's text without its padding."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return text.rstrip(" \x00")


if __name__ == "__main__":
    main()
