"""The audit trail is checked: what was edited, cut, reordered or appended by somebody else is seen."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from nskeys.model.audit import Action, Actor, AuditEntry, first_digest, next_digest
from tests.fakes.fixed import FixedIdentity
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.memory_tables import State
from tests.fakes.servers import NOBODY, Server, Site


@pytest.fixture
def trail(memory: MemoryServer) -> MemoryServer:
    """A server with six lines in its trail, the last one signed."""
    for number in range(5):
        memory.add(f"deploy-{number}")
    assert memory.services.audit.verify().whole
    return memory


def rewrite(server: MemoryServer, change: Callable[[State], None]) -> None:
    """Somebody writes to the database."""
    state = server.cmdb.state.copy()
    change(state)
    server.cmdb.state = state


def chained(cmdb_id: str, lines: Sequence[str]) -> list[AuditEntry]:
    """Lines with the digests that a forger computes for them."""
    digest, entries = first_digest(cmdb_id), []
    for number, line in enumerate(lines, 1):
        digest = next_digest(digest, line)
        entries.append(AuditEntry(number, line, digest))
    return entries


def test_an_untouched_trail_is_whole_up_to_its_last_signature(server: Server) -> None:
    server.add("one")
    verdict = server.services.audit.verify()
    assert verdict.whole
    assert (verdict.lines, verdict.broken_at, verdict.signed_lines) == (2, None, 2)


def test_what_happened_without_a_key_is_signed_with_the_next_change(server: Server) -> None:
    one = server.add("one")
    server.services.destinations.add(server.local)
    verdict = server.services.audit.verify()
    assert (verdict.whole, verdict.lines, verdict.signed_lines) == (True, 2, 2)
    server.services.credentials.remove(one, NOBODY)
    verdict = server.services.audit.verify()
    assert (verdict.whole, verdict.lines, verdict.signed_lines) == (True, 4, 4)


def test_an_edited_line_is_found(trail: MemoryServer) -> None:
    def edit(state: State) -> None:
        line = json.loads(state.audit[2].line)
        line["user"] = "nobody"
        state.audit[2] = state.audit[2]._replace(line=json.dumps(line))

    rewrite(trail, edit)
    verdict = trail.services.audit.verify()
    assert verdict.broken_at == 3
    assert not verdict.whole


def test_lines_that_were_edited_and_chained_anew_lose_their_signature(trail: MemoryServer) -> None:
    def edit(state: State) -> None:
        lines = [entry.line.replace("deploy-1", "innocent") for entry in state.audit]
        state.audit = chained(trail.cmdb.cmdb_id(), lines)

    rewrite(trail, edit)
    verdict = trail.services.audit.verify()
    assert (verdict.broken_at, verdict.signed_lines) == (None, None)
    assert not verdict.whole


@pytest.mark.parametrize("keep", [0, 1, 5])
def test_a_trail_that_was_cut_is_found(trail: MemoryServer, keep: int) -> None:
    rewrite(trail, lambda state: state.audit.__delitem__(slice(keep, None)))
    verdict = trail.services.audit.verify()
    assert verdict.signed_lines is None
    assert not verdict.whole


def test_a_trail_that_was_wiped_with_its_signature_is_found(trail: MemoryServer) -> None:
    def wipe(state: State) -> None:
        state.audit, state.checkpoint = [], None

    rewrite(trail, wipe)
    assert not trail.services.audit.verify().whole


def test_a_line_cut_from_the_middle_is_found(trail: MemoryServer) -> None:
    rewrite(trail, lambda state: state.audit.__delitem__(2))
    assert trail.services.audit.verify().broken_at == 3


def test_two_lines_in_another_order_are_found(trail: MemoryServer) -> None:
    def swap(state: State) -> None:
        state.audit[2], state.audit[3] = state.audit[3], state.audit[2]

    rewrite(trail, swap)
    assert trail.services.audit.verify().broken_at == 3


def test_lines_that_somebody_appended_are_not_covered_by_the_signature(trail: MemoryServer) -> None:
    def append(state: State) -> None:
        lines = [entry.line for entry in state.audit]
        state.audit = chained(trail.cmdb.cmdb_id(), [*lines, '{"action":"credential-removed"}'])

    rewrite(trail, append)
    verdict = trail.services.audit.verify()
    assert (verdict.lines, verdict.signed_lines) == (7, 6)


def test_without_a_signature_nothing_is_vouched_for(trail: MemoryServer) -> None:
    rewrite(trail, lambda state: setattr(state, "checkpoint", None))
    verdict = trail.services.audit.verify()
    assert (verdict.broken_at, verdict.signed_lines, verdict.whole) == (None, None, False)


def test_another_servers_signature_is_none(trail: MemoryServer) -> None:
    other = MemorySite().server()
    other.set_up()
    assert trail.cmdb.state.checkpoint is not None
    assert other.cmdb.state.checkpoint is not None
    forged = trail.cmdb.state.checkpoint._replace(signature=other.cmdb.state.checkpoint.signature)
    rewrite(trail, lambda state: setattr(state, "checkpoint", forged))
    assert trail.services.audit.verify().signed_lines is None


def test_a_trail_cut_back_to_an_older_signed_head_is_betrayed_by_the_home_and_by_a_backup(
    trail: MemoryServer,
) -> None:
    older, home = trail.cmdb.state.checkpoint, trail.checkpoint.kept
    trail.services.credentials.reveal(trail.services.credentials.show("run-as/deploy-1"), NOBODY).wipe()
    address = trail.back_up().copy.address

    def cut(state: State) -> None:
        state.checkpoint = older
        del state.audit[6:]

    rewrite(trail, cut)
    verdict = trail.services.audit.verify()
    assert (verdict.broken_at, verdict.signed_lines) == (None, None)
    assert not verdict.whole
    trail.checkpoint.kept = home
    verdict = trail.services.audit.verify()
    assert (verdict.broken_at, verdict.signed_lines) == (None, 6)
    assert verdict.contradicted_by == (address,)
    assert not verdict.whole


def test_a_line_behind_the_signed_head_is_no_part_of_it(trail: MemoryServer) -> None:
    lines = [entry.line for entry in trail.cmdb.state.audit]
    made = chained(trail.cmdb.cmdb_id(), [*lines, lines[-1]])
    rewrite(trail, lambda state: setattr(state, "audit", made))
    verdict = trail.services.audit.verify()
    assert (verdict.broken_at, verdict.signed_lines, verdict.lines) == (None, len(lines), len(made))
    assert not verdict.whole


def test_a_backup_that_agrees_contradicts_nothing(server: Server) -> None:
    server.back_up()
    server.add("one")
    server.back_up()
    assert server.services.audit.verify().contradicted_by == ()


def test_a_backup_that_cannot_be_asked_is_named_and_without_any_other_nothing_is_called_whole(
    server: Server,
) -> None:
    away = server.back_up().copy.address
    with server.cut_off(server.vault):
        verdict = server.services.audit.verify()
        assert verdict.not_asked == (away,)
        assert (verdict.intact, verdict.compared, verdict.whole) == (True, False, False)
    here = server.back_up_keys(server.local).copy.address
    with server.cut_off(server.vault):
        verdict = server.services.audit.verify()
        assert (verdict.whole, verdict.agreeing, verdict.not_asked) == (True, (here,), (away,))
        assert verdict.agreed_lines == verdict.lines - 1  # the line that tells of the backup is newer
    verdict = server.services.audit.verify()
    assert (verdict.whole, set(verdict.agreeing), verdict.not_asked) == (True, {here, away}, ())


def test_a_backup_that_is_gone_says_nothing(server: Server) -> None:
    address = server.back_up().copy.address
    server.lose(address)
    verdict = server.services.audit.verify()
    assert (verdict.intact, verdict.whole, verdict.not_asked) == (True, False, (address,))


def test_a_server_without_a_backup_has_nobody_to_ask(server: Server) -> None:
    assert server.services.audit.verify().whole


def test_an_older_database_that_was_put_back_is_told_until_the_backup_is_retired(
    server: Server, site: Site
) -> None:
    older = site.with_database_of(server)
    server.add("one")
    address = server.back_up().copy.address
    older.restore(address)
    assert older.services.audit.verify().whole
    older.clock.advance(days=1)
    assert older.services.audit.verify().whole


def test_a_restore_of_long_ago_excuses_no_newer_backup(memory: MemoryServer) -> None:
    site = MemorySite()
    site.destinations, site.clock = memory.destinations, memory.clock
    restored = site.with_database_of(memory)
    restored.restore(memory.back_up().copy.address)
    memory.clock.advance(days=30)
    older, lines = restored.cmdb.state.checkpoint, len(restored.audit())
    restored.add("one")
    address = restored.back_up().copy.address

    def cut(state: State) -> None:
        state.checkpoint = older
        del state.audit[lines:]

    assert restored.services.audit.verify().whole
    rewrite(restored, cut)
    assert address in restored.services.audit.verify().contradicted_by


def test_a_forged_line_about_a_restore_excuses_nothing(trail: MemoryServer) -> None:
    older, lines = trail.cmdb.state.checkpoint, [entry.line for entry in trail.cmdb.state.audit]
    trail.add("one")
    address = trail.back_up().copy.address
    trail.clock.advance(days=1)
    told = trail.installation.event(Action.RESTORED, "a story").line(7)

    def cut(state: State) -> None:
        state.checkpoint = older
        state.audit = chained(trail.cmdb.cmdb_id(), [*lines, told])

    rewrite(trail, cut)
    assert trail.services.audit.verify().contradicted_by == (address,)


def test_a_line_that_is_added_while_the_trail_is_read_breaks_nothing(memory: MemoryServer) -> None:
    audit = memory.services.audit
    entries = audit.entries

    def adding() -> Iterator[AuditEntry]:
        for entry in entries():
            yield entry
            memory.add(f"meanwhile-{entry.number}")

    audit.entries = adding  # type: ignore[method-assign]  # somebody else works while it is read
    assert audit.verify().whole


def test_the_newest_lines_come_first(server: Server) -> None:
    for number in range(4):
        server.add(f"deploy-{number}")
    newest = server.services.audit.latest(2)
    assert [entry.number for entry in newest] == [5, 4]
    assert "deploy-3" in newest[0].line
    assert [entry.number for entry in server.services.audit.entries()] == [1, 2, 3, 4, 5]


def test_no_secret_of_any_kind_is_ever_in_the_trail(server: Server) -> None:
    one = server.add("one", "hunter2")
    server.services.credentials.reveal(one, NOBODY).wipe()
    server.back_up(password="correct horse")
    server.rotate(without_backup=True)
    text = "".join(server.audit())
    assert "hunter2" not in text
    assert "correct horse" not in text


def test_an_administrators_name_that_is_no_text_does_not_break_the_trail(server: Server) -> None:
    odd = FixedIdentity(Actor(0, "root", "op\udcffrator"))
    event = replace(server.installation, identity=odd).event(Action.RESTORED, "a test")
    with server.installation.cmdb.changing(event):
        pass
    assert '"sudo_user":"op?rator"' in server.audit()[-1]


def test_a_name_that_is_no_text_does_not_break_the_trail(server: Server) -> None:
    event = server.installation.event(Action.RESTORED, "/mnt/\udcff", detail="\udcfe")
    with server.installation.cmdb.changing(event):
        pass
    assert "/mnt/?" in server.audit()[-1]
