"""`ui` in every template: the macros of components/ui.html, read once a process.

An import with context runs every component's file anew for each page, a fifth of the CPU of a small one. The
components therefore know nothing of the page but their arguments and what all templates share.
"""

from typing import Any

from flask import Flask

SOURCE = "components/ui.html"


class Components:
    """The macros by name: `ui.button`. A debugging app reads them again whenever their files change."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __getattr__(self, name: str) -> Any:
        """A macro. Raises AttributeError for a name that the file lacks."""
        if name.startswith("_"):
            raise AttributeError(name)
        macro = getattr(self._app.jinja_env.get_template(SOURCE).module, name)
        if not self._app.debug:
            vars(self)[name] = macro
        return macro


def register(app: Flask) -> None:
    """Give every template its `ui`."""
    app.jinja_env.globals["ui"] = Components(app)
