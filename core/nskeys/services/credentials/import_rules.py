"""From another program's entry to a credential: which kind, which target, which name. Pure.

Kind. `--kind` decides for every row. nskeys' own JSON states it. Otherwise the name of the group or
folder decides: its path is read from the innermost part outwards, and the first part with a word of
`KIND_WORDS` wins; where one part has several, the longest word. A URL decides nothing: a password
manager is full of web sites, and a web site's password filed under `hierarchy` would be worse than a
question. A row whose kind nobody knows is a bad row (`kind_unknown`).

Several groups. An entry may lie in several (collections, tags): each is asked, and where they say
different kinds the row is bad (`kind_ambiguous`).

Target. hierarchy: the URL. pcAnywhere: the host and port of the URL, or else the title. run-as: the
URL field where it says something (a package, a task, a pattern), or else the title. A secret in the
target makes the row bad (`password_in_url`); where the row has none it is the row's secret, and moved.

Name. The title; where that is taken, in the export or in the CMDB, `Group/Title`, then
`Group/Title (2)` and so on. The entry that comes first keeps its title.
"""

import re
import unicodedata
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from nskeys.errors import FieldInvalid
from nskeys.model.credentials import NAME_LIMIT, CredentialFields, CredentialKind, check_fields
from nskeys.model.imports import ExportRow, ImportedCredential
from nskeys.model.secret import SecretBytes
from nskeys.reasons import FieldProblem
from nskeys.services.credentials.target_secrets import secret_in_target


@dataclass(frozen=True, slots=True)
class KindWords:
    """What a group's name must say: one of `named` alone, or one of `contained` among other words.

    Case, spaces, hyphens and a plural's s do not matter: `run as` is found in "Run-As accounts".
    """

    contained: tuple[str, ...]
    named: tuple[str, ...] = ()


KIND_WORDS: Mapping[CredentialKind, KindWords] = {
    CredentialKind.HIERARCHY: KindWords(
        ("hierarchy", "notification server", "child server", "parent server", "child ns", "parent ns"),
        named=("ns",),
    ),
    CredentialKind.PCANYWHERE: KindWords(("pc anywhere", "pca", "remote control"), named=("remote",)),
    CredentialKind.RUN_AS: KindWords(
        ("run as", "software delivery", "service account", "deployment", "deploy")
    ),
}


@dataclass(frozen=True, slots=True)
class ChosenKind:
    """A kind, the token of the rule that chose it, and for `group` the word it found."""

    kind: CredentialKind
    rule: str
    word: str = ""
    group: str = ""
    """The group that said so."""


class Names:
    """The names that are taken, of each kind; grows as names are chosen."""

    def __init__(self, taken: Container[tuple[str, str]]) -> None:
        self._taken = taken
        self._chosen = set[int]()
        """By their hashes; one that is wrongly thought to be taken does no harm."""
        self._next: dict[tuple[str, str], int] = {}

    def choose(self, kind: CredentialKind, title: str, group: str) -> str:
        """Return the first free name for an entry; it is taken from now on."""
        name = title
        if self._is_taken(kind, name):
            name = with_group(title, group)
        if self._is_taken(kind, name):
            name = self._numbered(kind, name)
        self._chosen.add(hash((kind.value, name)))
        return name

    def _is_taken(self, kind: CredentialKind, name: str) -> bool:
        one = (kind.value, name)
        return hash(one) in self._chosen or one in self._taken

    def _numbered(self, kind: CredentialKind, base: str) -> str:
        number = self._next.get((kind.value, base), 2)
        while self._is_taken(kind, f"{base} ({number})"):
            number += 1
        # Remembered, since 50,000 entries of one title would otherwise take 50,000 squared look-ups.
        self._next[kind.value, base] = number + 1
        return f"{base} ({number})"


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """What an entry would be, before its name is compared with those that are here."""

    fields: CredentialFields
    secret: SecretBytes
    chosen: ChosenKind
    group: str
    """In NFC like every name, or a name that looks free would be another spelling of a taken one."""
    moved: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A credential that is here, and that a row would change."""

    credential_id: str
    name: str
    number: int


def with_group(title: str, group: str) -> str:
    """Return the title with its group before it, where there is one and it is not too long."""
    longer = f"{group}/{title}"
    return longer if group and len(longer) <= NAME_LIMIT else title


def plan_row(row: ExportRow, given: CredentialKind | None, literal: bool) -> PlannedRow:
    """Return what an entry becomes. Raises FieldInvalid where it cannot become a credential.

    `literal`: the export is nskeys' own, so its target is taken as it is and never derived.
    """
    chosen = choose_kind(row, given)
    url, account, secret, moved = row.url, row.username, row.secret, False
    found = None if literal else secret_in_target(url)
    if found is not None:
        if len(secret) or (found.user and account not in ("", found.user)):
            raise FieldInvalid("target", FieldProblem.PASSWORD_IN_URL)
        url, account, moved = found.target, account or found.user, True
        secret = SecretBytes(found.secret.encode("utf-8"))
    target = url if literal else derive_target(chosen.kind, row.title, url)
    fields = check_fields(chosen.kind, row.title, target, account, row.notes)
    group = unicodedata.normalize("NFC", (chosen.group or row.group).strip())
    return PlannedRow(fields, secret, chosen, group, moved)


def named(row: ExportRow, planned: PlannedRow, names: Names) -> ImportedCredential:
    """Return the new credential that it becomes, under the first name that is free."""
    fields, chosen = planned.fields, planned.chosen
    name = names.choose(chosen.kind, fields.name, planned.group)
    before = "" if name == fields.name else fields.name
    if before:
        fields = check_fields(chosen.kind, name, fields.target, fields.account, fields.note)
    return ImportedCredential(
        row.row, fields, before, chosen.rule, planned.group, chosen.word, planned.moved
    )


def replacing(row: ExportRow, planned: PlannedRow, here: Found) -> ImportedCredential:
    """Return what it makes of a credential that is here, under that one's name."""
    fields, chosen = planned.fields._replace(name=here.name), planned.chosen
    return ImportedCredential(
        row.row,
        fields,
        "",
        chosen.rule,
        planned.group,
        chosen.word,
        planned.moved,
        here.credential_id,
        here.number,
    )


def choose_kind(row: ExportRow, given: CredentialKind | None) -> ChosenKind:
    """Return the kind of an entry, by the rule above. Raises FieldInvalid (`kind`: `kind_unknown`,
    `kind_ambiguous`)."""
    if given is not None:
        return ChosenKind(given, "given")
    if row.kind in _BY_VALUE:
        return ChosenKind(_BY_VALUE[row.kind], "stated")
    found = (
        [] if row.kind else [said for group in (row.group, *row.further) if (said := kind_of_group(group))]
    )
    if not found:
        raise FieldInvalid("kind", FieldProblem.KIND_UNKNOWN)
    if len({said.kind for said in found}) > 1:
        raise FieldInvalid("kind", FieldProblem.KIND_AMBIGUOUS)
    return found[0]


@lru_cache(maxsize=1_024)
def kind_of_group(group: str) -> ChosenKind | None:
    """Return what the name of a group or folder says, with "/" between its parts; None: nothing."""
    for part in reversed(group.split("/")):
        words = tuple(_WORD.findall(part.casefold()))
        found = [
            (len(phrase), ChosenKind(kind, "group", phrase, group))
            for kind, known in KIND_WORDS.items()
            for phrase in (*known.contained, *known.named)
            if _found(phrase, words, phrase in known.named)
        ]
        if found:
            return max(found, key=lambda item: item[0])[1]
    return None


def derive_target(kind: CredentialKind, title: str, url: str) -> str:
    """Return the target, by the rule above."""
    if kind is CredentialKind.PCANYWHERE:
        return _host(url) or title
    if kind is CredentialKind.RUN_AS:
        return url.strip() or title
    return url


_BY_VALUE = {kind.value: kind for kind in CredentialKind}
_WORD = re.compile(r"[^\W_]+")


def _found(phrase: str, words: tuple[str, ...], alone: bool) -> bool:
    """Return whether the phrase stands in `words` as whole words, written apart or as one."""
    wanted = tuple(phrase.split())
    for spelling in (wanted, ("".join(wanted),)):
        size = len(spelling)
        starts = range(len(words) - size + 1)
        if alone and len(words) != size:
            continue
        if any(_same(words[start : start + size], spelling) for start in starts):
            return True
    return False


def _same(words: tuple[str, ...], spelling: tuple[str, ...]) -> bool:
    return words[:-1] == spelling[:-1] and words[-1] in (spelling[-1], spelling[-1] + "s")


def _host(url: str) -> str:
    """Return `host[:port]` of a URL, or of what was written into its field instead of one."""
    text = url.strip()
    if "://" not in text:
        return text.split("/", 1)[0]
    try:
        return urlsplit(text).netloc.rpartition("@")[2]
    except ValueError:
        return text
