"""`main`: from arguments to an exit code. Every error ends here, as two sentences and a number."""

import io
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from types import MappingProxyType

from nskeys.cli.commands import (
    audit,
    backup,
    credential,
    custodians,
    destination,
    drill,
    identity,
    init,
    inspect,
    key,
    protector,
    prune,
    re_entry,
    register,
    registry,
    restore,
    runbook,
    schedule,
    status,
    verify,
)
from nskeys.cli.exit_codes import Exit, exit_for
from nskeys.cli.files import STANDARD_INPUT
from nskeys.cli.output import Output
from nskeys.cli.parser import CommandParser, Commands, TextWanted, UsageProblem, defaults, outermost
from nskeys.cli.secrets import CommandLineSecrets
from nskeys.cli.session import Connect, Session, connect_here
from nskeys.errors import Cancelled, ImportRefused, NskeysError
from nskeys.ports import Purpose
from nskeys.services.passwords.providers import RememberedPassphrase
from nskeys.wording.errors import UNFORESEEN, say
from nskeys.wording.errors.credentials import bad_row
from nskeys.wording.text.terminal import safe

_PURPOSES = MappingProxyType(
    {
        "password_file": (
            Purpose.NEW_BACKUP_PASSWORD,
            Purpose.BACKUP_PASSWORD,
            Purpose.NEW_IDENTITY_PASSWORD,
            Purpose.IDENTITY_PASSWORD,
        ),
        "passphrase_file": (Purpose.PASSPHRASE, Purpose.NEW_PASSPHRASE),
        "pin_file": (Purpose.PIN,),
        "secret_file": (Purpose.CREDENTIAL_SECRET,),
        "shares_file": (Purpose.SHARE,),
        "ssh_secret_file": (Purpose.SSH_PASSWORD, Purpose.SSH_PASSPHRASE),
    }
)
_FILES = (*_PURPOSES, "new_passphrase_file", "export", "identity")
"""What may be read from standard input, which has one thing to say."""


def main(argv: Sequence[str], connect: Connect = connect_here) -> int:
    """Run one command and return its exit code; `argv` is without the program's name."""
    _open_streams()
    output = Output(as_json=False, stdout=sys.stdout, stderr=sys.stderr)
    try:
        options = _parse(argv)
    except TextWanted as wanted:
        output.text(wanted.text)
        output.flush()
        return Exit.DONE
    except UsageProblem as problem:
        return _misused(output, problem)
    return _run(options, Output(options.json, sys.stdout, sys.stderr), connect)


def _open_streams() -> None:
    """Whoever closed a standard stream (`>&-`) gets nothing there; but no file of ours may get its number,
    or words would be written into it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115  # for the process's life
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115  # for the process's life
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names may hold what the locale cannot encode; escapes are better than no answer.
        sys.stdout.reconfigure(errors="backslashreplace")


def grammar() -> CommandParser:
    """Every command with its options."""
    return outermost(_add_commands)


def _add_commands(commands: Commands) -> None:
    """In the order of the help."""
    for module in (init, status, key, credential, backup, inspect, drill, restore, verify):
        module.add(commands)
    for module in (re_entry, runbook, destination, schedule, register, prune, registry):
        module.add(commands)
    for module in (identity, custodians, protector, audit):
        module.add(commands)


def _parse(argv: Sequence[str]) -> Namespace:
    """The options; UsageProblem, TextWanted."""
    options, rest = grammar().parse_known_args(argv, defaults())
    if rest:
        raise UsageProblem(f"{rest[0]} means nothing here", options.command)
    reading = [name for name in _FILES if getattr(options, name, None) == STANDARD_INPUT]
    if len(reading) > 1:
        raise UsageProblem("only one of the files may be standard input (-)", options.command)
    return options


def _run(options: Namespace, output: Output, connect: Connect) -> int:
    asked = CommandLineSecrets(_secret_files(options), insist=getattr(options, "weak_password", False))
    secrets = RememberedPassphrase(asked)
    session = Session(connect, options.home, output, secrets, sys.stderr, options.wait)
    try:
        try:
            code: int = session.with_server_auth(lambda: options.run(session, options))
        finally:
            session.close()
            secrets.forget()
            asked.forget()
        output.finish()
    except UsageProblem as problem:
        return _misused(output, problem)
    except NskeysError as error:
        return _failed(options, output, error)
    except KeyboardInterrupt:
        return _failed(options, output, Cancelled())
    except BaseException as bug:  # noqa: BLE001  # the last resort: no traceback may show a secret
        output.say(f"nskeys: {UNFORESEEN.what} ({type(bug).__name__})", UNFORESEEN.advice)
        return getattr(options, "failed", Exit.BUG)
    return code


def _failed(options: Namespace, output: Output, error: NskeysError) -> int:
    if isinstance(error, ImportRefused):
        output.say(*(bad_row(row) for row in error.bad))
    sentence = say(error)
    output.say(f"nskeys: {sentence.what}", sentence.advice)
    code = exit_for(error)
    return code if code is Exit.INTERRUPTED else getattr(options, "failed", code)


def _misused(output: Output, problem: UsageProblem) -> int:
    output.say(f"{problem.command}: {safe(problem.message)}", f"See '{problem.command} --help'.")
    return Exit.USAGE


def _secret_files(options: Namespace) -> dict[Purpose, str]:
    given = {name: getattr(options, name, None) for name in _PURPOSES}
    return {purpose: path for name, path in given.items() if path for purpose in _PURPOSES[name]}
