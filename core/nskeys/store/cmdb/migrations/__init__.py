"""The steps that make the CMDB's tables, in their order. Forward only: a released step never changes.

A step is plain SQL of its own time. It does not use `schema`, which describes the tables of today, and
never touches a field that a seal binds.
"""

from nskeys.store.cmdb.migrations.step import Spelling, Step
from nskeys.store.cmdb.migrations.step_0001 import FIRST_TABLES
from nskeys.store.cmdb.migrations.step_0002 import NUMBERED_SEALS

__all__ = ["STEPS", "Spelling", "Step"]

STEPS: tuple[Step, ...] = (FIRST_TABLES, NUMBERED_SEALS)
