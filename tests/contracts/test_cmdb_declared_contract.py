"""What every CMDB keeps to of the register's rows about somebody else's database backups."""

from datetime import timedelta

import pytest

from nskeys.model.declared_backups import DeclaredBackup
from nskeys.model.declared_backups_json import from_text, is_declared_row, to_text
from nskeys.ports import Cmdb, RegisterRow
from tests.fakes.backups import a_declared_backup
from tests.fakes.events import an_event
from tests.fakes.fixed import AFTERNOON


def row_of(backup: DeclaredBackup) -> RegisterRow:
    return RegisterRow(to_text(backup), b"s" * 64)


def test_one_row_for_each_text_is_kept_and_replaced(cmdb: Cmdb) -> None:
    one, other = a_declared_backup(None, text="to tape"), a_declared_backup(text="to vault02")
    checked = a_declared_backup(AFTERNOON + timedelta(days=1), text="to tape")
    with cmdb.changing(an_event()) as change:
        change.record_declared(one, row_of(one))
        change.record_declared(other, row_of(other))
    with cmdb.changing(an_event()) as change:
        change.record_declared(checked, row_of(checked))
    with cmdb.reading() as view:
        assert view.register_rows() == (row_of(checked), row_of(other))
        assert [from_text(row.text) for row in view.register_rows()] == [checked, other]
        assert all(is_declared_row(row.text) for row in view.register_rows())


def test_a_row_that_does_not_say_what_its_backup_says_is_not_recorded(cmdb: Cmdb) -> None:
    with pytest.raises(ValueError, match="register row"), cmdb.changing(an_event()) as change:
        change.record_declared(a_declared_backup(), row_of(a_declared_backup(None)))
    with cmdb.reading() as view:
        assert view.register_rows() == ()
