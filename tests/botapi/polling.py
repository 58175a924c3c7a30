"""getUpdates and the webhook methods: how a bot receives.

Source: Client.cpp 15700-15724 (conflicts), 16321-16400 (offset, limit, timeout, repeated offset),
process_set_webhook_query, do_set_webhook, process_get_webhook_info_query.
"""

from __future__ import annotations

import asyncio
from typing import Any

from . import rules
from .errors import ApiError, flood
from .model import Bot, Json, Webhook
from .request import Handler, Request
from .updates import UpdateQueue
from .webhook import WebhookWorker

MAX_LIMIT = 100
MAX_TIMEOUT = 50
REPEAT_WAIT = 3.0
REPEAT_LIMIT_ONE = 0.5
CONFLICT_PAUSE = 3.0
MAX_CONNECTIONS = 100


async def get_updates(request: Request) -> list[Json]:
    bot, params = request.bot, request.params
    queue = bot.queue
    if bot.webhook is not None:
        await conflict(request, queue, "conflict_webhook")
    remember_filter(request, queue)
    offset = params.integer("offset")
    limit = params.integer("limit", MAX_LIMIT, 1, MAX_LIMIT)
    timeout = float(params.integer("timeout", 0, 0, MAX_TIMEOUT))
    if request.policy.repeat_penalty:
        limit, timeout = penalty(request, queue, offset, limit, timeout)
    queue.confirm(offset)
    found = queue.take(limit)
    if not found and timeout:
        end_poll(bot, "conflict_poll")
        found = await wait_for_updates(request, queue, queue.poll_serial, limit, timeout)
    return [update.body for update in found]


def penalty(
    request: Request, queue: UpdateQueue, offset: int, limit: int, timeout: float
) -> tuple[int, float]:
    """Asking the same offset again too soon waits three seconds, or gets one update only."""
    now = request.world.time.now()
    since = now - queue.last_asked_at
    again = queue.last_offset == offset
    queue.last_offset, queue.last_asked_at = offset, now
    if again and since < REPEAT_LIMIT_ONE:
        limit = 1
    if again and since < REPEAT_WAIT:
        timeout = max(timeout, REPEAT_WAIT)
    return limit, timeout


async def wait_for_updates(
    request: Request, queue: UpdateQueue, serial: int, limit: int, timeout: float
) -> list[Any]:
    """Holds the poll until there is something, the time is over, or another poll takes its place."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout
    while not (found := queue.take(limit)):
        left = end - loop.time()
        if left <= 0 or not await queue.changed.wait(left):
            break
        if queue.poll_serial != serial:
            await conflict(request, queue, queue.poll_end)
    return found


async def conflict(request: Request, queue: UpdateQueue, reason: str) -> None:
    """409; a second one within three seconds is held back for three seconds where the policy says so."""
    now = request.world.time.now()
    if request.policy.conflict_delay and now < queue.last_conflict_at + CONFLICT_PAUSE:
        await request.world.time.sleep(CONFLICT_PAUSE)
    else:
        queue.last_conflict_at = now
    raise ApiError(reason)


def end_poll(bot: Bot, reason: str) -> None:
    """The earlier long poll ends with 409; the later one stays."""
    bot.queue.poll_serial += 1
    bot.queue.poll_end = reason
    bot.queue.changed.fire()


def remember_filter(request: Request, queue: UpdateQueue) -> None:
    given = request.params.json("allowed_updates", "allowed_updates")
    if isinstance(given, list):
        queue.allow([str(kind) for kind in given])


async def set_webhook(request: Request) -> tuple[bool, str]:
    """The description tells what happened; nothing is fetched from the address while setting."""
    bot, params, now = request.bot, request.params, request.world.time.now()
    url = params.text("url").strip()
    if now < bot.webhook_set_at + 1 and url:
        raise flood(1)
    if url:
        rules.webhook_url(url, request.policy.any_webhook_url)
        rules.secret_token(params.text("secret_token"))
    remember_filter(request, bot.queue)
    return await change_webhook(request, url)


async def delete_webhook(request: Request) -> tuple[bool, str]:
    return await change_webhook(request, "")


async def change_webhook(request: Request, url: str) -> tuple[bool, str]:
    bot, params = request.bot, request.params
    if params.flag("drop_pending_updates"):
        bot.queue.pending.clear()
    if not url:
        had = bot.webhook is not None
        await stop_webhook(bot)
        return True, "Webhook was deleted" if had else "Webhook is already deleted"
    hook = Webhook(
        url,
        params.text("secret_token"),
        params.integer("max_connections", 40, 1, MAX_CONNECTIONS),
        "certificate" in params.uploads,
    )
    if bot.webhook is not None and (bot.webhook.url, bot.webhook.secret) == (hook.url, hook.secret):
        return True, "Webhook is already set"
    await stop_webhook(bot)
    end_poll(bot, "conflict_set_webhook")
    bot.webhook, bot.webhook_set_at = hook, request.world.time.now()
    bot.worker = WebhookWorker(request.world, bot, hook, request.policy)
    bot.worker.start()
    return True, "Webhook was set"


async def stop_webhook(bot: Bot) -> None:
    worker, bot.worker, bot.webhook = bot.worker, None, None
    if worker is not None:
        await worker.stop()


def get_webhook_info(request: Request) -> Json:
    bot, hook = request.bot, request.bot.webhook
    bot.queue.expire()
    shown: Json = {
        "url": hook.url if hook else "",
        "has_custom_certificate": bool(hook and hook.has_certificate),
        "pending_update_count": len(bot.queue.pending),
    }
    if hook is not None:
        shown["max_connections"] = hook.max_connections
        shown["ip_address"] = "127.0.0.1"
        if hook.last_error_date is not None:
            shown["last_error_date"] = hook.last_error_date
            shown["last_error_message"] = hook.last_error_message
    if bot.queue.allowed is not None:
        shown["allowed_updates"] = sorted(bot.queue.allowed)
    return shown


def refuse(request: Request) -> bool:
    """logOut and close would strand every other test; they are refused aloud."""
    raise ApiError("logout")


METHODS: dict[str, Handler] = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "logOut": refuse,
    "close": refuse,
}
