"""Words: what a translator wrote stays, what a family reads is right, what is not fit is not offered."""
