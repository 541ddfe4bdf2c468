"""The application factory: the only place that wires rooms together and the only importer of views."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask, request, url_for
from flask_babel import Babel
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.core import assets, components, drawing, edge, error_pages, formatting, htmx, logs, words
from portal.core.crypto import FieldCipher
from portal.core.db import Base, db, engine_options, prepare_engine
from portal.core.formatting import call_name
from portal.core.permissions import ANONYMOUS, current_actor
from portal.core.ports import Ports
from portal.core.words import gettext as _
from portal.settings import Settings, load_settings

# Ground up. A room may have models, commands, ports and views; all are looked up here and nowhere else.
ROOMS = (
    "regions",
    "people",
    "accounts",
    "cooperatives",
    "catalog",
    "centers",
    "batches",
    "enrollment",
    "attendance",
    "assessment",
    "certificates",
    "verification",
    "readiness",
    "oversight",
    "desks",
    "operations",
)

_migrate = Migrate()
_babel = Babel()


def create_app(settings: Settings | None = None) -> Flask:
    """Build the WSGI app from settings (default: the environment)."""
    settings = settings or load_settings()
    logs.install()
    app = Flask(
        "portal",
        template_folder=str(settings.assets / "templates"),
        static_folder=None,
        instance_path=str(settings.instance),
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url),
        BABEL_DEFAULT_LOCALE="id",
        BABEL_DEFAULT_TIMEZONE="Asia/Jakarta",
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).parent / "translations"),
        TESTING=settings.testing,
        SERVER_NAME=None,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["portal_settings"] = settings
    app.extensions["field_cipher"] = FieldCipher.parse(settings.field_keys)
    app.extensions["ports"] = Ports()
    _install_database(app, settings)
    _babel.init_app(app, locale_selector=words.requested)
    words.register(app)
    edge.install(app, settings)
    htmx.register(app)
    drawing.register(app)
    components.register(app)
    formatting.register(app)
    error_pages.install(app)
    _install_static(app, settings)
    _install_rooms(app)
    app.context_processor(_page_context)
    return app


def _install_database(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    for room in ROOMS:
        _optional(f"portal.{room}.models")
    for module in ("audit", "idempotency", "jobs", "timers", "mail.outbox"):
        import_module(f"portal.core.{module}")
    with app.app_context():
        prepare_engine(db.engine)
    _migrate.init_app(app, db, directory=str(settings.assets / "migrations"), render_as_batch=True)
    assert Base.metadata.tables


def _install_static(app: Flask, settings: Settings) -> None:
    """Build the hashed stylesheet and files once and serve them in front of Flask."""
    manifest = assets.register(app, settings.assets / "static", settings.instance / "static")
    if settings.trusted_hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_hops, x_proto=settings.trusted_hops
        )
    assets.mount(app, manifest)


def _install_rooms(app: Flask) -> None:
    for room in ROOMS:
        for part in ("ports", "commands", "views"):
            module = _optional(f"portal.{room}.{part}")
            if module is None:
                continue
            if hasattr(module, "install"):
                module.install(app)
            for blueprint in getattr(module, "BLUEPRINTS", (getattr(module, "blueprint", None),)):
                if blueprint is not None:
                    app.register_blueprint(blueprint)


def _optional(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def _page_context() -> dict[str, Any]:
    """What every layout needs. Bare views (verification) never touch the session or the actor."""
    view: Any = edge.view_access()
    actor = ANONYMOUS if getattr(view, "is_bare", False) else current_actor()
    lang = edge.language()
    here = request.path
    return {
        "lang": lang,
        "lang_switch_url": edge.language_switch(),
        "actor": actor,
        "nav": _nav(actor, here, "/en" if lang == "en" else ""),
        "account_label": call_name(actor.name) if actor.is_authenticated else "",
        "account_url": url_for("desks.profile" if actor.is_authenticated else "accounts.sign_in"),
        "sign_out_url": url_for("accounts.sign_out") if actor.is_authenticated else "",
    }


def _nav(actor: Any, here: str, prefix: str) -> list[tuple[str, str, bool]]:
    if actor.is_authenticated:
        desks = _desk_links(actor)
        under = [href for href, _label in desks if here == href or here.startswith(f"{href}/")]
        current = max(under, key=len, default="")
        return [(prefix + href, label, href == current) for href, label in desks]
    links = [
        ("/", _("Jadwal")),
        ("/program", _("Program")),
        ("/blk", _("Balai pelatihan")),
        ("/verifikasi", _("Periksa sertifikat")),
        ("/bantuan", _("Bantuan")),
    ]
    return [
        (prefix + href, label, here == href or (href != "/" and here.startswith(href)))
        for href, label in links
    ]


def _desk_links(actor: Any) -> list[tuple[str, str]]:
    from portal.desks.rules import desk_links

    return desk_links(actor)
