"""Guided operations as pure state machines: which step a person is at, and what may be done there.

A flow is a frozen value. Whoever guides a person through it, a screen or a test, calls the services and
tells the flow the outcome; each such event returns the next flow. `acts` are the actions of the present
step. `back` returns the step before, or None where that leaves the flow; work that runs is cancelled and
not left. A flow does no I/O and never holds a secret: it only knows whether one was given.
"""
