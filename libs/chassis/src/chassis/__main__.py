"""Runs every process and every command of every service: `python -m chassis`."""

from importlib import import_module

from chassis.foundation.garbage_collection import leave_start_alone

if __name__ == "__main__":
    leave_start_alone()
    import_module("chassis.composition.all_commands").main()
