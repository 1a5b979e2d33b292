"""Flows and services together, without a screen: from an empty machine to a restore and a rotation."""

from nskeys.errors import NskeysError, PlanOutdated
from nskeys.ports import Purpose, SilentProgress
from nskeys.services.database.pairs import Pair
from nskeys.services.flows.backup import BackupFlow, BackupStep
from nskeys.services.flows.first_start import FirstStart, FirstStep, Way
from nskeys.services.flows.restore import RestoreFlow, RestoreStep
from nskeys.services.flows.rotation import RotationFlow, RotationStep
from nskeys.services.flows.source import SourceFlow
from nskeys.services.open_backup import find_source, opened
from nskeys.services.restore.service import RestoreChoices
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import NOBODY, PASSWORD


def first_start(server: MemoryServer) -> FirstStart:
    """A new installation, as a person would go through it."""
    flow = FirstStart(server.services.set_up.look()).choose(Way.NEW).run()
    report = server.services.set_up.execute("file", NOBODY, server.settings(), flow.accept_loss)
    return flow.made(report)


def back_up(server: MemoryServer, meanwhile: bool = False) -> BackupFlow:
    """A backup to the likely place; `meanwhile` somebody else makes a key."""
    flow = BackupFlow().looked(server.services.destinations.listing())
    assert flow.likely is not None
    flow = flow.planned(server.services.both_halves.plan([flow.likely.info.address])).password_given().run()
    if meanwhile:
        server.rotate()
    while flow.step is not BackupStep.DONE:
        plan = flow.plan
        assert plan is not None
        try:
            answers = Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]})
            flow = flow.done(server.services.both_halves.execute(plan, answers))
        except NskeysError as error:
            flow = flow.failed(error)
            assert isinstance(flow.problem, PlanOutdated)
            flow = flow.planned(server.services.both_halves.plan(plan.addresses)).run()
    return flow


def test_from_an_empty_machine_to_a_backup_that_helps() -> None:
    server = MemorySite().server()
    assert first_start(server).step is FirstStep.OFFER
    server.add("one")
    flow = back_up(server)
    assert flow.report is not None
    assert flow.plan is not None
    assert flow.plan.helps
    assert server.counts() == (1, 0, 0)


def test_a_plan_that_is_outdated_is_reviewed_again_and_the_password_stays() -> None:
    server = MemorySite().server()
    first_start(server)
    assert back_up(server, meanwhile=True).step is BackupStep.DONE
    assert server.services.backup.due() == ()


def test_the_remembered_backup_is_restored_on_new_hardware() -> None:
    site = MemorySite()
    lost = site.server()
    first_start(lost)
    lost.add("one", "the secret")
    back_up(lost)
    fresh = site.with_database_of(lost)

    start = FirstStart(fresh.services.set_up.look())
    assert start.ways[0] is Way.RESTORE_REMEMBERED
    address = start.remembered[0].address
    found = find_source(fresh.installation, address)
    flow = RestoreFlow(("file",)).at_source(SourceFlow(named=True).found(Pair(found, None, 0, ()))).open()
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD]})
    with opened(fresh.installation, found, answers, SilentProgress()) as source:
        flow = flow.planned(fresh.services.restore.plan(source)).next()
        assert flow.step is RestoreStep.FOREIGN
        flow = flow.next()
        assert flow.step is RestoreStep.PROTECTOR
        flow = flow.protect("file")
        assert flow.plan is not None
        report = fresh.services.restore.execute(
            flow.plan,
            source,
            NOBODY,
            RestoreChoices(fresh.settings(), flow.protector, flow.plan.facts.server_key),
        )
        flow = flow.done(report)
    assert not report.proof.failures
    assert report.rotation_advised
    assert fresh.secrets() == {"run-as/one": "the secret"}
    assert start.seen(fresh.services.set_up.look()).step is FirstStep.READY


def rotate(server: MemoryServer, flow: RotationFlow) -> RotationFlow:
    """One step of a rotation."""
    running = flow.looked(server.services.rotation.plan()).run()
    assert running.plan is not None
    report = server.services.rotation.execute(running.plan, NOBODY, running.without_backup)
    return running.done(report)


def test_a_rotation_takes_two_visits_and_a_backup_between_them() -> None:
    server = MemorySite().server()
    first_start(server)
    server.add("one")
    first = rotate(server, RotationFlow())
    assert first.step is RotationStep.WAITING
    assert RotationFlow().looked(server.services.rotation.plan()).step is RotationStep.WAITING
    back_up(server)
    assert rotate(server, first).step is RotationStep.DONE
    assert server.counts() == (1, 0, 0)
