"""How things stand: the overview, the runbook, the audit trail."""
