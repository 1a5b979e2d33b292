"""How many examples Hypothesis tries of a property: a quarter of them in the quick tier."""

import os

FEW = "NSKEYS_FEW_EXAMPLES"
"""Set by `tests.tiers` where only quick tests run; the workers inherit it."""
_LEAST = 20


def examples(number: int) -> int:
    """Return how many of `number` examples are tried in this run."""
    return max(min(number, _LEAST), number // 4) if os.environ.get(FEW) else number
