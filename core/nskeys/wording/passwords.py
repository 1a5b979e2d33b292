"""Words around passwords: how strong one is, what is asked, why one is refused."""

from types import MappingProxyType
from typing import NamedTuple

from nskeys.model.register import HINT_LIMIT
from nskeys.ports import Purpose, SecretRequest
from nskeys.reasons import HintProblem, PasswordProblem
from nskeys.wording.text.numbers import number
from nskeys.wording.text.sentence import Sentence
from nskeys.wording.text.terminal import fit, safe, shown

YES_IN_FULL = "Type yes in full, or no to stop."
HARDER = "Choose a stronger one, best four unrelated words."

_STRENGTHS = (
    ("very weak", "one of the first that a program tries"),
    ("weak", "a program guesses it soon"),
    ("fair", "too little once the file was copied"),
    ("good", "guessing it takes long, even with the file"),
    ("strong", "guessing it is hopeless today"),
)
_PROMPTS = MappingProxyType(
    {
        Purpose.NEW_BACKUP_PASSWORD: "New password for the backup",
        Purpose.BACKUP_PASSWORD: "Password of the backup",
        Purpose.NEW_IDENTITY_PASSWORD: "New password for recovery identity",
        Purpose.IDENTITY_PASSWORD: "Password of the identity",
        Purpose.NEW_PASSPHRASE: "New passphrase for the key store",
        Purpose.PASSPHRASE: "Passphrase of the key store",
        Purpose.PIN: "PIN of the token",
        Purpose.CREDENTIAL_SECRET: "Secret of the credential",
        Purpose.SHARE: "Words of a custodian's share",
        Purpose.SSH_PASSWORD: "Password of",
        Purpose.SSH_PASSPHRASE: "Passphrase of the key file",
        Purpose.EXPORT_PASSWORD: "Password of",
        Purpose.EXPORT_KEY_FILE: "Key file of",
        Purpose.NEW_EXPORT_PASSWORD: "New password for the export",
        Purpose.GPG_PASSPHRASE: "Passphrase of the OpenPGP key of",
    }
)
_NUMBERED = MappingProxyType({Purpose.IDENTITY_PASSWORD: "Password of recovery identity"})
_AGAIN = MappingProxyType(
    {
        Purpose.NEW_BACKUP_PASSWORD: "The same password again",
        Purpose.NEW_IDENTITY_PASSWORD: "The same password again",
        Purpose.NEW_PASSPHRASE: "The same passphrase again",
        Purpose.NEW_EXPORT_PASSWORD: "The same password again",
        Purpose.CREDENTIAL_SECRET: "The same secret again",
    }
)
_HELP = MappingProxyType(
    {
        Purpose.NEW_BACKUP_PASSWORD: "Only this password opens the backup. It is stored nowhere.",
        Purpose.NEW_IDENTITY_PASSWORD: "It opens every backup made to this identity. It is stored nowhere.",
        Purpose.NEW_PASSPHRASE: "Only this passphrase opens the keys here. It is stored nowhere.",
        Purpose.EXPORT_KEY_FILE: "Press Enter where it has none.",
        Purpose.NEW_EXPORT_PASSWORD: "Only this password opens the export. It is stored nowhere.",
        Purpose.SSH_PASSWORD: "It is kept until nskeys ends, and stored nowhere.",
        Purpose.SSH_PASSPHRASE: "It is kept until nskeys ends, and stored nowhere.",
    }
)
ALL_THE_SAME = "Type 'yes' to use it all the same, or press Enter to choose another one"
USE_ALL_THE_SAME = "Enter again uses it all the same."
_RETRIES = MappingProxyType(
    {
        Purpose.NEW_BACKUP_PASSWORD: "That password cannot be used.",
        Purpose.BACKUP_PASSWORD: "That password does not open this backup.",
        Purpose.NEW_IDENTITY_PASSWORD: "That password cannot be used.",
        Purpose.IDENTITY_PASSWORD: "That password does not open the identity.",
        Purpose.NEW_PASSPHRASE: "That passphrase cannot be used.",
        Purpose.PASSPHRASE: "That passphrase does not open the key store.",
        Purpose.PIN: "That PIN is wrong. After a few wrong ones the token locks itself.",
        Purpose.CREDENTIAL_SECRET: "That secret cannot be stored.",
        Purpose.SHARE: "That share cannot be taken.",
        Purpose.SSH_PASSWORD: "The server did not accept that password.",
        Purpose.SSH_PASSPHRASE: "That passphrase does not open the key file.",
        Purpose.EXPORT_PASSWORD: "That password does not open it.",
        Purpose.EXPORT_KEY_FILE: "That key file cannot be taken.",
        Purpose.NEW_EXPORT_PASSWORD: "That password cannot be used.",
        Purpose.GPG_PASSPHRASE: "That passphrase does not open the OpenPGP key.",
    }
)
_PASSWORD_REFUSED = MappingProxyType(
    {
        PasswordProblem.EMPTY: Sentence(
            "The password is empty.", "Type at least one character, better four words."
        ),
        PasswordProblem.DIFFERS: Sentence("The two passwords differ.", "Type the same password twice."),
        PasswordProblem.OPENS_KEY_STORE: Sentence(
            "This password also opens the key store of this server.",
            "Choose another one for the backup, so that losing one does not lose both.",
        ),
        PasswordProblem.OPENS_BACKUP: Sentence(
            "This passphrase also opens a backup of this server.",
            "Choose another one for the key store, so that losing one does not lose both.",
        ),
        PasswordProblem.TOO_LONG: Sentence("The password is too long.", "Choose a shorter one."),
        PasswordProblem.NOT_TEXT: Sentence(
            "The password is not UTF-8 text.", "Type it anew, or save its file as UTF-8."
        ),
    }
)
_HINT_REFUSED = MappingProxyType(
    {
        HintProblem.CONTAINS_PASSWORD: Sentence(
            "The hint contains the password, or most of it.",
            "Choose a hint that helps only those who know the password: anybody can read it.",
        ),
        HintProblem.TOO_LONG: Sentence(
            f"The hint is longer than {number(HINT_LIMIT)} characters.", "Choose a shorter one."
        ),
        HintProblem.NOT_NFC: Sentence("The hint is not in Unicode's normal form C.", "Type it anew."),
        HintProblem.CONTROL_CHARACTERS: Sentence(
            "The hint contains a character that cannot be seen.", "Type it in one line of plain text."
        ),
    }
)
ONCE_IN_A_RUN = (
    "It is asked for once in this run. Esc leaves it for later: "
    "lists, register and audit trail need no key."
)
"""Behind the question at the start of the app."""


class Question(NamedTuple):
    """The texts of a question: `prompt` without a colon, `again` where it is asked twice (else empty),
    `help` a line below, `refused` what to say before asking once more (empty the first time)."""

    prompt: str
    again: str
    help: str
    refused: str


def question(request: SecretRequest, retry: int = 0, *, stop: str = "Ctrl-C") -> Question:
    """Return the question for a secret; `stop` is the key that gives up."""
    prompt, subject = _PROMPTS[request.purpose], request.subject
    if request.purpose is Purpose.BACKUP_PASSWORD:
        subject = subject.rsplit("/", 1)[-1] or subject  # of a long path, its end says which file it is
    if request.number:
        prompt, subject = f"{_NUMBERED.get(request.purpose, prompt)} {request.number}", ""
    if subject:
        prompt = f"{prompt} {fit(safe(subject), 60)}"
    hint = f"Hint: {safe(request.hint)}" if request.hint else ""
    return Question(
        prompt=prompt,
        again=_AGAIN.get(request.purpose, ""),
        help=hint or _HELP.get(request.purpose, ""),
        refused=retry_text(request.purpose, stop=stop) if retry else "",
    )


def retry_text(purpose: Purpose, *, stop: str = "Ctrl-C") -> str:
    """Return text such as `That password does not open this backup. Try again, or press Ctrl-C to stop.`"""
    return f"{_RETRIES[purpose]} Try again, or press {stop} to stop."


def strength_words(score: int) -> str:
    """Return the name of a score and what it means: `weak: a program guesses it soon`."""
    return ": ".join(_STRENGTHS[score])


def weak_words(score: int) -> str:
    """Return text such as `Very weak: one of the first that a program tries.`"""
    return f"{strength_words(score).capitalize()}."


def weak_line(score: int | None, what: str = "password") -> tuple[str, ...]:
    """Return what plan and report say of a weak password on which a person insisted; empty for any
    other."""
    return () if score is None else (f"Its {what} is {strength_words(score)}.",)


def password_refused(reason: PasswordProblem, score: int = 0) -> Sentence:
    """Return why a new password or passphrase cannot be used, and what to do."""
    if reason is PasswordProblem.WEAK:
        return Sentence(
            f"The password is {strength_words(score)}.",
            f"{HARDER.removesuffix('.')}; or insist on it with '--weak-password'.",
        )
    return _PASSWORD_REFUSED[reason]


def hint_refused(reason: HintProblem) -> Sentence:
    """Return why a hint cannot be used, and what to do."""
    return _HINT_REFUSED[reason]


def others_read_words(path: str) -> str:
    """Return the line that other users of this machine can read a file with a secret."""
    return f"Other users can read {shown(path)}: close it to them with 'chmod go= FILE'."
