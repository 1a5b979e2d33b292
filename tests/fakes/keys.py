"""Keys for tests."""

from datetime import datetime

from nskeys.crypto.keys import new_material, thumbprint
from nskeys.model.keys import KeyInfo, KeyState
from nskeys.ports import NewKey
from tests.fakes.fixed import AFTERNOON


def new_key(state: KeyState = KeyState.ACTIVE, created: datetime = AFTERNOON) -> NewKey:
    """A key that nothing sealed with yet."""
    material = new_material()
    return NewKey(KeyInfo(thumbprint(material), created, state, created), material)
