"""Servers that hold backups, in words: their name, their host key, and whether it is trusted."""

from types import MappingProxyType

from nskeys.errors import HostKeyUnknown
from nskeys.wording.text.terminal import shown

TRUST_TITLE = "A server that is not known yet"
TRUST_YES = "Yes, the fingerprints agree: trust this server"
TRUST_NO = "No, go back"
_SSH_PORT = 22
_FILES = MappingProxyType({"ssh-ed25519": "ed25519", "ssh-rsa": "rsa"})


def server_name(host: str, port: int) -> str:
    """`vault02`, or `vault02:2222` where the port is not the usual one."""
    name = shown(host)
    if port == _SSH_PORT:
        return name
    return f"[{name}]:{port}" if ":" in host else f"{name}:{port}"


def key_name(key_type: str) -> str:
    """`ED25519`, `RSA`, `ECDSA`: as ssh calls a key's type."""
    return shown(_kind(key_type).upper())


def compare_command(key_type: str) -> str:
    """What prints the fingerprint on the server itself."""
    return f"ssh-keygen -lf /etc/ssh/ssh_host_{shown(_kind(key_type))}_key.pub"


def trust_question(server: HostKeyUnknown) -> tuple[str, ...]:
    """What is asked before a server is trusted, paragraph by paragraph."""
    name = server_name(server.host, server.port)
    return (
        f"{name} is not known yet. It shows this {key_name(server.key_type)} host key:",
        shown(server.fingerprint),
        "Compare it with what this prints on that server itself (not over this connection):",
        compare_command(server.key_type),
    )


def host_key_facts(server: HostKeyUnknown) -> list[tuple[str, str]]:
    """What a server shows of itself."""
    return [
        ("server", server_name(server.host, server.port)),
        ("key", key_name(server.key_type)),
        ("fingerprint", shown(server.fingerprint)),
    ]


def server_known(address: str) -> str:
    """Nothing is to be trusted: it is already."""
    return f"The server of {shown(address)} is known already."


def trusted_words(server: HostKeyUnknown) -> str:
    """What was remembered."""
    name = server_name(server.host, server.port)
    return f"{name} is trusted from now on by its host key {shown(server.fingerprint)}."


def _kind(key_type: str) -> str:
    return _FILES.get(key_type) or key_type.partition("-")[0]
