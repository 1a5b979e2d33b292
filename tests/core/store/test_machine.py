"""Who acts, by what the kernel knows and by what the environment says."""

import os
import pwd
from pathlib import Path

import pytest

from nskeys.model.audit import NO_SESSION, Actor, actor_of
from nskeys.store.machine import ProcessIdentity
from nskeys.wording.who import who_word, who_words

USER = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture
def loginuid(tmp_path: Path) -> Path:
    return tmp_path / "loginuid"


def test_the_login_session_is_the_kernels_word(loginuid: Path) -> None:
    loginuid.write_text("1")
    actor = ProcessIdentity({"SUDO_USER": "operator"}, loginuid).actor()
    name = pwd.getpwuid(1).pw_name
    assert actor == Actor(os.geteuid(), USER, "operator", 1, name)
    assert who_word(actor) == who_words(actor) == f"{name} as {USER}, says operator"


def test_what_sudo_says_is_told_only_where_it_is_another_word(loginuid: Path) -> None:
    loginuid.write_text("1")
    name = pwd.getpwuid(1).pw_name
    assert who_words(ProcessIdentity({"SUDO_USER": name}, loginuid).actor()) == f"{name} as {USER}"


def test_without_a_session_it_is_said(loginuid: Path) -> None:
    loginuid.write_text(str(NO_SESSION))
    actor = ProcessIdentity({}, loginuid).actor()
    assert (actor.login_uid, actor.login_user) == (NO_SESSION, "")
    assert (who_word(actor), who_words(actor)) == (USER, f"{USER}, no login session")
    claims = ProcessIdentity({"SUDO_USER": "someone"}, loginuid).actor()
    assert who_words(claims) == f"{USER}, no login session, says someone"


@pytest.mark.parametrize("text", [None, "", "none\n"])
def test_a_kernel_that_keeps_no_session_says_nothing(text: str | None, loginuid: Path) -> None:
    if text is not None:
        loginuid.write_text(text)
    actor = ProcessIdentity({}, loginuid).actor()
    assert (actor.login_uid, who_words(actor)) == (None, USER)


def test_a_login_without_a_name_is_its_number(loginuid: Path) -> None:
    loginuid.write_text("4294900000")
    assert who_word(ProcessIdentity({}, loginuid).actor()) == f"4294900000 as {USER}"


def test_the_real_file_is_understood() -> None:
    actor = ProcessIdentity({}).actor()
    assert actor.login_uid is None or 0 <= actor.login_uid <= NO_SESSION


def test_members_of_a_line_that_somebody_else_wrote_may_be_anything() -> None:
    assert actor_of({}) == Actor(-1, "")
    assert actor_of({"uid": "0", "user": 7, "login_uid": "x", "sudo_user": None}) == Actor(-1, "")
