"""Turns a captured terminal screen (text with ANSI colours) into an SVG picture that needs no font from elsewhere."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 124


def main(screen: Path, picture: Path, title: str) -> None:
    """Read the screen, write the picture."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(Text.from_ansi(screen.read_text().rstrip()), soft_wrap=False)
    svg = console.export_svg(title=title)
    # The template asks a web server for its fonts; a picture in a README must ask nobody.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace")
    picture.write_text(svg)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
