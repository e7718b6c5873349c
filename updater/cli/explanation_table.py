"""How is the chain of one decision written for a person? Pure."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from updater.cli.columns import table
from updater.model.wording import printable

if TYPE_CHECKING:
    from updater.cli.terminal import Terminal
    from updater.model.explanation import Explanation
    from updater.model.ruling import Ruling


def explanation_table(explanation: Explanation, terminal: Terminal) -> str:
    """The answer first, then what is known, then each question that was asked."""
    decision = explanation.decision
    name = decision.container.name
    answer = f"{name}: {decision.action}. {' '.join(printable(reason.message) for reason in decision.reasons)}"
    facts = [(what, printable(known)) for what, known in explanation.facts]
    asked = [(ruling.question, "no" if ruling.objection else "yes", _why(ruling)) for ruling in explanation.rulings]
    lines = textwrap.wrap(answer, terminal.width)
    return (
        "\n".join(lines)
        + "\n\n"
        + table(("WHAT", "IS KNOWN"), facts, terminal)
        + "\n"
        + table(("QUESTION", "ANSWER", "WHY"), asked, terminal)
    )


def _why(ruling: Ruling) -> str:
    return printable(ruling.objection.message) if ruling.objection is not None else ""
