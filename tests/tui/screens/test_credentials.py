"""Adding, showing, editing and removing a credential, with the keyboard alone."""

from pathlib import Path

import pytest

from nskeys.bootstrap import Services
from nskeys.model.credentials import CredentialKind, check_fields
from nskeys.model.schedule import Job, TimerStatus
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, Settings
from nskeys_tui.widgets.form_field import FormField
from tests.fakes.fixed import AFTERNOON, Answers
from tests.fakes.servers import NOBODY
from tests.tui.app_on import AppOn, Typed, add, secret_of, services_in, set_up
from tests.tui.stage import HOME_SIZE, SMALL_SIZE

SIZES = pytest.mark.parametrize("size", [HOME_SIZE, SMALL_SIZE])
PASSPHRASE = "correct horse"
DEPLOY = (
    *("end", "enter", Typed("deploy-finance"), "tab", Typed("finance-*")),
    *("tab", Typed("CORP\\svc"), "tab"),
)
"""A run-as credential, typed as far as its secret."""


def under_a_passphrase(home: Path) -> Services:
    """An installation whose keys a passphrase protects, with one credential."""
    services = services_in(home)
    answers = Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE], Purpose.PASSPHRASE: [PASSPHRASE]})
    services.set_up.execute("passphrase", answers, Settings("ns01", ""))
    with SecretBytes(b"geheim") as secret:
        services.credentials.add(check_fields(CredentialKind.RUN_AS, "deploy", "x", "y"), secret, answers)
    return services


# --- adding ------------------------------------------------------------------------------------------


@SIZES
async def test_a_credential_is_added_with_its_kind_first(tmp_path: Path, size: tuple[int, int]) -> None:
    services = set_up(tmp_path)
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials here yet")
        await app.press(pilot, "a", shows="to install software as another user")
        await app.press(pilot, *DEPLOY, Typed("corréct hörse"), "enter")
        await app.wait(pilot, "run-as 1", "deploy-finance")
    assert secret_of(services, "run-as/deploy-finance") == "corréct hörse"
    fields = services.credentials.show("run-as/deploy-finance").fields
    assert (fields.target, fields.account) == ("finance-*", "CORP\\svc")


async def test_after_saving_it_is_said_when_the_timer_covers_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = set_up(tmp_path)
    timer = TimerStatus(Job.COPY, enabled=True, active=True, next=AFTERNOON)
    monkeypatch.setattr(type(services.schedule), "next_copy", lambda _: timer)
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials here yet")
        await app.press(pilot, "a", *DEPLOY, Typed("corréct hörse"), "enter")
        await app.wait(pilot, "The next database copy, at 2026-11-23 14:02,", "b makes it now.")


async def test_help_under_a_field_is_that_of_the_kind(tmp_path: Path) -> None:
    app = AppOn(set_up(tmp_path))
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials")
        await app.press(pilot, "a", shows="the other server: https://")
        await app.press(pilot, "down", shows="host or host:port")
        await app.press(pilot, "down", shows="package or task")


@SIZES
async def test_everything_that_is_asked_for_is_seen_at_once(tmp_path: Path, size: tuple[int, int]) -> None:
    app = AppOn(set_up(tmp_path), size)
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials")
        await app.press(pilot, "a", shows="hierarchy")
        for words in ("run-as", "Name", "Target", "Account", "Secret", "Note", "no secrets here"):
            assert words in app.text


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials")
        await app.press(pilot, "a", "enter", Typed("ns02"), "tab", Typed("ns02"), "tab", shows="ns02")
        await app.press(pilot, Typed("CORP\\svc"), "tab", Typed("secret"), "enter")
        await app.wait(pilot, "! The target is not a URL", "https://ns02.example.net")
        field = app.app.screen.query_one("#target", FormField)
        assert field.input.has_focus
        await app.press(pilot, "home", Typed("https://"), hides="! The target")
        await app.press(pilot, "enter", shows="hierarchy 1")
    assert secret_of(services, "hierarchy/ns02") == "secret"


async def test_a_name_that_is_taken_is_said_beside_the_name(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    add(services, "deploy-finance")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "deploy-finance")
        await app.press(pilot, "a", *DEPLOY, Typed("x"), "enter", shows="! There is a run-as credential")
        assert app.app.screen.query_one("#name", FormField).input.has_focus
    assert services.credentials.total() == 1


async def test_an_empty_secret_is_asked_about_and_kept_out_unless_confirmed(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials")
        await app.press(pilot, "a", *DEPLOY, "enter", shows="is empty")
        await app.press(pilot, "enter", hides="is empty")  # the answer that is marked is no
        assert services.credentials.total() == 0
        await app.press(pilot, "enter", shows="is empty")
        await app.press(pilot, "down", "enter", shows="run-as 1")
    assert secret_of(services, "run-as/deploy-finance") == ""


async def test_two_enters_save_once(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials")
        await app.press(pilot, "a", *DEPLOY, Typed("x"), "enter", "enter")
        await app.wait(pilot, "deploy-finance")
    assert services.credentials.total() == 1


async def test_what_was_typed_is_not_lost_by_one_escape(tmp_path: Path) -> None:
    app = AppOn(set_up(tmp_path))
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials")
        await app.press(pilot, "a", "enter", Typed("ns02"), "escape", shows="not saved")
        await app.press(pilot, "escape", hides="not saved")
        assert app.app.screen.query_one("#name", FormField).value == "ns02"
        await app.press(pilot, "escape", "down", "enter", shows="No credentials")


async def test_the_secret_can_be_seen_while_it_is_typed_but_never_copied(tmp_path: Path) -> None:
    app = AppOn(set_up(tmp_path))
    async with app.play() as pilot:
        await app.wait(pilot, "No credentials")
        await app.press(pilot, "a", *DEPLOY, Typed("geheim"), shows="••••••")
        await app.press(pilot, "ctrl+r", shows="geheim")
        await pilot.press("shift+home", "ctrl+c")
        assert "geheim" not in app.app.clipboard
        await app.press(pilot, "ctrl+r", hides="geheim")


# --- showing -----------------------------------------------------------------------------------------


async def test_a_secret_is_shown_on_request_and_hidden_when_one_leaves(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    add(services, "deploy", secret="tr0ub4dor ")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "run-as 1", "deploy")
        await app.press(pilot, "enter", shows="sealed; s shows it")
        assert "tr0ub4dor" not in app.text
        await app.press(pilot, "s", shows="tr0ub4dor")
        assert "10 characters" in app.text
        assert "audit trail" in app.text
        await app.press(pilot, "question_mark", shows="Help")
        await app.press(pilot, "escape", shows="sealed; s shows it")
        assert "tr0ub4dor" not in app.text
        await app.press(pilot, "s", shows="tr0ub4dor")
        await app.press(pilot, "s", hides="tr0ub4dor")
    assert sum("credential-revealed" in entry.line for entry in services.audit.entries()) == 2


@SIZES
async def test_a_hostile_credential_is_shown_as_text(tmp_path: Path, size: tuple[int, int]) -> None:
    services = set_up(tmp_path)
    evil = "\x1b]0;x\x07[/b] \u202ea\u2066"
    add(
        services,
        evil,
        target=evil,
        account=evil.replace("\\", ""),
        note=f"{evil}\nsecond",
        secret=f"{evil}\x9b2J",
    )
    app = AppOn(services, size)
    async with app.play() as pilot:
        await app.wait(pilot, "run-as 1", "\\x1b]0;x")
        await app.press(pilot, "enter", shows="second")
        await app.press(pilot, "s", shows="are shown as")
        await app.wait(pilot, "\\x9b2J")
        assert all(line.isprintable() for line in app.lines)
        await app.press(pilot, "e", shows="leave it empty")
        assert all(line.isprintable() for line in app.lines)


async def test_the_passphrase_of_the_key_store_is_asked_for_once(tmp_path: Path) -> None:
    services = under_a_passphrase(tmp_path)
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "Passphrase of the key store")
        await app.press(pilot, "escape", hides="Passphrase of the key store")
        await app.wait(pilot, "run-as 1", "deploy")
        await app.press(pilot, "enter", shows="s shows it")
        await app.press(pilot, "s", shows="Passphrase of the key store")
        await app.press(pilot, Typed(PASSPHRASE), "enter", shows="geheim")
        await app.press(pilot, "s", hides="geheim")
        await app.press(pilot, "s", shows="geheim")


async def test_giving_up_at_the_passphrase_leaves_the_secret_sealed(tmp_path: Path) -> None:
    services = under_a_passphrase(tmp_path)
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "Passphrase of the key store")
        await app.press(pilot, "escape", hides="Passphrase of the key store")
        await app.wait(pilot, "run-as 1", "deploy")
        await app.press(pilot, "enter", shows="s shows it")
        await app.press(pilot, "s", shows="Passphrase of the key store")
        await app.press(pilot, "escape", hides="Passphrase of the key store")
        assert "geheim" not in app.text
        await app.wait(pilot, "s shows it")
    assert not any("credential-revealed" in entry.line for entry in services.audit.entries())


async def test_a_credential_that_somebody_removed_meanwhile_is_said_to_be_gone(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    credential = add(services, "deploy")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "run-as 1", "deploy")
        await app.app.workers.wait_for_complete()  # a page that is read now would not have it any more
        services.credentials.remove(credential, NOBODY)
        await app.press(pilot, "enter", shows="No credential is called")
        await app.press(pilot, "enter", shows="No credentials here yet")


# --- editing and removing ----------------------------------------------------------------------------


async def test_editing_keeps_the_secret_where_none_is_typed(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    add(services, "deploy", secret="kept")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "run-as 1", "deploy")
        await app.press(pilot, "enter", shows="s shows it")
        await app.press(pilot, "e", shows="leave it empty to keep the secret")
        await app.press(pilot, "end", Typed("-all"), "enter", shows="s shows it")
        await app.wait(pilot, "run-as deploy-all")
    assert secret_of(services, "run-as/deploy-all") == "kept"


async def test_editing_takes_a_new_secret(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    add(services, "deploy", secret="old")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "run-as 1", "deploy")
        await app.press(pilot, "enter", shows="s shows it")
        await app.press(pilot, "e", shows="leave it empty")
        await app.press(pilot, "tab", "tab", "tab", Typed("new"), "enter", shows="s shows it")
    assert secret_of(services, "run-as/deploy") == "new"


async def test_a_note_of_several_lines_survives_an_edit(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    add(services, "deploy", note="first\nsecond")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "run-as 1", "deploy")
        await app.press(pilot, "enter", shows="second")
        await app.press(pilot, "e", shows="leave it empty")
        await app.press(pilot, "tab", Typed("x"), "enter", shows="second")
    assert services.credentials.show("run-as/deploy").fields.note == "first\nsecond"


async def test_an_edit_that_somebody_else_overtook_is_refused(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    credential = add(services, "deploy")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "run-as 1", "deploy")
        await app.press(pilot, "enter", shows="s shows it")
        await app.press(pilot, "e", shows="leave it empty")
        services.credentials.remove(credential, NOBODY)
        await app.press(pilot, Typed("x"), "enter", shows="No credential is called")
        await app.press(pilot, "enter", shows="leave it empty")


async def test_removing_asks_and_the_answer_that_is_marked_is_no(tmp_path: Path) -> None:
    services = set_up(tmp_path)
    add(services, "deploy")
    app = AppOn(services)
    async with app.play() as pilot:
        await app.wait(pilot, "run-as 1", "deploy")
        await app.press(pilot, "enter", shows="s shows it")
        await app.press(pilot, "x", shows="gone for good")
        await app.press(pilot, "enter", hides="gone for good")
        assert services.credentials.total() == 1
        await app.press(pilot, "x", shows="gone for good")
        await app.press(pilot, "down", "enter", shows="No credentials here yet")
    assert services.credentials.total() == 0
