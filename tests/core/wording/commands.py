"""The command line as the design states it, to hold the commands in sentences against."""

import re

_GRAMMAR = """
init [--cmdb URL] [--protector tpm2|passphrase|file] [--server-name NAME] [--accept-loss N] [--weak-password]
status [--json|--prometheus|--nagios] [--output FILE]
key list
key show KID
key rotate [--without-backup]
credential list
credential add [--kind KIND] [--secret-file F]
credential show ID [--reveal]
credential edit ID [--secret-file F]
credential remove ID --yes
credential import FILE [--plan] [--skip-bad] [--kind KIND] [--update] [--with-deleted] [--empty-secrets] [--encoding NAME] [--columns FIELDS] [--delimiter C] [--remember NAME]
backup [--to DESTINATION] [--password-file F] [--weak-password] [--hint TEXT] [--keys-only|--database-only] [--if-needed]
inspect FILE
drill FILE [--password-file F] [--identity F] [--shares] [--shares-file F]
restore FILE [--plan] [--server-key THUMBPRINT] [--database PLACE] [--keys-only] [--other-machine] [--password-file F] [--identity F] [--shares] [--shares-file F] [--protector P] [--cmdb URL] [--weak-password]
verify
destination list
destination add DEST [--elsewhere TEXT] [--key-file F]
destination test DEST
destination trust DEST [--fingerprint HASH]
destination remove DEST
register list
register check
register add FILE
register retire ID
prune [--plan] [--keep-last N] [--keep-monthly N]
database list
database copy [--to D]
database declare TEXT [--withdraw]
database check FILE [--of TEXT]
registry
runbook [--html] [--output FILE]
re-entry [--csv] [--output FILE]
identity create [--weak-password]
identity show
custodians show
custodians split [--shares N] [--threshold T] [--sheets DIR] [--html]
custodians check [--shares-file F]
schedule show
schedule install
schedule status
schedule remove
key compromise KID
server-key show
server-key replace
protector show
protector change [--weak-password] [--without-backup]
audit [--verify]
checkpoint show
checkpoint verify
checkpoint accept [--shown DIGEST] [--reason TEXT] [--take-back]
"""  # noqa: E501  # a command a line
_EVERYWHERE = {"--home", "--json", "--passphrase-file", "--pin-file", "--ssh-secret-file"}
_KNOWN = {}
for _line in _GRAMMAR.strip().splitlines():
    _words = tuple(re.match(r"[a-z-]+(?: [a-z]+)?(?= |$)", _line)[0].split())  # type: ignore[index]  # every line has one
    _rest = _line[len(" ".join(_words)) :]
    _KNOWN[_words] = (
        set(re.findall(r"--[a-z-]+", _rest)) | _EVERYWHERE,
        len(re.findall(r"(?<= )[A-Z]+\b", re.sub(r"\[[^]]*\]", "", _rest))),
    )
OPTIONS = {option for options, _ in _KNOWN.values() for option in options}
_QUOTED = re.compile(r"'((?:sudo )?nskeys(?: [^']*)?|--[^']*)'")


def commands(text: str) -> list[str]:
    """Every command, or option on its own, that a sentence quotes."""
    return _QUOTED.findall(text)


def is_valid(command: str) -> bool:
    """Whether a command quoted in a sentence can be typed."""
    words = command.removeprefix("sudo ").split()
    if words[0] != "nskeys":
        return words[0] in OPTIONS and len(words) <= 2
    words = words[1:]
    known = _KNOWN.get(tuple(words[:2])) or _KNOWN.get(tuple(words[:1]))
    if known is None:
        return words == []
    taken = 2 if tuple(words[:2]) in _KNOWN else 1
    options, positional = known
    rest = words[taken:]
    plain = [
        word
        for before, word in zip(["", *rest], rest, strict=False)
        if not word.startswith("--") and (not before.startswith("--") or before in ("--yes", "--skip-bad"))
    ]
    return all(word in options for word in rest if word.startswith("--")) and len(plain) == positional
