"""RESTORE.txt: for whoever was not there, at any width, with nothing that a terminal would obey."""

from dataclasses import replace

from nskeys.archive.reader import READER_SHA256
from nskeys.archive.restore_text import restore_text
from nskeys.model.backup import KeyFact
from nskeys.model.register import Protection
from tests.core.archive.samples import KEYS, archive, facts

TEXT = restore_text(facts()).decode("ascii")


def test_it_tells_whose_keys_these_are_and_what_opens_them() -> None:
    for told in ("ns01.example.net", "c0" * 16, "2026-11-23 03:00:00 UTC", "backup 41", "a password"):
        assert told in TEXT
    assert facts().hint in TEXT
    assert all(key.info.kid in TEXT for key in KEYS)
    assert facts().server_key[:32] in TEXT
    assert facts().server_key[32:] in TEXT
    assert READER_SHA256 in TEXT


def test_the_ways_to_the_keys_come_in_the_order_of_what_they_need() -> None:
    steps = [
        "python3 -I open_kms.py keys.kms",
        "age -d keys.kms",
        "nskeys restore ARCHIVE.zip",
        "nskeys verify",
    ]
    places = [TEXT.index(step) for step in steps]
    assert places == sorted(places)
    assert TEXT.index("a. The database.") < TEXT.index("b. The keys.") < TEXT.index("c. The proof.")


def test_it_fits_a_terminal_and_ends_in_a_line() -> None:
    long = replace(facts(), server="x" * 255, hint="y" * 200, generation=2**53 - 1)
    for text in (TEXT, restore_text(long).decode("ascii"), _for_recipients().decode("ascii")):
        assert max(map(len, text.split("\n"))) <= 78
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert not any(line != line.rstrip() for line in text.split("\n"))
        assert "\n\n\n\n" not in text


def test_a_long_name_is_broken_and_nothing_of_it_lost() -> None:
    name = "".join(chr(ord("a") + at % 26) for at in range(255))
    text = restore_text(replace(facts(), server=name)).decode("ascii")
    assert name in "".join(
        line.strip() for line in text.split("  Server  ", 1)[1].split("  CMDB  ")[0].split("\n")
    )


def test_words_beyond_ascii_come_from_people_only() -> None:
    text = restore_text(replace(facts(), hint="die blaue Tür")).decode("utf-8")
    assert text.replace("ü", "").isascii()


def test_every_key_is_listed_with_what_it_seals() -> None:
    keys = tuple(KeyFact(key.info, number + 1) for number, key in enumerate(KEYS))
    text = restore_text(replace(facts(), keys=keys)).decode("ascii")
    assert "seals 1 credential\n" in text
    assert "seals 2 credentials\n" in text
    assert "deactivated since 2026-11-22 14:02:00 UTC" in text


def test_no_hint_is_said_to_be_none() -> None:
    assert "(none was given)" in restore_text(replace(facts(), hint="")).decode("ascii")


def _for_recipients() -> bytes:
    told = replace(
        facts(),
        protection=Protection.RECIPIENTS,
        recipients=("age1" + "q" * 58, "ssh-rsa " + "A" * 400),
    )
    return restore_text(told)


def test_for_recipients_it_asks_for_an_identity_and_no_password() -> None:
    text = _for_recipients().decode("ascii")
    assert "age -d -i IDENTITY_FILE keys.kms" in text
    assert "age1" + "q" * 58 in text
    assert "a password" not in text.partition("1. See")[0].partition("Opened by")[2]
    assert "python3 -I open_kms.py keys.kms IDENTITY_FILE" in text


def test_it_says_where_nskeys_is_to_be_had() -> None:
    assert "nskeys is at" not in TEXT
    told = restore_text(replace(facts(), source="https://pkgs.example.net/nskeys")).decode("ascii")
    assert "  nskeys is at  https://pkgs.example.net/nskeys\n" in told


def test_it_follows_from_the_facts_alone() -> None:
    written = archive()
    assert restore_text(written.facts) == restore_text(facts())
