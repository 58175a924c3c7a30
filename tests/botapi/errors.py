"""Every error this server can raise, with the place it was taken from. Nothing else may raise one.

Sources, short names:
- `Client.cpp`, `Query.cpp`, `WebhookActor.cpp`, `HttpConnection.cpp`: tdlib/telegram-bot-api.
- `MessageEntity.cpp`, `MessageContent.cpp`, `BotCommand.cpp`, ...: tdlib/td.
  A number is a line at telegram-bot-api 01a3679 or td 022d60202; where only a function is given, the line
  was not noted. `live:` means a public test suite that asserts the text against the real service.
- `closed`: the check is in Telegram's closed part; the text is known from public threads.
- `recalled:` the text is known from use and public threads, but the place named was not read for this table.
- `guessed`: the rule is documented but the exact words are not known here.
"""

# ruff: noqa: E501 - the rows of a table stay on one line
from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """One row: HTTP status (equal to error_code), description, source."""

    code: int
    text: str
    source: str


LIVE = "live: a public client's suite against the real service"
FAIL = "Client.cpp fail_query_with_error"
BR = "Bad Request: "
FB = "Forbidden: "
PE = "Bad Request: can't parse entities: "


def _rows(code: int, prefix: str, rows: str) -> dict[str, Known]:
    """Reads `name | text | source` lines."""
    table = {}
    for line in rows.strip().splitlines():
        name, text, source = (part.strip() for part in line.split(" | "))
        table[name] = Known(code, prefix + text, source.replace("LIVE", LIVE).replace("FAIL", FAIL))
    return table


ERRORS: dict[str, Known] = {
    "not_found": Known(404, "Not Found", "HttpConnection.cpp handle: path is not /bot or /file"),
    "unknown_method": Known(404, "Not Found: method not found", "Client.cpp:12664"),
    "invalid_token": Known(401, "Unauthorized: invalid token specified", "ClientManager.cpp send"),
    "unauthorized": Known(401, "Unauthorized", "Client.cpp get_closing_error"),
    "entity_too_large": Known(413, "Request Entity Too Large", "recalled: HttpConnection.cpp, td HttpReader"),
    "body_unreadable": Known(
        400, "Bad Request: can't parse request body as JSON", "guessed: HttpReader JSON branch"
    ),
    "conflict_poll": Known(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        "Client.cpp:15700-15724 abort_long_poll",
    ),
    "conflict_set_webhook": Known(
        409, "Conflict: terminated by setWebhook request", "Client.cpp abort_long_poll"
    ),
    "conflict_webhook": Known(
        409,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        "Client.cpp:16321-16400 process_get_updates_query",
    ),
    "flood": Known(429, "Too Many Requests: retry after {seconds}", "Query.cpp set_retry_after_error"),
    "scripted": Known(0, "{description}", "fault injection: the test chose the words"),
    **_rows(
        403,
        FB,
        """
        blocked | bot was blocked by the user | FAIL, USER_IS_BLOCKED
        deactivated | user is deactivated | FAIL, INPUT_USER_DEACTIVATED
        cannot_initiate | bot can't initiate conversation with a user | Client.cpp check_chat_access
        to_a_bot | bots can't send messages to bots | recalled: Client.cpp check_chat_access
        kicked_supergroup | bot was kicked from the supergroup chat | Client.cpp check_chat_access
        kicked_group | bot was kicked from the group chat | Client.cpp check_chat_access
        not_member_supergroup | bot is not a member of the supergroup chat | Client.cpp check_chat_access
        not_member_group | bot is not a member of the group chat | Client.cpp check_chat_access
        """,
    ),
    **_rows(
        400,
        BR,
        """
        chat_id_empty | chat_id is empty | Client.cpp check_chat; LIVE
        chat_not_found | chat not found | Client.cpp check_chat; LIVE
        user_not_found | user not found | recalled: Client.cpp check_user
        invalid_user_id | invalid user_id specified | recalled: Client.cpp get_user_id
        migrated | group chat was upgraded to a supergroup chat | Client.cpp check_chat_access
        text_empty | message text is empty | Client.cpp get_formatted_text, process_send_message_query; LIVE
        text_blank | text must be non-empty | MessageEntity.cpp fix_formatted_text; LIVE
        reply_no_id | can't find field "message_id" | Client.cpp get_reply_parameters; LIVE
        entity_url | can't parse MessageEntity: Can't find field "url" | Client.cpp get_text_entity_type; LIVE
        business | business connection not found | Client.cpp check_business_connection; LIVE
        text_raw_too_long | text is too long | Client.cpp get_formatted_text, over 32 KiB
        message_too_long | message is too long | MessageContent.cpp:4757; LIVE
        caption_too_long | message caption is too long | MessageContent.cpp caption length check
        parse_mode | unsupported parse_mode | Client.cpp get_formatted_text; LIVE
        bad_utf8 | strings must be encoded in UTF-8 | recalled: Client.cpp get_formatted_text / check_utf8
        entity_type | can't parse MessageEntity: Unsupported type specified | Client.cpp get_text_entity_type; LIVE
        entity_offset | receive an entity with incorrect offset {offset} | MessageEntity.cpp fix_entities; LIVE
        entity_length | receive an entity with incorrect length {length} | recalled: MessageEntity.cpp fix_entities
        entity_begins_after | entity begins after the end of the text at UTF-16 offset {offset} | MessageEntity.cpp fix_entities; LIVE
        entity_ends_after | entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset {end} | MessageEntity.cpp fix_entities; LIVE
        entity_not_object | can't parse MessageEntity: expected an Object | guessed: Client.cpp get_text_entity
        markup_json | can't parse reply keyboard markup JSON object | recalled: Client.cpp get_reply_markup
        markup_object | object expected as reply markup | recalled: Client.cpp get_reply_markup
        markup_rows | field "{field}" must be of type Array | Client.cpp get_reply_markup via JsonObject
        markup_buttons | can't parse keyboard button: KeyboardButton must be an Object | recalled: Client.cpp get_keyboard_button
        keyboard_text | can't parse keyboard button: Can't find field "text" | recalled: Client.cpp get_keyboard_button
        inline_object | can't parse inline keyboard button: InlineKeyboardButton must be an Object | recalled: Client.cpp get_inline_keyboard_button
        inline_text | can't parse inline keyboard button: Can't find field "text" | Client.cpp get_inline_keyboard_button
        inline_text_unallowed | can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard | Client.cpp get_inline_keyboard_button; LIVE
        inline_url | inline keyboard button URL '{url}' is invalid: {why} | td ReplyMarkup.cpp get_inline_keyboard_button; LIVE
        button_data | BUTTON_DATA_INVALID | closed; LIVE
        button_text | keyboard button text must be non-empty | guessed: td ReplyMarkup.cpp
        markup_too_long | reply markup is too long | FAIL, REPLY_MARKUP_TOO_LONG
        reply_not_found | message to be replied not found | Client.cpp check_reply_parameters; LIVE
        edit_not_found | message to edit not found | Client.cpp check_message
        cannot_edit | message can't be edited | Client.cpp / td can_edit_message
        not_modified | message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message | FAIL, MESSAGE_NOT_MODIFIED
        no_text_to_edit | there is no text in the message to edit | recalled: td MessageQueryManager/MessagesManager.cpp edit_message_text
        no_caption_to_edit | there is no caption in the message to edit | recalled: td MessagesManager.cpp edit_message_caption
        message_id_missing | message identifier is not specified | recalled: Client.cpp process_edit_message_text_query
        delete_not_found | message to delete not found | Client.cpp process_delete_message_query via check_message
        cannot_delete | message can't be deleted | FAIL, MESSAGE_DELETE_FORBIDDEN
        cannot_delete_for_everyone | message can't be deleted for everyone | recalled: td MessagesManager.cpp delete_messages, revoke
        ids_missing | message identifiers are not specified | recalled: Client.cpp get_message_ids
        ids_too_many | too many message identifiers specified | recalled: Client.cpp get_message_ids, at most 100
        copy_not_found | message to copy not found | recalled: Client.cpp process_copy_message_query
        cannot_copy | message can't be copied | recalled: Client.cpp process_copy_message_query
        pin_not_found | message to pin not found | Client.cpp process_pin_chat_message_query; LIVE
        react_not_found | message to react not found | Client.cpp process_set_message_reaction_query; LIVE
        reaction_invalid | REACTION_INVALID | closed
        reactions_too_many | REACTIONS_TOO_MANY | closed
        reaction_type | can't parse reaction type: ReactionType must be an Object | guessed: Client.cpp get_reaction_type
        action_missing | wrong parameter action in request | Client.cpp get_chat_action; LIVE
        query_old | query is too old and response timeout expired or query ID is invalid | FAIL, QUERY_ID_INVALID; LIVE
        answer_too_long | MESSAGE_TOO_LONG | closed: text of a callback answer over 200
        thread_not_found | message thread not found | Client.cpp:8276; LIVE
        topic_closed | TOPIC_CLOSED | closed
        topic_invalid | TOPIC_ID_INVALID | closed
        topic_not_modified | TOPIC_NOT_MODIFIED | closed
        topic_name_empty | topic name is too short | guessed: closed part
        not_a_forum | the chat is not a forum | recalled: td ForumTopicManager.cpp is_forum
        no_rights | not enough rights to {act} | td ForumTopicManager.cpp, Client.cpp; LIVE for topics
        wrong_file_id | wrong file identifier/HTTP URL specified | recalled: Client.cpp get_input_file, td FileManager
        wrong_remote_file | wrong remote file identifier specified: Wrong string length | recalled: td FileManager.cpp; known from public threads
        file_id_missing | file_id not specified | Client.cpp check_remote_file_id; LIVE
        invalid_file_id | invalid file_id | Client.cpp process_get_file_query; LIVE
        file_too_big | file is too big | recalled: Client.cpp process_get_file_query, over 20 MB
        file_empty | file must be non-empty | recalled: td FileManager.cpp check_input_file
        no_file | there is no {kind} in the request | Client.cpp process_send_*_query; LIVE for voice
        photo_dimensions | PHOTO_INVALID_DIMENSIONS | closed
        image_failed | IMAGE_PROCESS_FAILED | closed
        http_url | failed to get HTTP URL content | recalled: FAIL, WEBPAGE_CURL_FAILED
        commands_json | can't parse commands JSON object | recalled: Client.cpp get_bot_commands
        commands_array | expected an Array of BotCommand | recalled: Client.cpp get_bot_commands
        commands_many | there can be at most 100 bot commands | recalled: td BotCommand.cpp set_commands
        command_invalid | BOT_COMMAND_INVALID | closed; LIVE
        command_empty | command must be non-empty | td BotCommand.cpp set_commands; LIVE
        command_long | command length must not exceed 32 | recalled: td BotCommand.cpp set_commands
        command_description_empty | command description must be non-empty | td BotCommand.cpp set_commands; LIVE
        command_description | command description length must not exceed 256 | recalled: td BotCommand.cpp set_commands
        scope_type | can't parse BotCommandScope: Unsupported type specified | recalled: Client.cpp get_bot_command_scope
        language_code | invalid language code specified | td misc.cpp validate_bot_language_code
        title_invalid | BOT_TITLE_INVALID | closed
        description_long | DESCRIPTION_TOO_LONG | closed
        menu_button | can't parse menu button: MenuButton has unsupported type | guessed: Client.cpp get_menu_button
        webhook_bad | bad webhook: {why} | recalled: Client.cpp do_set_webhook / WebhookActor.cpp
        secret_long | secret token is too long | Client.cpp do_set_webhook
        secret_chars | secret token contains unallowed characters | Client.cpp do_set_webhook
        logout | LOGOUT_REFUSED_BY_THIS_TOOL | own rule: this tool refuses logOut and close aloud
        allowed_updates | can't parse allowed_updates JSON object | guessed: Client.cpp get_allowed_update_types
        draft_id | RANDOM_ID_INVALID | closed: draft_id must be non-zero; LIVE
        leave_private | chat member status can't be changed in private chats | recalled: td DialogParticipantManager.cpp
        not_supported | parameter {name} is not supported by this test server | own rule: never a silent success
        """,
    ),
    **_rows(
        400,
        PE,
        """
        html_unsupported | Unsupported start tag "{tag}" at byte offset {offset} | MessageEntity.cpp parse_html; LIVE
        html_unclosed | Unclosed start tag at byte offset {offset} | MessageEntity.cpp parse_html
        html_unclosed_end | Unclosed end tag at byte offset {offset} | recalled: MessageEntity.cpp parse_html
        html_attribute | Unclosed start tag "{tag}" at byte offset {offset} | recalled: MessageEntity.cpp parse_html
        html_span | Tag "span" must have class "tg-spoiler" at byte offset {offset} | recalled: MessageEntity.cpp parse_html
        html_unexpected_end | Unexpected end tag at byte offset {offset} | MessageEntity.cpp parse_html
        html_unmatched | Unmatched end tag at byte offset {offset}, expected "</{expected}>", found "</{found}>" | MessageEntity.cpp parse_html; LIVE
        html_no_end | Can't find end tag corresponding to start tag "{tag}" | MessageEntity.cpp parse_html; LIVE
        md_reserved | Character '{char}' is reserved and must be escaped with the preceding '\\' | MessageEntity.cpp parse_markdown_v2; LIVE
        md_no_end | Can't find end of {kind} entity at byte offset {offset} | MessageEntity.cpp parse_markdown_v2; LIVE
        md_legacy_no_end | Can't find end of the entity starting at byte offset {offset} | MessageEntity.cpp parse_markdown; LIVE
        md_no_url_end | Can't find end of a URL at byte offset {offset} | recalled: MessageEntity.cpp parse_markdown_v2
        """,
    ),
}


class ApiError(Exception):
    """A refusal that goes to the bot as `{"ok": false, ...}`."""

    def __init__(self, name: str, parameters: dict[str, int] | None = None, /, **values: Any) -> None:
        known = ERRORS[name]
        self.name = name
        self.code: int = values.pop("code", known.code)
        self.description = known.text.format(**values)
        self.parameters = parameters
        super().__init__(self.description)

    def body(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def flood(seconds: int) -> ApiError:
    return ApiError("flood", {"retry_after": seconds}, seconds=seconds)
