"""known_hosts: read as ssh reads it, written once for a server that a person trusted."""

import subprocess
from pathlib import Path

import pytest

from nskeys.destinations.ssh.known_hosts import HostKey, KnownHosts, entry_name
from nskeys.errors import HostKeyChanged, HostKeyRevoked, HostKeyUnknown
from tests.fakes.sshd import make_key


class Keys:
    """Host keys as ssh-keygen makes and prints them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0

    def new(self, kind: str = "ed25519") -> tuple[HostKey, str, str]:
        """The key, its text in a line, and its fingerprint."""
        self._made += 1
        path = self._folder / f"key{self._made}"
        make_key(path, kind)
        text = " ".join(Path(f"{path}.pub").read_text("ascii").split()[:2])
        shown = subprocess.run(
            ["ssh-keygen", "-lf", f"{path}.pub"], capture_output=True, text=True, check=True
        )
        import base64

        kind_word, blob = text.split()
        return HostKey(kind_word, base64.b64decode(blob)), text, shown.stdout.split()[1]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"


def unknown(hosts: KnownHosts, host: str, port: int, key: HostKey) -> HostKeyUnknown:
    """What is said of a key that nobody knows."""
    problem = hosts.about(host, port).judge(host, port, key)
    assert isinstance(problem, HostKeyUnknown)
    return problem


def test_a_fingerprint_is_the_one_that_ssh_keygen_prints(keys: Keys) -> None:
    for kind in ("ed25519", "rsa", "ecdsa"):
        key, _, shown = keys.new(kind)
        assert key.fingerprint == shown


def test_an_unknown_server_is_trusted_once_and_then_known(keys: Keys, own: Path) -> None:
    own.write_text("# mine\nother ssh-ed25519 AAAA", "ascii")
    hosts = KnownHosts(own)
    key, text, shown = keys.new()
    server = unknown(hosts, "vault02", 2222, key)
    assert (server.host, server.port, server.fingerprint) == ("vault02", 2222, shown)
    hosts.trust(server)
    hosts.trust(server)
    assert own.read_text("ascii") == f"# mine\nother ssh-ed25519 AAAA\n[vault02]:2222 {text}\n"
    assert own.stat().st_mode & 0o777 == 0o600
    assert hosts.about("VAULT02", 2222).judge("vault02", 2222, key) is None
    found = subprocess.run(
        ["ssh-keygen", "-F", "[vault02]:2222", "-f", str(own)], capture_output=True, text=True, check=True
    )
    assert text.split()[1] in found.stdout


def test_a_port_of_its_own_is_another_server(keys: Keys, own: Path) -> None:
    usual, text, _ = keys.new()
    own.write_text(f"vault02 {text}\n", "ascii")
    hosts = KnownHosts(own)
    assert hosts.about("vault02", 22).judge("vault02", 22, usual) is None
    unknown(hosts, "vault02", 2222, usual)
    unknown(hosts, "vault02", 2222, keys.new()[0])


def test_another_key_than_the_known_one_is_told_with_both_and_cannot_be_trusted(
    keys: Keys, own: Path
) -> None:
    _, text, shown = keys.new()
    other, _, other_shown = keys.new("rsa")
    hosts = KnownHosts(own)
    before = unknown(hosts, "vault02", 22, other)
    own.write_text(f"vault02 {text}\n", "ascii")
    problem = hosts.about("vault02", 22).judge("vault02", 22, other)
    assert isinstance(problem, HostKeyChanged)
    assert (problem.fingerprint, problem.known, problem.file) == (other_shown, (shown,), str(own))
    with pytest.raises(HostKeyChanged):
        hosts.trust(before)
    assert own.read_text("ascii") == f"vault02 {text}\n"


def test_what_others_trusted_with_ssh_counts_unless_the_home_knows_better(
    keys: Keys, own: Path, tmp_path: Path
) -> None:
    key, text, _ = keys.new()
    theirs = tmp_path / "theirs"
    theirs.write_text(f"vault02,10.0.0.5 {text}\n", "ascii")
    hosts = KnownHosts(own, (tmp_path / "missing", theirs))
    assert hosts.about("vault02", 22).judge("vault02", 22, key) is None
    _, mine, _ = keys.new()
    own.write_text(f"vault02 {mine}\n", "ascii")
    assert isinstance(hosts.about("vault02", 22).judge("vault02", 22, key), HostKeyChanged)


def test_a_key_that_anybody_revoked_is_no_good(keys: Keys, own: Path, tmp_path: Path) -> None:
    key, text, _ = keys.new()
    own.write_text(f"vault02 {text}\n", "ascii")
    theirs = tmp_path / "theirs"
    theirs.write_text(f"# whom we trust no more\n\n@revoked * {text}\n", "ascii")
    hosts = KnownHosts(own, (theirs,))
    revoked = hosts.about("vault02", 22).judge("vault02", 22, key)
    assert isinstance(revoked, HostKeyRevoked)
    assert (revoked.file, revoked.line) == (str(theirs), 3)
    assert revoked.fingerprint == key.fingerprint


@pytest.mark.parametrize(
    ("names", "fits"),
    [
        ("vault*", True),
        ("vault0?", True),
        ("*,!vault02", False),
        ("!vault02,*", False),
        ("vault0[12]", False),
        ("other,vault02", True),
        ("other", False),
        ("|1|bad", False),
        ("|2|AAAA|AAAA", False),
    ],
)
def test_names_in_a_line_are_patterns(keys: Keys, own: Path, names: str, fits: bool) -> None:
    key, text, _ = keys.new()
    own.write_text(f"{names} {text}\n", "ascii")
    found = KnownHosts(own).about("vault02", 22)
    assert bool(found.keys) is fits
    assert (found.judge("vault02", 22, key) is None) is fits


@pytest.mark.parametrize("port", [22, 2222])
def test_hashed_names_are_found(keys: Keys, own: Path, port: int) -> None:
    key, text, _ = keys.new()
    own.write_text(f"{entry_name('vault02', port)} {text}\n", "ascii")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(own)], capture_output=True, check=True)
    assert "vault02" not in own.read_text("ascii")
    assert KnownHosts(own).about("vault02", port).judge("vault02", port, key) is None


def test_lines_that_are_none_are_passed_over(keys: Keys, own: Path) -> None:
    key, text, _ = keys.new()
    junk = b"\xff\xfe\nvault02\nvault02 ssh-ed25519 !!!\n@strange vault02 x y\n@cert-authority\n\n"
    own.write_bytes(junk + f"vault02 {text} a comment\n".encode())
    assert KnownHosts(own).about("vault02", 22).judge("vault02", 22, key) is None
