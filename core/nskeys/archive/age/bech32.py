"""Bech32 (BIP 173) as age spells keys with it: no length limit but the caller's, one case, no padding bits
set, so that 32 bytes have one spelling."""

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECK = 6


def encode(prefix: str, data: bytes) -> str:
    """Return `prefix`, `1`, the data and a checksum, in lower case."""
    words = _regroup(data, 8, 5)
    checked = _polymod([*_expanded(prefix), *words, *[0] * _CHECK]) ^ 1
    words += [checked >> 5 * (5 - at) & 31 for at in range(_CHECK)]
    return prefix + "1" + "".join(_ALPHABET[word] for word in words)


def decode(prefix: str, text: str) -> bytes:
    """Return the data in `text`, whose case is that of `prefix`. Raises ValueError for anything else."""
    if not text.startswith(prefix + "1"):
        raise ValueError("another prefix")
    body = text[len(prefix) + 1 :]
    alphabet = _ALPHABET.upper() if prefix.isupper() else _ALPHABET
    words = [alphabet.index(sign) for sign in body]
    if len(words) < _CHECK or _polymod([*_expanded(prefix.lower()), *words]) != 1:
        raise ValueError("the checksum does not fit")
    data = bytes(_regroup(words[:-_CHECK], 5, 8))
    if encode(prefix.lower(), data) != text.lower():
        raise ValueError("not the one spelling of these bytes")
    return data


def _expanded(prefix: str) -> list[int]:
    return [ord(sign) >> 5 for sign in prefix] + [0] + [ord(sign) & 31 for sign in prefix]


def _polymod(words: list[int]) -> int:
    check = 1
    for word in words:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ word
        for at, value in enumerate(_GENERATOR):
            check ^= value if top >> at & 1 else 0
    return check


def _regroup(values: bytes | list[int], from_bits: int, to_bits: int) -> list[int]:
    """Return groups of `from_bits` bits as groups of `to_bits`. To wider groups a remainder is dropped, to
    narrower ones it is padded."""
    buffer = bits = 0
    result = []
    for value in values:
        buffer, bits = buffer << from_bits | value, bits + from_bits
        while bits >= to_bits:
            bits -= to_bits
            result.append(buffer >> bits & (1 << to_bits) - 1)
        buffer &= (1 << bits) - 1
    if bits and to_bits < from_bits:
        result.append(buffer << to_bits - bits & (1 << to_bits) - 1)
    return result
