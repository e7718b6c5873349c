"""`updater doctor`: is everything in order that a cycle needs? Changes nothing."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import typer

from updater.cli.ending import FAILED, NO_ENGINE, ending
from updater.cli.options import Output, OutputFormat, with_settings
from updater.interruption import Interruption

if TYPE_CHECKING:
    from updater.model.finding import Finding


@with_settings
def doctor_command(given: dict[str, Any], output: Output = OutputFormat.TABLE) -> None:
    """Look at everything that a cycle needs: engine, rights, registries, credentials, limits, state folder, clock.

    Nothing is changed. Ends with 1 if something will not work, and with 3 if there is no engine.

    \b
    Examples:
      updater doctor
      updater doctor -o json | jq '.findings[] | select(.health != "ok")'
    """
    with ending(Interruption()):
        findings = _findings(given)
        _show(findings, output)
    code = _code(findings)
    if code:
        raise typer.Exit(code)


def _findings(given: dict[str, Any]) -> tuple[Finding, ...]:
    from updater.checkup import examined
    from updater.cli.logs import start_logging
    from updater.configuration import resolve

    settings = resolve(given, os.environ)
    start_logging(settings)
    return tuple(examined(settings, os.environ))


def _show(findings: tuple[Finding, ...], output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        from updater.cli.as_json import dump
        from updater.cli.findings_json import findings_json

        sys.stdout.write(dump(findings_json(findings)))
    else:
        from updater.cli.as_table import findings_table
        from updater.cli.terminal import terminal_of

        sys.stdout.write(findings_table(findings, terminal_of(sys.stdout)))


def _code(findings: tuple[Finding, ...]) -> int:
    from updater.model.finding import Health

    failed = [finding.subject for finding in findings if finding.health is Health.FAILED]
    if "engine" in failed:
        return NO_ENGINE
    return FAILED if failed else 0
