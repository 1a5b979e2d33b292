"""Guided operations as pure state machines: which step a person is at, and what may be done there.

A flow is a frozen value. Whoever guides a person through it, a screen or a test, calls the services and
tells the flow what came of it; each such event gives the next flow. A flow does no I/O and never holds
a secret: it only knows whether one was given.
"""
