"""Who may add and remove papers in the window."""

import os

from rag.core.environment import is_loopback
from rag.core.settings import Settings
from rag.core.space import is_space


def may_edit(settings: Settings, host: str | None = None) -> bool:
    """Whether the window may add and remove papers and undo merges.

    Where the settings leave it open (auto), it may where only those who run it can reach it: it asks for a password, or listens on
    loopback without anything that says that a proxy or another site leads there. Never on a Hugging Face Space.

    Args:
        settings: of the window.
        host: the address that it listens on; None where gradio chooses it, "" where nobody here knows it, as in another server.
    """
    if settings.edit != "auto":
        return settings.edit == "on"
    if is_space():
        return False
    if settings.auth is not None:
        return True
    led_here = settings.root_path or settings.allow_host or settings.trusted_proxy
    listens = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1") if host is None else host
    return is_loopback(listens) and not led_here


def decided(settings: Settings, host: str | None) -> Settings:
    """The settings with `edit` on or off, for those who do not know the address."""
    return settings.model_copy(update={"edit": "on" if may_edit(settings, host) else "off"})
