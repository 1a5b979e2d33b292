"""Any CSV by the columns that a person names, once or under a name that is remembered."""

import pytest

from tests.fakes.command_line import Machine

CSV = "Nr;Was;Wer;Kennwort\r\n1;till;LAB\\svc;s,1\r\n"
COLUMNS = ("--columns", "name=Was,account=Wer,secret=Kennwort")


def test_columns_are_named_once_and_remembered_for_the_next_file(server: Machine) -> None:
    export = server.file("export.csv", CSV)
    config = server.home / "config.toml"
    config.write_text(f"# by hand\n{config.read_text()}")
    words = ("credential", "import", export, "--kind", "run-as")
    planned = server.run(*words, *COLUMNS, "--delimiter", ";", "--remember", "crm", "--plan")
    assert planned.out.startswith(
        "CSV by columns: 1 entry.\nNew 1, changed 0, present 0. Read with semicolons"
    )
    assert "[columns]" not in config.read_text()
    assert server.does(*words, *COLUMNS, "--delimiter", ";", "--remember", "crm")["imported"] == 1
    assert server.does("credential", "show", "run-as/till", "--reveal")["secret"] == "s,1"
    assert "# by hand" in config.read_text()
    again = server.does(*words, "--columns", "crm")
    assert (again["imported"], again["present"]) == (0, 1)
    server.does(
        *words, "--columns", "name=Was,account=Wer,secret=Kennwort,note=Nr", "--remember", "crm", "--update"
    )
    assert "note" in config.read_text()


def test_a_name_that_is_not_known_is_told(server: Machine) -> None:
    ran = server.run("credential", "import", server.file("x.csv", CSV), "--columns", "crm")
    assert ran.code == 65
    assert "crm is not the name of remembered columns" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("--columns", "name=Was,account=Wer"),
        ("--columns", "name=Was,account=Wer,secret="),
        ("--columns", "name=A,name=B,account=C,secret=D"),
        ("--columns", "name=A,account=C,secret=D,colour=E"),
        ("--delimiter", ""),
        ("--delimiter", '"'),
        ("--encoding", "ebcdic"),
    ],
)
def test_columns_that_say_nothing_are_a_usage_problem(server: Machine, words: tuple[str, ...]) -> None:
    assert server.run("credential", "import", server.file("x.csv", CSV), *words).code == 64


@pytest.mark.parametrize("line", ["till = 7", 'till = {name = "A"}', 'till = {nome = "A"}'])
def test_columns_that_a_person_wrote_wrong_are_told(server: Machine, line: str) -> None:
    with (server.home / "config.toml").open("a", encoding="utf-8") as config:
        config.write(f"\n[columns]\n{line}\n")
    ran = server.run("credential", "import", server.file("x.csv", CSV), "--columns", "till")
    assert ran.code not in (0, 70)
    assert "config.toml" in ran.err
