"""Channels: where families write. One file each behind the one protocol in `port`."""
