"""Updater keeps the containers of one host up to date and never loses one."""

__version__ = "0.1.0"
