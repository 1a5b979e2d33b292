"""The way through each flow: its stops, and which one a person is at."""

from dataclasses import replace

import pytest

from nskeys.services.flows.backup import BackupFlow, BackupStep
from nskeys.services.flows.custodians import CustodiansFlow, CustodiansStep
from nskeys.services.flows.drill import DrillFlow, DrillStep
from nskeys.services.flows.prune import PruneFlow, PruneStep
from nskeys.services.flows.recovery import RecoveryFlow, RecoveryStep
from nskeys.services.flows.restore import RestoreFlow, RestoreStep
from nskeys.services.flows.rotation import RotationFlow, RotationStep
from nskeys.services.flows.route import Stop
from nskeys.wording.flows import stop_names


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (BackupStep.LOOKING, "Destination"),
        (BackupStep.PASSWORD, "Password"),
        (BackupStep.REVIEW, "Plan"),
        (BackupStep.RUNNING, "Proof"),
        (BackupStep.DONE, "Proof"),
    ],
)
def test_a_backup_goes_from_its_destination_to_its_proof(step: BackupStep, name: str) -> None:
    names, here = stop_names(BackupFlow(step).route)
    assert names == ("Destination", "Password", "Plan", "Proof")
    assert names[here] == name


def test_a_restore_goes_from_the_file_to_the_proof() -> None:
    flow = RestoreFlow(())
    names, here = stop_names(flow.route)
    assert names == ("File", "Contents", "Password", "Plan", "Proof")
    assert names[here] == "File"
    assert replace(flow, step=RestoreStep.OPENING).route.here is Stop.PASSWORD
    assert replace(flow, step=RestoreStep.FOREIGN).route.here is Stop.PLAN
    assert replace(flow, step=RestoreStep.DONE).route.here is Stop.PROOF


@pytest.mark.parametrize(
    "flow",
    [
        *(BackupFlow(step) for step in BackupStep),
        *(replace(DrillFlow(), step=step) for step in DrillStep),
        *(replace(CustodiansFlow(), step=step) for step in CustodiansStep),
        *(replace(PruneFlow(), step=step) for step in PruneStep),
        *(replace(RecoveryFlow(), step=step) for step in RecoveryStep),
        *(replace(RotationFlow(), step=step) for step in RotationStep),
        *(replace(RestoreFlow(()), step=step) for step in RestoreStep if step is not RestoreStep.PROTECTOR),
    ],
    ids=lambda flow: f"{type(flow).__name__}-{flow.step}",
)
def test_every_step_is_one_of_the_stops(
    flow: "BackupFlow | DrillFlow | CustodiansFlow | PruneFlow | RecoveryFlow | RotationFlow | RestoreFlow",
) -> None:
    route = flow.route
    if route is not None:
        assert route.here in route.stops
        assert all(stop_names(route)[0])
