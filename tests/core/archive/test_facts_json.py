"""Facts: what is written is read, and whatever else is in their place is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.archive.facts_json import facts_from_json, facts_to_json
from nskeys.errors import BackupDamaged, NewerVersion
from nskeys.model.audit import AuditHead
from nskeys.model.backup import BackupFacts, CheckpointMark, KeyFact, MemberFact
from nskeys.model.checkpoint import Predecessor
from nskeys.model.keys import KeyInfo, KeyState, Kid
from nskeys.model.register import Protection
from nskeys.model.signed_json import Malformed, canonical_json, parse
from nskeys.wording.errors import say
from tests.core.archive.samples import archive
from tests.fakes.examples import examples

FACTS = archive().facts

counts = st.integers(0, 2**53 - 1)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)).map(  # noqa: DTZ001 - made aware below
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
infos = st.builds(KeyInfo, hashes.map(Kid), moments, st.sampled_from(KeyState), moments)
lines = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200)
key_facts = st.builds(KeyFact, infos, counts)
members = st.tuples(
    st.builds(lambda fact: ("RESTORE.txt", fact), st.builds(MemberFact, hashes, counts)),
    st.builds(lambda fact: ("open_kms.py", fact), st.builds(MemberFact, hashes, counts)),
)
all_facts = st.builds(
    BackupFacts,
    server=lines.filter(bool),
    cmdb_id=hashes.map(lambda digits: digits[:32]),
    server_key=st.just(FACTS.server_key),
    server_public=st.just(FACTS.server_public),
    created=moments,
    generation=st.integers(1, 2**53 - 1),
    previous=st.none() | hashes,
    keys=st.lists(key_facts, min_size=1, max_size=3, unique_by=lambda key: key.info.kid).map(tuple),
    kinds=st.just((("hierarchy", 1), ("run-as", 0))),
    audit=st.builds(AuditHead, counts, st.binary(min_size=32, max_size=32)),
    protection=st.just(Protection.PASSWORD),
    hint=lines,
    source=lines,
    predecessors=st.lists(st.builds(Predecessor, hashes, counts), max_size=3).map(tuple),
    checkpoint=st.none() | st.builds(CheckpointMark, st.integers(1, 2**53 - 1), hashes),
    members=members,
)


@settings(max_examples=examples(100), deadline=None)
@given(all_facts)
def test_what_is_written_is_read(facts: BackupFacts) -> None:
    assert facts_from_json(parse(canonical_json(facts_to_json(facts)), 100_000)) == facts


def test_recipients_are_read() -> None:
    recipients = ("age1" + "q" * 58, "ssh-ed25519 AAAA")
    facts = replace(FACTS, protection=Protection.RECIPIENTS, recipients=recipients)
    assert facts_from_json(facts_to_json(facts)) == facts


def _set(*path: str | int, to: object) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return change


def _drop(*path: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


WRONG = {
    "a field is missing": _drop("hint"),
    "a field is unknown": _set("comment", to="x"),
    "no server": _set("server", to=""),
    "a server with ESC": _set("server", to="ns\x1b[2J"),
    "a server that is a number": _set("server", to=1),
    "a hint too long": _set("hint", to="x" * 201),
    "a source too long": _set("source", to="x" * 201),
    "a source that hides a part": _set("source", to="https://a\u200b.example"),
    "a hint that turns the text around": _set("hint", to="\u202egnp.exe"),
    "a CMDB id in capitals": _set("cmdb_id", to="C0" * 16),
    "a CMDB id too short": _set("cmdb_id", to="c0" * 15),
    "a server key that its public half does not have": _set("server_key", to="ab" * 32),
    "a public half of 31 bytes": _set("server_public", to="A" * 42),
    "a predecessor without a number": _set("predecessors", to=[{"server_key": "ab" * 32}]),
    "a predecessor up to a negative number": _set(
        "predecessors", to=[{"server_key": "ab" * 32, "upto": -1}]
    ),
    "more than a hundred predecessors": _set(
        "predecessors", to=[{"server_key": "ab" * 32, "upto": 1}] * 101
    ),
    "checkpoint 0": _set("checkpoint", to={"number": 0, "sha256": "ab" * 32}),
    "a checkpoint without its hash": _set("checkpoint", to={"number": 1}),
    "generation 0": _set("generation", to=0),
    "generation true": _set("generation", to=True),
    "a previous that is no hash": _set("previous", to=""),
    "a date without a zone": _set("created", to="2026-11-23T03:00:00"),
    "a date that does not exist": _set("created", to="2026-02-30T03:00:00Z"),
    "a date in other digits": _set("created", to="２026-11-23T03:00:00Z"),
    "no keys": _set("keys", to=[]),
    "a key twice": lambda document: document["keys"].append(document["keys"][0]),
    "a key in an unknown state": _set("keys", 0, "state", to="destroyed"),
    "a key with a negative count": _set("keys", 0, "credentials", to=-1),
    "an unknown kind": _set("kinds", "mainframe", to=1),
    "kinds as a list": _set("kinds", to=[]),
    "an audit head that is none": _set("audit", "head", to="00"),
    "an unknown protection": _set("protection", to="none"),
    "a password and recipients": _set("recipients", to=["age1q"]),
    "recipients and none named": _set("protection", to="recipients"),
    "a member too many": _set("members", "evil.sh", to={"sha256": "ab" * 32, "size": 1}),
    "a member too few": _drop("members", "open_kms.py"),
    "an identity where there is a password": _set(
        "members", "identity.age", to={"sha256": "ab" * 32, "size": 1}
    ),
    "the kms among the members": _set("members", "keys.kms", to={"sha256": "ab" * 32, "size": 1}),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_other_facts_are_refused(change: Callable[[Any], None]) -> None:
    document = parse(canonical_json(facts_to_json(FACTS)), 100_000)
    change(document)
    with pytest.raises(Malformed):
        facts_from_json(document)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_set("hint", to="Tu\u0308r"), "not_nfc"),
        (_set("server", to="ns-zu\u0308rich"), "not_nfc"),
        (_set("created", to="1969-12-31T23:59:59Z"), "before_1970"),
        (_set("keys", 0, "created", to="1969-12-31T23:59:59Z"), "before_1970"),
        (_set("keys", 0, "state_since", to="0001-01-01T00:00:00Z"), "before_1970"),
    ],
)
def test_text_out_of_form_and_times_before_1970_are_named(
    change: Callable[[Any], None], problem: str
) -> None:
    document = parse(canonical_json(facts_to_json(FACTS)), 100_000)
    change(document)
    with pytest.raises(Malformed) as raised:
        facts_from_json(document)
    assert raised.value.problem == problem
    assert "damaged" in say(BackupDamaged("a.zip", "manifest.json", raised.value.problem)).what


def test_the_first_second_of_1970_is_a_time() -> None:
    info = FACTS.keys[0].info._replace(created=datetime(1970, 1, 1, tzinfo=UTC))
    facts = replace(FACTS, keys=(replace(FACTS.keys[0], info=info), *FACTS.keys[1:]))
    assert facts_from_json(facts_to_json(facts)) == facts


def test_a_newer_format_is_named_whatever_else_it_holds() -> None:
    with pytest.raises(NewerVersion) as raised:
        facts_from_json({"format": "nskeys/backup/2", "moon": "full"})
    assert (raised.value.what, raised.value.found, raised.value.known) == ("backup", 2, 1)


@pytest.mark.parametrize(
    "name", ["nskeys/backup/0", "nskeys/backup/01", "nskeys/backup/", "other/1", "", 1]
)
def test_another_format_is_none_of_ours(name: object) -> None:
    with pytest.raises(Malformed):
        facts_from_json({"format": name})  # type: ignore[dict-item]  # that is what is tried
