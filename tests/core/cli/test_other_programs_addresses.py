"""What an administrator types as in another program is refused, wherever an address is taken."""

from pathlib import Path

import pytest

from tests.fakes.command_line import Machine, tree


@pytest.mark.parametrize(
    "words",
    [
        ("destination", "add"),
        ("destination", "test"),
        ("destination", "trust"),
        ("inspect",),
        ("drill",),
        ("backup", "--to"),
        ("restore",),
    ],
)
def test_an_address_of_scp_is_answered_with_its_right_form_and_nothing_is_made(
    server: Machine, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = tree(server.home)
    ran = (
        server.run(*words, "backup@vault02.example.net:/srv/keys", "--password-file", server.password)
        if (words[0] in ("backup", "drill", "restore"))
        else server.run(*words, "backup@vault02.example.net:/srv/keys")
    )
    assert ran.code == 64
    assert "Write sftp://backup@vault02.example.net/srv/keys." in ran.err
    assert tree(server.home) == before


def test_a_folder_with_a_colon_is_taken_where_it_is_named_as_a_path(
    server: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tapes:weekly").mkdir()
    refused = server.run("destination", "add", "tapes:weekly")
    assert refused.code == 64
    assert "present folder is ./tapes:weekly." in refused.err
    server.does("destination", "add", "./tapes:weekly", "--elsewhere", "tape")
    assert server.back_up("--to", "./tapes:weekly")["location"] == "elsewhere"
