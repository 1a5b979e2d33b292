"""The sheet of one custodian: the words of a share, and what to do with them when they are needed. It holds
a secret.

It is written for somebody who has never seen nskeys and keeps the sheet for years.
"""

from collections.abc import Iterator

from nskeys.model.backup import KMS_NAME
from nskeys.model.custodians import Share, SheetFacts
from nskeys.wording.custodians import share_name, word_rows
from nskeys.wording.page import Chapter, Code, Commands, Page, Pairs, Part, Words
from nskeys.wording.text.numbers import count, number
from nskeys.wording.text.sentence import capitalised
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when
from nskeys.wording.unlock import SHAMIR

IDENTITY_MEMBER = "identity-custodians.age"
QR_LABEL = "The same words, for a scanner on the new server alone"
_SHORT_ID = 8


def sheet_page(facts: SheetFacts, share: Share) -> Page:
    name = share_name(share.label, facts.shares)
    return Page(
        f"{capitalised(name)}: the keys of {safe(facts.server)}",
        (
            Chapter("What this is", tuple(_about(facts, share))),
            Chapter("The words", tuple(_words(share))),
            Chapter("On the day", tuple(_on_the_day(facts))),
            Chapter("Without nskeys", tuple(_without_nskeys(facts))),
        ),
        one_sheet=True,
    )


def sheet_name(facts: SheetFacts, share: Share, suffix: str) -> str:
    """Return the name of its file: `share-2-of-5-acquire-surprise.txt`."""
    return f"share-{share.label.number}-of-{facts.shares}-{facts.set_name.replace(' ', '-')}.{suffix}"


def qr_text(share: Share) -> str:
    """Return the words in capitals, which take the least room in a code."""
    return share.words.text().upper()


def qr_lines(share: Share) -> list[str]:
    """Return the code in half blocks, dark where a block is, to be shown in black on white."""
    import segno  # here: only this picture needs it

    code = segno.make_qr(qr_text(share), error="l", boost_error=False)
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(_BLOCKS[high, low] for high, low in zip(*pair, strict=True)) for pair in pairs]


_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def _about(facts: SheetFacts, share: Share) -> Iterator[Part]:
    yield Words(
        f"You are one of {count(facts.shares, 'custodian')}. Any {number(facts.threshold)} of you together "
        "can open the key backups of this server when it is gone. Fewer learn nothing from their sheets."
    )
    yield Words(
        "Keep it where only you can get at it, apart from the others and from the backups. Do not copy or "
        "photograph it. If it gets lost or somebody saw it, say so: then new sheets are made.",
        mark=True,
    )
    yield Pairs(
        (
            ("Server", safe(facts.server)),
            ("CMDB", facts.cmdb_id[:_SHORT_ID]),
            ("Set", f"{facts.set_name} (number {number(facts.number)})"),
            ("Share", f"{number(share.label.number)} of {number(facts.shares)}"),
            ("Needed", f"any {number(facts.threshold)} of the {number(facts.shares)}"),
            ("Made", when(facts.created)),
            ("Opens", safe(facts.recipient)),
        )
    )


def _words(share: Share) -> Iterator[Part]:
    yield Words("Read downwards. nskeys takes the first four letters of a word for the whole.")
    yield Code(QR_LABEL, qr_text(share))
    yield Commands(tuple(word_rows(share.words.text().split())))


def _on_the_day(facts: SheetFacts) -> Iterator[Part]:
    yield Words(
        "1. Make sure who asks, and why: call back somebody whom you know. Nobody needs this sheet while "
        "the server runs, but to prove it ('nskeys custodians check')."
    )
    yield Words(
        "2. Come with the sheet, and type your words yourself, on the new server. nskeys checks each sheet "
        f"at once and says how many more it needs, {number(facts.threshold)} in all:"
    )
    yield Commands(("nskeys restore FILE --shares",))
    yield Words("FILE is a backup of this server; its runbook says where one lies.")
    yield Words(
        "3. Take the sheet home again. It goes on opening these backups, also when new sheets are made."
    )


def _without_nskeys(facts: SheetFacts) -> Iterator[Part]:
    yield Words(
        "The words are a share by SLIP-39, without a passphrase. shamir-mnemonic, a Python package, puts "
        f"them together; it asks for one sheet after the other, and {number(facts.threshold)} are enough:"
    )
    yield Commands(SHAMIR)
    yield Words(
        "The 'master secret' that it shows, 32 digits and letters, is the passphrase that age then asks "
        "for (the package 'age' of the distribution):"
    )
    yield Commands((f"unzip FILE {KMS_NAME} {IDENTITY_MEMBER}", f"age -d -i {IDENTITY_MEMBER} {KMS_NAME}"))
    yield Words(
        "What is shown are the keys. RESTORE.txt in the backup says how a credential is opened with them. "
        "Do all this on a machine that you trust, and leave neither secret nor keys in a file."
    )


def sheet_lines(facts: SheetFacts, share: Share) -> list[str]:
    """Return the sheet as it is copied from a screen of 60 cells: what has to stand on the paper."""
    name = share_name(share.label, facts.shares)
    return [
        f"{capitalised(name)} of {safe(facts.server)}, CMDB {facts.cmdb_id[:_SHORT_ID]}",
        f'Set "{facts.set_name}" (number {number(facts.number)}), any {number(facts.threshold)} open',
        f"Made {when(facts.created)}",
        "",
        *word_rows(share.words.text().split()),
    ]
