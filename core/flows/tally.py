"""What a run counts, and the status that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.models.run import RunStatus

WORDS = 5  # different problems named in the run's message


@dataclass
class Tally:
    """Counts of one run; ``problems``: words for the message, each once."""

    total: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    held: int = 0
    problems: dict[str, int] = field(default_factory=dict)

    def problem(self, text: object) -> None:
        """Note words; equal ones are counted."""
        words = str(text)[:300]
        self.problems[words] = self.problems.get(words, 0) + 1

    def message(self) -> str:
        """The problems, the first few."""
        shown = [f"{text} (×{n})" if n > 1 else text for text, n in list(self.problems.items())[:WORDS]]
        return "; ".join(shown)[:1000]

    def status(self, *, stopped: bool) -> RunStatus:
        """``stopped``: the run could not go on (connection, configuration)."""
        if stopped:
            return RunStatus.PARTIAL if self.succeeded else RunStatus.FAILED
        if self.failed:
            return RunStatus.PARTIAL if self.succeeded else RunStatus.FAILED
        return RunStatus.PARTIAL if self.held else RunStatus.SUCCEEDED

    def counts(self) -> dict[str, Any]:
        """Columns of FlowRun."""
        return {n: getattr(self, n) for n in ("total", "succeeded", "failed", "skipped", "held")}
