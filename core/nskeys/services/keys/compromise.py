"""Marking a key as compromised: it seals nothing any more, and opens what is there."""

from nskeys.errors import AmbiguousKey, KeyIsActive, NoSuchKey
from nskeys.model.audit import Action
from nskeys.model.keys import KeyInfo, KeyState
from nskeys.ports import SecretProvider
from nskeys.services.installation import Installation
from nskeys.services.transaction import signed_changes


class CompromiseService:
    """Marks keys that somebody else may know."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def execute(self, prefix: str, secrets: SecretProvider) -> KeyInfo:
        """Mark the key whose id begins with `prefix`; one that is marked already stays as it is. Raises
        NoSuchKey, AmbiguousKey, KeyIsActive for the key that seals: a rotation has to make another one
        first."""
        installation = self._installation
        installation.require()
        self._named(prefix)
        with signed_changes(installation, secrets, "marking a key") as changes:
            key = self._named(prefix)
            if key.state is KeyState.COMPROMISED:
                return key
            marked = key.in_state(KeyState.COMPROMISED, installation.clock.now())
            event = installation.event(Action.KEY_COMPROMISED, key.kid, before=key.state.value)
            with changes.signed(event) as change:
                change.set_keys([marked])
        return marked

    def _named(self, prefix: str) -> KeyInfo:
        found = [key for key in self._installation.keys() if prefix and key.kid.startswith(prefix.lower())]
        if not found:
            raise NoSuchKey(prefix)
        if len(found) > 1:
            raise AmbiguousKey(prefix, tuple(key.kid for key in found))
        if found[0].state is KeyState.ACTIVE:
            raise KeyIsActive(found[0].kid)
        return found[0]
