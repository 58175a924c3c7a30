"""A scene while it is read; it is frozen when the next one begins."""

from dataclasses import dataclass, field

from dialogs.script import Scene, Step


@dataclass
class Draft:
    """What was read of a scene so far."""

    name: str
    line: int
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    ids: list[str] = field(default_factory=list)  # of its messages
    waiting_notes: list[str] = field(default_factory=list)  # for the next paragraph

    def scene(self, full: str) -> Scene:
        """The finished scene under its full id; notes no paragraph came for belong to all of it."""
        return Scene(
            id=full,
            steps=tuple(self.steps),
            notes=(*self.notes, *self.waiting_notes),
            fresh="fresh" in self.flags,
            safety="safety" in self.flags,
            discreet="discreet" in self.flags,
            must_answer="must-answer" in self.flags,
            if_missed=self.links.get("missed", ""),
            if_skipped=self.links.get("skipped", ""),
            summary=self.summary,
            line=self.line,
        )
