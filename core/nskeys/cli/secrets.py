"""The secrets of one run: from a file where one was named, else asked for on the terminal.

Never from the arguments or the environment: both can be read by others.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from nskeys.cli.files import STANDARD_INPUT, STDIN, read_key_file, read_secret
from nskeys.cli.prompt import Prompt, conversation
from nskeys.cli.shares import ShareSource
from nskeys.errors import FieldInvalid, PasswordRefused, SecretUnavailable, WrongPassword
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretProvider, SecretRequest
from nskeys.ports.shares import ShareRequest
from nskeys.reasons import FieldProblem, Opens, PasswordProblem, SecretProblem, Wanted
from nskeys.wording.passwords import ALL_THE_SAME, Question, password_refused, question, weak_words

_MAY_BE_EMPTY = frozenset(
    {
        Purpose.CREDENTIAL_SECRET,
        Purpose.BACKUP_PASSWORD,
        Purpose.IDENTITY_PASSWORD,
        Purpose.PASSPHRASE,
        Purpose.EXPORT_PASSWORD,
        Purpose.GPG_PASSPHRASE,
    }
)
"""Purposes whose empty answer is not refused here: a credential's secret may be empty, and an existing
password that was given as nothing is simply wrong."""
_NEW = (
    Purpose.NEW_BACKUP_PASSWORD,
    Purpose.NEW_IDENTITY_PASSWORD,
    Purpose.NEW_PASSPHRASE,
    Purpose.NEW_EXPORT_PASSWORD,
)
_OPENS = MappingProxyType({Purpose.PASSPHRASE: Opens.KEY_STORE, Purpose.PIN: Opens.TOKEN})


class CommandLineSecrets:
    """ports.SecretProvider: `files` names a file for each purpose that has one; `insist` on new passwords
    however weak they are."""

    def __init__(self, files: Mapping[Purpose, str], *, insist: bool = False) -> None:
        self._files = files
        self._insist = insist
        self._shares = ShareSource(files.get(Purpose.SHARE))
        self._weak: SecretBytes | None = None

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        """Return the secret. A file is read for the first answer only. Raises SecretUnavailable where a
        second one is asked for; WrongPassword where the first one did not open the key store or its
        token."""
        if isinstance(request, ShareRequest):
            return self._shares(request)
        path = self._files.get(request.purpose)
        if request.purpose is Purpose.EXPORT_KEY_FILE:
            return SecretBytes(b"") if path is None else read_key_file(path)
        if path is None or (path == STANDARD_INPUT and os.isatty(STDIN)):
            return self._asked(request, retry)
        if retry and request.purpose in _OPENS:
            raise WrongPassword(_OPENS[request.purpose])  # a file cannot be asked again
        if retry:
            raise SecretUnavailable(Wanted(request.purpose), SecretProblem.FILE_REFUSED)
        secret = _checked(request.purpose, read_secret(path))
        secret.insisted = self._insist and request.purpose in _NEW
        return secret

    def _asked(self, request: SecretRequest, retry: int) -> SecretBytes:
        """Return what a person types, who may insist on a weak password typed before."""
        before, self._weak = self._weak, None
        refused = request.refused
        if before is not None:
            if isinstance(refused, PasswordRefused) and refused.reason is PasswordProblem.WEAK:
                if _insists(request):
                    before.insisted = True
                    return before
                retry = 0  # that it is weak was said, and the person chose to type another one
            before.wipe()
        secret = _checked(request.purpose, ask(request, retry))
        if request.purpose in _NEW:
            secret.insisted = self._insist
            self._weak = secret.copy()
        return secret

    def forget(self) -> None:
        """Wipe what was typed last."""
        if self._weak is not None:
            self._weak.wipe()


def _insists(request: SecretRequest) -> bool:
    """Return whether the person wants the weak password all the same. Raises Cancelled,
    SecretUnavailable."""
    score = request.refused.score if isinstance(request.refused, PasswordRefused) else 0
    with conversation(Wanted(request.purpose)) as prompt:
        prompt.tell(weak_words(score))
        return prompt.ask(ALL_THE_SAME).strip().lower() in (b"y", b"yes")


def ask(request: SecretRequest, retry: int) -> SecretBytes:
    """Return the secret as a person types it, new ones twice. Raises Cancelled, SecretUnavailable."""
    asked = question(request, retry)
    with conversation(Wanted(request.purpose)) as prompt:
        for line in (asked.refused, asked.help):
            if line:
                prompt.tell(line)
        while True:
            typed = prompt.ask(asked.prompt)
            problem = _problem(request.purpose, asked, typed, prompt)
            if not problem:
                return SecretBytes(typed, typed=True)
            prompt.tell(str(password_refused(problem)))


def _problem(purpose: Purpose, asked: Question, typed: bytes, prompt: Prompt) -> PasswordProblem | None:
    """Return why what was typed cannot be taken; None where it can. A new secret is asked for a second
    time."""
    if not typed and purpose not in _MAY_BE_EMPTY:
        return PasswordProblem.EMPTY
    if asked.again and prompt.ask(asked.again) != typed:
        return PasswordProblem.DIFFERS
    return None


def _checked(purpose: Purpose, secret: SecretBytes) -> SecretBytes:
    """Return the secret. Raises PasswordRefused or FieldInvalid (`not_text`) for bytes that are no
    UTF-8."""
    try:
        secret.text()
    except UnicodeDecodeError:
        pass  # raised below and not here: this error carries the secret
    else:
        return secret
    secret.wipe()
    if purpose is Purpose.CREDENTIAL_SECRET:
        raise FieldInvalid("secret", FieldProblem.NOT_TEXT)
    raise PasswordRefused(PasswordProblem.NOT_TEXT)


class NewPassphrase:
    """ports.SecretProvider for the passphrase of a new wrapping, beside the one in force."""

    def __init__(self, path: str | None, others: SecretProvider, *, insist: bool = False) -> None:
        files = {Purpose.NEW_PASSPHRASE: path} if path else {}
        self._secrets = CommandLineSecrets(files, insist=insist)
        self._others = others

    def __call__(self, request: SecretRequest, retry: int) -> SecretBytes:
        """Return the passphrase of the new wrapping; a token has one PIN for the old and the new."""
        if request.purpose is Purpose.PIN:
            return self._others(request, retry)
        try:
            return self._secrets(replace(request, purpose=Purpose.NEW_PASSPHRASE), retry)
        except SecretUnavailable as error:
            raise SecretUnavailable(Wanted.OTHER_PASSPHRASE, error.detail) from None

    def forget(self) -> None:
        self._secrets.forget()
