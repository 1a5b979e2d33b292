"""How long a new password would resist guessing; the dictionary is loaded at the first use."""

from nskeys.model.secret import SecretBytes

_LOOKED_AT = 72
"""Characters that are judged; more make a password no weaker, and judging them slow."""


def score(password: SecretBytes) -> int:
    """0 (guessed at once) to 4 (hopeless to guess), by zxcvbn."""
    from zxcvbn import zxcvbn

    if not password:
        return 0
    judged: int = zxcvbn(password.text()[:_LOOKED_AT])["score"]
    return judged
