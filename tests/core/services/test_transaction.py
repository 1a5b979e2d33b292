"""A change: the lock while it lasts, one line, a signed head, and nothing at all where it fails."""

import pytest

from nskeys.errors import Locked, PlanOutdated
from nskeys.model.audit import Action
from nskeys.reasons import Operation
from nskeys.services.transaction import (
    KeyedChanges,
    changes_with,
    keys_fingerprint,
    require_free,
    signed_changes,
    unsigned_changes,
)
from tests.fakes.servers import NOBODY, Server


class Stopped(Exception):
    """Whoever makes the change thinks better of it."""


def signed_lines(server: Server) -> int | None:
    """How far the audit trail is vouched for."""
    return server.services.audit.verify().signed_lines


def change_and_stop(server: Server, changes: KeyedChanges) -> None:
    """A removal that ends in an error."""
    credential = server.services.credentials.show("run-as/one")
    event = server.installation.event(Action.CREDENTIAL_REMOVED, credential.reference)
    with changes.signed(event) as change:
        change.remove(credential.credential_id)
        raise Stopped


def test_its_line_is_the_last_one_that_is_signed(server: Server) -> None:
    before = len(server.audit())
    with signed_changes(server.installation, NOBODY, "testing") as changes:
        changes.tell(server.installation.event(Action.REGISTER_CHECKED, "register"))
    assert len(server.audit()) == before + 1
    assert signed_lines(server) == before + 1
    assert server.lock_is_free()


def test_what_fails_leaves_neither_line_nor_row(server: Server) -> None:
    server.add("one")
    before = server.everything()
    with (
        pytest.raises(Stopped),
        signed_changes(server.installation, NOBODY, "testing") as changes,
    ):
        change_and_stop(server, changes)
    assert server.everything() == before
    assert server.lock_is_free()


def test_a_second_change_under_the_same_lock_is_signed_too(server: Server) -> None:
    server.add("one")
    before = len(server.audit())
    with signed_changes(server.installation, NOBODY, "testing") as changes:
        with pytest.raises(Stopped):
            change_and_stop(server, changes)
        for _ in range(2):
            changes.tell(server.installation.event(Action.REGISTER_CHECKED, "register"))
    assert len(server.audit()) == before + 2
    assert signed_lines(server) == before + 2


def test_an_unsigned_line_is_signed_by_the_next_change_that_has_the_key(server: Server) -> None:
    before = len(server.audit())
    event = server.installation.event(Action.DESTINATION_REMOVED, "/nowhere")
    with unsigned_changes(server.installation, "testing") as changes, changes.unsigned(event):
        pass
    assert signed_lines(server) == before
    server.add("one")
    assert signed_lines(server) == len(server.audit()) == before + 2


def test_while_it_lasts_nobody_else_changes_anything(server: Server) -> None:
    with (
        signed_changes(server.installation, NOBODY, "testing"),
        pytest.raises(Locked) as caught,
    ):
        require_free(server.installation, "asking")
    assert caught.value.doing == "testing"
    require_free(server.installation, "asking")


def test_keys_that_are_open_already_take_the_lock_only_then(server: Server) -> None:
    with server.installation.key_store.unlock(NOBODY) as keys:
        assert server.lock_is_free()
        with changes_with(server.installation, keys, "testing") as changes:
            assert not server.lock_is_free()
            assert changes.keys is keys
        assert server.lock_is_free()


def test_a_plan_that_saw_other_keys_is_outdated(server: Server) -> None:
    seen = keys_fingerprint(server.installation)
    with signed_changes(server.installation, NOBODY, "testing") as changes:
        changes.require_unchanged(Operation.ROTATION, seen)
    server.rotate()
    assert keys_fingerprint(server.installation) != seen
    with (
        signed_changes(server.installation, NOBODY, "testing") as changes,
        pytest.raises(PlanOutdated) as caught,
    ):
        changes.require_unchanged(Operation.ROTATION, seen)
    assert caught.value.what == "rotation"
