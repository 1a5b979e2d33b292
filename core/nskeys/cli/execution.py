"""Runs the command that a command line means. Every error ends here, as two sentences and an exit code."""

import sys
from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from nskeys.cli.exit_codes import Exit, exit_for
from nskeys.cli.grammar.parser import UsageProblem
from nskeys.cli.output import Output
from nskeys.cli.session import Connect, Session
from nskeys.errors import Cancelled, ImportRefused, NskeysError
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest
from nskeys.services.passwords.remembered import RememberedPassphrase
from nskeys.wording.text.terminal import safe

if TYPE_CHECKING:
    from nskeys.cli.secrets import CommandLineSecrets

_PURPOSES = MappingProxyType(
    {
        "password_file": (
            Purpose.NEW_BACKUP_PASSWORD,
            Purpose.BACKUP_PASSWORD,
            Purpose.NEW_IDENTITY_PASSWORD,
            Purpose.IDENTITY_PASSWORD,
            Purpose.EXPORT_PASSWORD,
            Purpose.NEW_EXPORT_PASSWORD,
            Purpose.GPG_PASSPHRASE,
        ),
        "export_key_file": (Purpose.EXPORT_KEY_FILE,),
        "passphrase_file": (Purpose.PASSPHRASE, Purpose.NEW_PASSPHRASE),
        "pin_file": (Purpose.PIN,),
        "secret_file": (Purpose.CREDENTIAL_SECRET,),
        "shares_file": (Purpose.SHARE,),
        "ssh_secret_file": (Purpose.SSH_PASSWORD, Purpose.SSH_PASSPHRASE),
    }
)


class _AtFirstUse:
    """The secrets of a run. What reads files and asks people is imported when the first one is wanted."""

    def __init__(self, options: Namespace) -> None:
        self._options = options
        self._secrets: CommandLineSecrets | None = None

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        if self._secrets is None:
            from nskeys.cli.secrets import CommandLineSecrets

            insist = getattr(self._options, "weak_password", False)
            self._secrets = CommandLineSecrets(_secret_files(self._options), insist=insist)
        return self._secrets(request, retry)

    def forget(self) -> None:
        """Wipe what was typed last."""
        if self._secrets is not None:
            self._secrets.forget()


def run_of(options: Namespace) -> Callable[[Session, Namespace], int]:
    """Return the function that carries the command out; imports its module now."""
    module, _, name = options.run.partition(":")
    run: Callable[[Session, Namespace], int] = getattr(import_module(f"nskeys.cli.commands.{module}"), name)
    return run


def execute(options: Namespace, connect: Connect) -> int:
    """Run one command and return its exit code."""
    output = Output(options.json, sys.stdout, sys.stderr, options.quiet)
    asked = _AtFirstUse(options)
    secrets = RememberedPassphrase(asked)
    session = Session(connect, options.home, output, secrets, sys.stderr, options.wait)
    try:
        try:
            code = session.with_server_auth(lambda: run_of(options)(session, options))
        finally:
            session.close()
            secrets.wipe()
            asked.forget()
        output.finish()
    except UsageProblem as problem:
        return _tell(output, problem)
    except NskeysError as error:
        return _failed(options, output, error)
    except KeyboardInterrupt:
        return _failed(options, output, Cancelled())
    except BaseException as bug:  # noqa: BLE001  # a bug: no traceback may be printed, it could show a secret
        from nskeys.wording.errors import UNFORESEEN

        output.complain(f"nskeys: {UNFORESEEN.what} ({type(bug).__name__})", UNFORESEEN.advice)
        return getattr(options, "failed", Exit.BUG)
    return code


def _failed(options: Namespace, output: Output, error: NskeysError) -> int:
    from nskeys.wording.errors import say

    if isinstance(error, ImportRefused):
        from nskeys.wording.errors.credentials import bad_row

        for row in error.bad:
            output.complain(bad_row(row))
    sentence = say(error)
    output.complain(f"nskeys: {sentence.what}", sentence.advice)
    code = exit_for(error)
    return code if code is Exit.INTERRUPTED else getattr(options, "failed", code)


def misused(problem: UsageProblem) -> int:
    """Say what is wrong with a command line and return the exit code."""
    return _tell(Output(as_json=False, stdout=sys.stdout, stderr=sys.stderr), problem)


def _tell(output: Output, problem: UsageProblem) -> int:
    output.complain(f"{problem.command}: {safe(problem.message)}", f"See '{problem.command} --help'.")
    return Exit.USAGE


def _secret_files(options: Namespace) -> dict[Purpose, str]:
    given = {name: getattr(options, name, None) for name in _PURPOSES}
    return {purpose: path for name, path in given.items() if path for purpose in _PURPOSES[name]}
