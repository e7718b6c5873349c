"""How is what `updater doctor` finds written for scripts? The contract's JSON, schema version 1."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from updater.cli.as_json import SCHEMA_VERSION, Json
from updater.model.finding import Health

if TYPE_CHECKING:
    from collections.abc import Sequence

    from updater.model.finding import Finding


def findings_json(findings: Sequence[Finding]) -> Json:
    """What `doctor -o json` prints."""
    counts = Counter(finding.health for finding in findings)
    return {
        "schema_version": SCHEMA_VERSION,
        "findings": [
            {
                "subject": finding.subject,
                "about": finding.about or None,
                "health": str(finding.health),
                "message": finding.message,
            }
            for finding in findings
        ],
        "summary": {str(health): counts[health] for health in Health},
    }
