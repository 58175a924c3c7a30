"""The families' chat, tried as families use it: by form, by script, by keyboard, by screen reader."""
