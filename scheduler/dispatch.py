"""The dispatcher: a note that came due is weighed, and if it may go it is put before its talk (one door).

Rule 1: claim first, in a work of its own; verdict, inbox row and the end of the claim commit together (promise 4).
Rule 2: nothing is sent here; the turn weighs once more and speaks.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from dialogs.state import from_json
from scheduler import followups
from scheduler.rules import Talk, may_write
from storage import inbox
from storage.conversations import Conversation, load
from storage.vault import Vault
from storage.work import Database

Tell = Callable[[str, str], None]  # event code, reason code


def writing_to(talk: Conversation, recent: tuple[datetime, ...] = ()) -> Talk:
    """What decides whether we may write to this family; `recent` are the notes of the last days."""
    answers = from_json(talk.state).answers if talk.state else {}
    return Talk(
        keep=talk.keep,
        mode=talk.mode,
        zone=talk.zone or "",
        country=talk.country or "",
        window=answers.get("safe_times", "none"),
        hidden_until=talk.hidden_until,
        stopped_at=talk.stopped_at,
        unreachable_at=talk.unreachable_at,
        recent=recent,
    )


async def dispatch(
    db: Database, vault: Vault, now: datetime, most: int, lease: timedelta, by: str, tell: Tell
) -> int:
    """Weigh at most `most` due notes; returns how many went into the inbox."""
    async with db.work() as w:
        claimed = await followups.due(w, now, most, lease, by)
    if not claimed:
        return 0
    sent = 0
    async with db.work() as w:
        ids = [row.conversation_id for row in claimed]
        talks = await load(w, vault, ids)
        recent = await followups.recent(w.conn, ids, now)
        for row in claimed:
            talk = talks.get(row.conversation_id)
            if talk is None:
                continue
            verdict = may_write(now, writing_to(talk, recent[talk.id]), row.plan)
            outcome = await followups.settle(w, row, verdict, now)
            tell("follow-up." + outcome, verdict.reason)
            if outcome == "send":
                body = {"what": "due", "plan": row.plan, "scene": row.scene}
                await inbox.put(w, vault, talk.id, f"follow-up:{row.id}:{row.attempts}", body, now)
                sent += 1
    return sent
