"""Org publishes only: its worker ships the outbox and listens to nobody."""

from chassis.worker import Worker

WORKER = Worker("org")
