"""`config.toml`, which a person may write."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.errors import ConfigurationInvalid, FileUnreadable, NewerVersion
from nskeys.model.destinations import DestinationInfo, Mounted
from nskeys.model.retention import Retention
from nskeys.ports import Settings
from nskeys.store.settings import ConfigToml
from tests.fakes.examples import examples

WRITTEN = """\
# Asked for by the auditors, ticket 4711.
version = 1
server_name = "ns01.example.net" # as in the asset list

# The vault in the other building.
[[destination]]
address = "/mnt/vault" # mounted by systemd

# Carried away on Fridays.
# Ask the night shift.
[[ destination ]]
address = "/mnt/tape"
elsewhere = "tape to the safe"

# Old.
[[destination]] # to be removed
address = "/mnt/old"
"""
VAULT = DestinationInfo("/mnt/vault")
TAPE = DestinationInfo("/mnt/tape", "tape to the safe")
OLD = DestinationInfo("/mnt/old")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


@pytest.fixture
def file(path: Path) -> ConfigToml:
    return ConfigToml(path, "host.example.net")


def test_what_a_person_wrote_is_read(path: Path, file: ConfigToml) -> None:
    path.write_text(WRITTEN)
    assert file.read() == Settings("ns01.example.net", "", (VAULT, TAPE, OLD))


def test_where_nskeys_is_to_be_had_stays_in_its_line(path: Path, file: ConfigToml) -> None:
    line = 'source = "https://pkgs.example.net"  # ask the night shift'
    path.write_text(f"{line}\n{WRITTEN}")
    told = file.read()
    assert told.source == "https://pkgs.example.net"
    file.write(replace(told, drill_days=30))
    assert line in path.read_text()
    file.write(replace(told, source=""))
    assert "source" not in path.read_text()


def test_what_does_not_change_is_not_written(path: Path, file: ConfigToml) -> None:
    path.write_text(WRITTEN)
    before = path.stat()
    file.write(file.read())
    assert path.read_text() == WRITTEN
    assert path.stat().st_ino == before.st_ino


def test_a_persons_comments_survive_a_change(path: Path, file: ConfigToml) -> None:
    path.write_text(WRITTEN)
    declared = DestinationInfo("/mnt/vault", 'the "other" building')
    file.write(Settings("ns02", "postgresql:///cmdb", (declared, TAPE, DestinationInfo("/mnt/new"))))
    assert (
        path.read_text()
        == """\
# Asked for by the auditors, ticket 4711.
version = 1
server_name = "ns02" # as in the asset list
cmdb = "postgresql:///cmdb"

# The vault in the other building.
[[destination]]
address = "/mnt/vault" # mounted by systemd
elsewhere = "the \\"other\\" building"

# Carried away on Fridays.
# Ask the night shift.
[[ destination ]]
address = "/mnt/tape"
elsewhere = "tape to the safe"

[[destination]]
address = "/mnt/new"
"""
    )


def test_a_declaration_and_a_database_can_be_taken_back(path: Path, file: ConfigToml) -> None:
    path.write_text(WRITTEN.replace("\n# The vault", 'cmdb = "postgresql:///x"\n\n# The vault'))
    assert file.read().cmdb == "postgresql:///x"
    wanted = Settings("ns01.example.net", "", (DestinationInfo("/mnt/tape"),))
    file.write(wanted)
    assert file.read() == wanted
    assert "elsewhere" not in path.read_text()
    assert "cmdb" not in path.read_text()
    assert "# Ask the night shift." in path.read_text()


def test_the_name_stands_in_the_file_so_that_it_outlives_the_host_name(
    path: Path, file: ConfigToml
) -> None:
    file.write(file.read())
    assert path.read_text() == 'version = 1\nserver_name = "host.example.net"\n'
    assert ConfigToml(path, "renamed.example.net").read().server_name == "host.example.net"


@pytest.mark.parametrize(
    ("text", "problem", "detail"),
    [
        ("server_name = ", "not_toml", "Invalid value (at end of document)"),
        ("\xff", "not_toml", ""),
        ("x = " + "[" * 50_000, "not_toml", ""),
        ("server_name = 7", "wrong_type", "server_name"),
        ("server_name = ''", "empty", "server_name"),
        ("cmdb = []", "wrong_type", "cmdb"),
        ("version = 'one'", "wrong_type", "version"),
        ("drill_days = true", "wrong_type", "drill_days"),
        ("source = 7", "wrong_type", "source"),
        ('source = "a\\u0007b"', "wrong_value", "source"),
        (f'source = "{"x" * 201}"', "wrong_value", "source"),
        ("drill_days = '9'", "wrong_type", "drill_days"),
        ("drill_days = -1", "wrong_value", "drill_days"),
        ("drill_days = 99999", "wrong_value", "drill_days"),
        ("check_days = 1.5", "wrong_type", "check_days"),
        ("check_days = -1", "wrong_value", "check_days"),
        ("version = true", "wrong_type", "version"),
        ("destination = '/mnt'", "wrong_type", "destination"),
        ("destination = ['/mnt']", "wrong_type", "destination"),
        ("[[destination]]", "empty", "address"),
        ("[[destination]]\naddress = 1", "wrong_type", "address"),
        ("[[destination]]\naddress = '/a'\nelsewere = 'x'", "unknown_setting", "elsewere"),
        ("[[destination]]\naddress = '/a'\nelsewhere = true", "wrong_type", "elsewhere"),
        ("[[destination]]\naddress = '/a'\n[[destination]]\naddress = '/a'", "twice", "/a"),
        ("sever_name = 'x'", "unknown_setting", "sever_name"),
    ],
)
def test_a_mistake_is_named_and_never_overwritten(
    path: Path, file: ConfigToml, text: str, problem: str, detail: str
) -> None:
    path.write_text(text, encoding="latin-1")
    for use in (file.read, lambda: file.write(Settings("x", ""))):
        with pytest.raises(ConfigurationInvalid) as invalid:
            use()
        assert (invalid.value.problem, invalid.value.detail) == (problem, detail)
    assert path.read_text("latin-1") == text


def test_a_newer_file_is_left_to_a_newer_program(path: Path, file: ConfigToml) -> None:
    path.write_text("version = 2\nnovelty = 1\n")
    with pytest.raises(NewerVersion) as newer:
        file.read()
    assert (newer.value.what, newer.value.found, newer.value.known) == ("config", 2, 1)


@pytest.mark.parametrize(
    "text",
    [
        'destination = [{address = "/mnt/a"}]\n',
        'server_name = """\n[[destination]]\n"""\n',
        "[[destination]]\naddress = '''/mnt\n[[destination]]\n'''\n",
        '[[destination]]\n"address" = "/mnt/a"\n',
        "['destination']\n",
    ],
)
def test_a_layout_beyond_us_is_changed_rightly_or_not_at_all(
    path: Path, file: ConfigToml, text: str
) -> None:
    path.write_text(text)
    wanted = Settings("new", "postgresql:///x", (DestinationInfo("/mnt/b", "tape"),))
    try:
        file.write(wanted)
    except ConfigurationInvalid:
        assert path.read_text() == text
    else:
        assert file.read() == wanted


def test_a_file_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        ConfigToml(tmp_path, "host").read()


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
PLACES = st.lists(
    st.builds(DestinationInfo, WORDS, st.one_of(st.just(""), WORDS), st.just(""), st.none()),
    max_size=4,
    unique_by=lambda info: info.address,
).map(tuple)
ANY = st.builds(Settings, WORDS, st.one_of(st.just(""), WORDS), PLACES)


@settings(max_examples=examples(60), deadline=None)
@given(first=ANY, second=ANY)
def test_whatever_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, first: Settings, second: Settings
) -> None:
    file = ConfigToml(tmp_path_factory.mktemp("settings") / "config.toml", "host")
    for wanted in (first, second):
        file.write(wanted)
        assert file.read() == wanted


@pytest.mark.parametrize("place", ["before", "after"])
def test_what_pruning_keeps_stays_wherever_it_stands(tmp_path: Path, place: str) -> None:
    """Where destinations come and go around it; and with what a person wrote beside it."""
    retention = "# ours\n[retention]  # by the auditor\nkeep_last = 30\n"
    destination = '[[destination]]\naddress = "/mnt/vault"\n'
    first, second = (retention, destination) if place == "before" else (destination, retention)
    path = tmp_path / "config.toml"
    path.write_text(f'version = 1\nserver_name = "ns01"\n\n{first}\n{second}')
    file = ConfigToml(path, "ns01")
    before = file.read()
    assert before.retention == Retention(30, 12)
    written = path.read_text()
    file.write(before)
    assert path.read_text() == written
    changed = replace(before, server_name="ns02", destinations=(DestinationInfo("/mnt/safe"),))
    file.write(changed)
    assert file.read() == changed
    file.write(replace(changed, destinations=()))
    assert retention.strip() in path.read_text()
    file.write(replace(changed, retention=Retention(2, 0)))
    assert file.read().retention == Retention(2, 0)


@pytest.mark.parametrize(
    ("table", "problem", "detail"),
    [
        ("keep_last = 0", "wrong_value", "keep_last"),
        ("keep_monthly = -1", "wrong_value", "keep_monthly"),
        ("keep_last = 10001", "wrong_value", "keep_last"),
        ('keep_last = "7"', "wrong_type", "keep_last"),
        ("keep_last = true", "wrong_type", "keep_last"),
        ("keep_weekly = 4", "unknown_setting", "keep_weekly"),
    ],
)
def test_what_cannot_be_kept_is_refused(tmp_path: Path, table: str, problem: str, detail: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[retention]\n{table}\n")
    with pytest.raises(ConfigurationInvalid) as refused:
        ConfigToml(path, "ns01").read()
    assert (refused.value.problem, refused.value.detail) == (problem, detail)


def test_what_held_a_declared_folder_is_kept_and_comes_back(path: Path, file: ConfigToml) -> None:
    held = Mounted("/mnt/tape", "vfat", "/dev/sdb1", "66E3-1A2B", "/ns01")
    share = Mounted("/mnt/vault", "nfs4", "vault02:/backups", "", "/")
    path.write_text(WRITTEN)
    places = (VAULT._replace(declared_elsewhere="copied", mounted=share), TAPE._replace(mounted=held), OLD)
    wanted = Settings("ns01.example.net", "", places)
    file.write(wanted)
    assert file.read() == wanted
    assert "# Ask the night shift." in path.read_text()
    back = replace(wanted, destinations=(VAULT, TAPE, OLD))
    file.write(back)
    assert file.read() == back
    assert "mounted" not in path.read_text().replace("mounted by systemd", "")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('mounted = "x"', "wrong_type"),
        ("mounted = {point = 1}", "wrong_type"),
        ('mounted = {device = "8:1"}', "unknown_setting"),
        ('mounted = {point = "/mnt", kind = "ext4", source = "/dev/sdb1"}', "empty"),
    ],
)
def test_a_memory_of_a_mount_that_is_none_is_refused(
    path: Path, file: ConfigToml, text: str, problem: str
) -> None:
    path.write_text(f'[[destination]]\naddress = "/mnt"\nelsewhere = "x"\n{text}\n')
    with pytest.raises(ConfigurationInvalid) as refused:
        file.read()
    assert refused.value.problem == problem
