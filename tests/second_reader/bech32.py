"""Bech32 (BIP 173) of 32 bytes, as age spells recipients and identities."""

from tests.second_reader.names import is_low_order

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def checksum(values: list[int]) -> int:
    """Compute the checksum polynomial of BIP 173; it is 1 where everything is right."""
    state = 1
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for place, part in enumerate(GENERATOR):
            if top >> place & 1:
                state ^= part
    return state


def decode_bech32(prefix: str, text: str) -> bytes | None:
    """Decode 32 bytes under this lower-case prefix; None where anything is not right."""
    head, separator, tail = text.rpartition("1")
    if head != prefix or not separator or len(tail) != 58 or any(sign not in ALPHABET for sign in tail):
        return None
    values = [ALPHABET.index(sign) for sign in tail]
    spread = [ord(sign) >> 5 for sign in prefix] + [0] + [ord(sign) & 31 for sign in prefix]
    if checksum(spread + values) != 1:
        return None
    bits = 0
    for value in values[:52]:
        bits = bits << 5 | value
    if bits & 0b1111:
        return None
    return (bits >> 4).to_bytes(32, "big")


def encode_bech32(prefix: str, data: bytes) -> str:
    """Encode 32 bytes under this lower-case prefix."""
    bits = int.from_bytes(data, "big") << 4
    values = [bits >> 5 * place & 31 for place in reversed(range(52))]
    spread = [ord(sign) >> 5 for sign in prefix] + [0] + [ord(sign) & 31 for sign in prefix]
    state = checksum(spread + values + [0] * 6) ^ 1
    values += [state >> 5 * place & 31 for place in reversed(range(6))]
    return prefix + "1" + "".join(ALPHABET[value] for value in values)


def read_recipient(text: str) -> bytes | None:
    """Give the public half that `age1...` stands for; None for one of low order, too."""
    public = decode_bech32("age", text)
    return None if public is None or is_low_order(public) else public


def read_identity(text: str) -> bytes | None:
    """Give the private half that `AGE-SECRET-KEY-1...`, all in upper case, stands for."""
    return decode_bech32("age-secret-key-", text.lower()) if text == text.upper() else None


def spell_recipient(public: bytes) -> str:
    """Spell a public half as age does."""
    return encode_bech32("age", public)


def spell_identity(private: bytes) -> str:
    """Spell a private half as age does."""
    return encode_bech32("age-secret-key-", private).upper()
