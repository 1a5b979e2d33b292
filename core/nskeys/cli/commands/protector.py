"""`nskeys protector`: what binds the keys to this machine or to a person."""

from argparse import Namespace
from collections.abc import Sequence

from nskeys.cli.documents import leftovers
from nskeys.cli.exit_codes import Exit
from nskeys.cli.secrets import NewPassphrase
from nskeys.cli.session import Session
from nskeys.model.keys import Leftover
from nskeys.ports import StoreInfo
from nskeys.services.passwords.remembered import RememberedPassphrase
from nskeys.wording.keys import broken_by, helps_now, leftover_lines, lost_with
from nskeys.wording.labels import protector_words
from nskeys.wording.passwords import weak_line
from nskeys.wording.reports import OLD_COPIES, protector_sentence


def show(session: Session, _: Namespace) -> int:
    """Show the protector in force, and what is left of an earlier one."""
    protection = session.services().protection
    info, left = protection.show(), protection.leftovers()
    _tell(session, info, left)
    session.output.say(*leftover_lines(left))
    return Exit.INCOMPLETE if left else Exit.DONE


def change(session: Session, options: Namespace) -> int:
    """Change the protector or the passphrase."""
    protection = session.services().protection
    before = protection.show().protector
    # Where the old protector asks nothing, --passphrase-file can only mean the new passphrase.
    path = options.new_passphrase_file or (None if before == "passphrase" else options.passphrase_file)
    asked = NewPassphrase(path, session.secrets, insist=options.weak_password)
    new = RememberedPassphrase(asked)
    try:
        info = protection.change(options.protector, session.secrets, new, options.without_backup)
    finally:
        new.wipe()
        asked.forget()
    left = protection.leftovers()
    _tell(session, info, left)
    weak = weak_line(info.weak, "passphrase")
    session.output.say(protector_sentence(info.protector), *weak, *leftover_lines(left), OLD_COPIES)
    return Exit.INCOMPLETE if left else Exit.DONE


def _tell(session: Session, info: StoreInfo, left: Sequence[Leftover]) -> None:
    if session.output.as_json:
        session.output.document(
            "protector",
            {
                "protector": info.protector,
                "store_id": info.store_id,
                "generation": info.generation,
                "leftovers": leftovers(left),
                "weak_passphrase": info.weak,
            },
        )
        return
    session.output.facts(
        [
            ("protector", protector_words(info.protector)),
            ("helps against", helps_now(info.protector, left)),
            ("is broken by", broken_by(info.protector)),
            ("is lost with", lost_with(info.protector)),
            ("store id", info.store_id),
            ("generation", str(info.generation)),
        ]
    )
