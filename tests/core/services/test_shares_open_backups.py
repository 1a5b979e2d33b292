"""Backups to custodians: any who are enough open them; old sheets open old backups, and no others."""

import pytest

from nskeys.errors import Cancelled, ShareRefused, SharesDisagree, SharesIncomplete
from nskeys.model.plans import DrillReport
from nskeys.model.register import Proof
from nskeys.model.unlock import BY_SHARES, UnlockMethod
from nskeys.ports import SecretProvider, SilentProgress
from nskeys.services.open_backup import find_source, means_of, opened
from nskeys.services.restore.service import RestoreChoices
from tests.core.crypto.test_slip39 import forged, share
from tests.fakes.servers import IDENTITY_PASSWORD, Server, Site
from tests.fakes.sheets import Sheets, check, nobody_here, split_among


def with_custodians(server: Server, shares: int = 5, threshold: int = 3) -> list[str]:
    """Custodians whose shares were proven: the words of each."""
    _, texts = split_among(server, shares, threshold)
    check(server, texts)
    return texts


def drill(server: Server, address: str, secrets: SecretProvider) -> DrillReport:
    source = find_source(server.installation, address)
    return server.services.drill.execute(source, secrets, opening=BY_SHARES)


@pytest.mark.parametrize("order", [(0, 1, 2), (4, 2, 0), (1, 3, 4)])
def test_any_three_of_five_drill(server: Server, order: tuple[int, ...]) -> None:
    server.add("one")
    texts = with_custodians(server)
    address = server.back_up_to().copy.address
    report = drill(server, address, Sheets(*(texts[number] for number in order)))
    assert (report.proof.opened, report.reached) == (1, Proof.CREDENTIALS_OPEN)


def test_two_are_one_too_few_and_a_fourth_does_no_harm(server: Server) -> None:
    server.add("one")
    texts = with_custodians(server)
    address = server.back_up_to().copy.address
    with pytest.raises(SharesIncomplete) as few:
        drill(server, address, Sheets(*texts[:2]))
    assert (few.value.given, few.value.needed) == (2, 3)
    assert drill(server, address, Sheets(*texts[:4])).proof.opened == 1


def test_each_sheet_is_held_against_what_the_backup_says_of_the_set(server: Server) -> None:
    old = with_custodians(server)
    texts = with_custodians(server, 3, 2)
    address = server.back_up_to().copy.address
    sheets = Sheets(
        old[0],
        texts[0],
        texts[0],
        " ".join([*texts[1].split()[:7], "acadamic", *texts[1].split()[8:]]),
        texts[2],
    )
    drill(server, address, sheets)
    refused = [request.refused.reason if request.refused else "" for request, _ in sheets.asked]
    assert refused == ["", "other_set", "", "given", "word"]
    assert {request.gathered.threshold for request, _ in sheets.asked} == {2}


def test_an_altered_share_opens_nothing(server: Server) -> None:
    texts = with_custodians(server)
    address = server.back_up_to().copy.address
    altered = forged(share(texts[2])).words.text()
    with pytest.raises(SharesDisagree):
        drill(server, address, Sheets(texts[0], texts[1], altered))


def test_old_sheets_open_the_backups_of_their_time_and_no_later_one(server: Server) -> None:
    old = with_custodians(server)
    before = server.back_up_to().copy.address
    new = with_custodians(server)
    server.clock.advance(minutes=1)
    after = server.back_up_to().copy.address
    assert drill(server, before, Sheets(*old)).foreign == ()
    assert drill(server, after, Sheets(*new)).foreign == ()
    for address, texts in ((before, new), (after, old)):
        with pytest.raises(ShareRefused) as refused:
            drill(server, address, Sheets(texts[0]))
        assert refused.value.reason == "other_set"


def test_the_person_s_password_and_the_shares_open_the_same_backup(server: Server) -> None:
    server.add("one")
    server.make_identity()
    texts = with_custodians(server)
    address = server.back_up_to().copy.address
    source = find_source(server.installation, address)
    assert means_of(source.inspected) == (UnlockMethod.OWN, UnlockMethod.SHARES, UnlockMethod.IDENTITY_FILE)
    assert server.drill_by(address, IDENTITY_PASSWORD).proof.opened == 1
    assert drill(server, address, Sheets(*texts)).proof.opened == 1


def test_with_custodians_alone_shares_are_asked_for_without_saying_so(server: Server) -> None:
    texts = with_custodians(server)
    address = server.back_up_to().copy.address
    source = find_source(server.installation, address)
    assert means_of(source.inspected)[0] is UnlockMethod.SHARES
    server.services.drill.execute(source, Sheets(*texts))


def test_a_backup_that_was_made_before_the_proof_is_not_for_them(server: Server) -> None:
    server.make_identity()
    _, texts = split_among(server)
    address = server.back_up_to().copy.address
    check(server, texts)
    assert means_of(find_source(server.installation, address).inspected) == (
        UnlockMethod.OWN,
        UnlockMethod.IDENTITY_FILE,
    )


def test_new_hardware_comes_back_by_three_custodians(site: Site) -> None:
    server = site.server()
    server.set_up()
    server.add("one", "the secret of one")
    texts = with_custodians(server)
    address = server.back_up_to().copy.address
    secrets = server.secrets()

    fresh = site.with_database_of(server)
    source = find_source(fresh.installation, address)
    progress = SilentProgress()
    sheets = Sheets(texts[4], texts[0], texts[2])
    with opened(fresh.installation, source, sheets, progress, BY_SHARES) as open_source:
        plan = fresh.services.restore.plan(open_source)
        report = fresh.services.restore.execute(
            plan, open_source, nobody_here, RestoreChoices(fresh.settings(), "file", plan.facts.server_key)
        )
    assert report.proof.opened == 1
    assert fresh.secrets() == secrets
    assert [len(text) for text in sheets.gave] == [0, 0, 0]


def test_whoever_gives_up_changes_nothing(server: Server) -> None:
    texts = with_custodians(server)
    address = server.back_up_to().copy.address
    before = server.audit()

    def giving_up(request: object, retry: int) -> object:
        raise Cancelled

    with pytest.raises(Cancelled):
        drill(server, address, giving_up)  # type: ignore[arg-type]  # it gives nothing at all
    assert server.audit() == before
    assert drill(server, address, Sheets(*texts)).foreign == ()
