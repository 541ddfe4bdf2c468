"""Settings: the environment, read once, typed; refuses weak secrets. The lowest layer."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

PACKAGE = Path(__file__).resolve().parent
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WEAK = {"", "dev", "secret", "changeme", "development", "password"}


class SettingsError(RuntimeError):
    """A setting is missing or too weak; the message names it and says what to do."""


@dataclass(frozen=True)
class Settings:
    """All configuration. Paths are absolute; urls carry no trailing slash."""

    env: str
    base_url: str
    database_url: str
    instance: Path
    secret_key: str
    field_keys: str
    keystore_dir: Path
    keystore_passphrase_file: Path
    port: int = 8000
    workers: int = 2
    demo: bool = False
    redis_url: str | None = None
    database_read_url: str | None = None
    smtp_url: str | None = None
    mail_from: str = ""
    gateway_url: str | None = None
    gateway_token: str = ""
    gateway_channel: str = "whatsapp"
    queue_url: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_label: str = ""
    seal_pkcs12: Path | None = None
    seal_passphrase_file: Path | None = None
    seal_pkcs11_lib: Path | None = None
    seal_pkcs11_token: str = ""
    seal_pkcs11_label: str = ""
    trusted_hops: int = 0
    testing: bool = False
    assets: Path = field(default=PACKAGE.parent)

    @property
    def is_production(self) -> bool:
        """True when the portal serves real people."""
        return self.env == "production"

    @property
    def is_sqlite(self) -> bool:
        """True on the default engine."""
        return self.database_url.startswith("sqlite")

    @property
    def secure_cookies(self) -> bool:
        """Cookies are `__Host-` and Secure except over http on loopback."""
        return self.base_url.startswith("https://")


def assets_root() -> Path:
    """The folder that holds templates/, static/ and migrations/: the checkout, else the wheel's copy."""
    return PACKAGE.parent if (PACKAGE.parent / "templates").is_dir() else PACKAGE / "_assets"


def _dev_secrets(instance: Path) -> dict[str, str]:
    """Make `instance/secrets` (0600) once, and read it."""
    path = instance / "secrets"
    if not path.exists():
        instance.mkdir(parents=True, exist_ok=True)

        def key() -> str:
            return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()

        lines = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_KEYS": f"f1:{key()},x1:{key()}",
            "KEYSTORE_PASSPHRASE": secrets.token_urlsafe(32),
        }
        draft = instance / f"secrets.{os.getpid()}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as out:
            out.writelines(f"{name}={value}\n" for name, value in lines.items())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def _dev_passphrase(instance: Path, value: str) -> Path:
    path = instance / "keystore-passphrase"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(value)
    return path


def _normal_database(url: str) -> str:
    """`postgres://` and `postgresql://` both mean psycopg 3 here."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment (default `os.environ`). Raises `SettingsError` in one sentence."""
    env = dict(os.environ if environ is None else environ)
    mode = env.get("PORTAL_ENV", "development")
    if mode not in ("development", "production"):
        raise SettingsError("PORTAL_ENV must be development or production.")
    root = PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").exists() else Path.cwd()
    instance = root / "instance"
    port = _number(env, "PORT", 8000)
    if mode == "development":
        made = _dev_secrets(instance)
        env.setdefault("SECRET_KEY", made["SECRET_KEY"])
        env.setdefault("FIELD_KEYS", made["FIELD_KEYS"])
        if "KEYSTORE_PASSPHRASE_FILE" not in env:
            env["KEYSTORE_PASSPHRASE_FILE"] = str(_dev_passphrase(instance, made["KEYSTORE_PASSPHRASE"]))
    base_url = env.get("BASE_URL", f"http://127.0.0.1:{port}").rstrip("/")
    settings = Settings(
        env=mode,
        base_url=base_url,
        database_url=_normal_database(env.get("DATABASE_URL") or f"sqlite:///{instance / 'balai.db'}"),
        instance=instance,
        secret_key=env.get("SECRET_KEY", ""),
        field_keys=env.get("FIELD_KEYS", ""),
        keystore_dir=Path(env.get("KEYSTORE_DIR") or instance / "keys"),
        keystore_passphrase_file=Path(env.get("KEYSTORE_PASSPHRASE_FILE", "")),
        port=port,
        workers=_number(env, "WORKERS", 2),
        demo=env.get("DEMO", "1" if mode == "development" else "0") == "1",
        redis_url=env.get("REDIS_URL") or None,
        database_read_url=env.get("DATABASE_READ_URL") or None,
        smtp_url=env.get("SMTP_URL") or None,
        mail_from=env.get("MAIL_FROM", "").strip(),
        gateway_url=env.get("GATEWAY_URL") or None,
        gateway_token=env.get("GATEWAY_TOKEN", ""),
        gateway_channel=env.get("GATEWAY_CHANNEL") or "whatsapp",
        queue_url=env.get("QUEUE_URL") or env.get("REDIS_URL") or None,
        oidc_issuer=env.get("OIDC_ISSUER") or None,
        oidc_client_id=env.get("OIDC_CLIENT_ID", ""),
        oidc_client_secret=env.get("OIDC_CLIENT_SECRET", ""),
        oidc_label=env.get("OIDC_LABEL", ""),
        seal_pkcs12=_path(env, "SEAL_PKCS12"),
        seal_passphrase_file=_path(env, "SEAL_PASSPHRASE_FILE"),
        seal_pkcs11_lib=_path(env, "SEAL_PKCS11_LIB"),
        seal_pkcs11_token=env.get("SEAL_PKCS11_TOKEN", ""),
        seal_pkcs11_label=env.get("SEAL_PKCS11_LABEL", ""),
        trusted_hops=_number(env, "TRUSTED_HOPS", 0),
        assets=assets_root(),
    )
    _refuse_weak(settings)
    return settings


def is_loopback_url(address: str) -> bool:
    """True for an http address of this machine itself, which no network carries."""
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "") or str(default)
    if not text.isdigit():
        raise SettingsError(f"{name} must be a whole number, not {text!r}.")
    return int(text)


def _path(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]).absolute() if env.get(name) else None


def _refuse_weak(settings: Settings) -> None:
    if len(settings.secret_key) < 32 or settings.secret_key.lower() in _WEAK:
        raise SettingsError("SECRET_KEY is missing or shorter than 32 characters.")
    if ":" not in settings.field_keys:
        raise SettingsError("FIELD_KEYS is missing: give f1:<base64 key>,x1:<base64 key>.")
    if settings.is_production:
        if settings.demo:
            raise SettingsError("DEMO=1 is refused in production.")
        if not settings.base_url.startswith("https://"):
            raise SettingsError("BASE_URL must start with https:// in production.")
        if not settings.keystore_passphrase_file.is_file():
            raise SettingsError("KEYSTORE_PASSPHRASE_FILE names no readable file.")
    _refuse_half_a_provider(settings)
    _refuse_odd_carriers(settings)
    _refuse_half_a_seal(settings)


def _refuse_half_a_provider(settings: Settings) -> None:
    """Sign-in through an office's provider: all of it or nothing, and never in the clear."""
    named = (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    if not any(named):
        return
    if not all(named):
        raise SettingsError(
            "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET come all three or not at all."
        )
    issuer = settings.oidc_issuer or ""
    parts = urlsplit(issuer)
    is_near = is_loopback_url(issuer) and not settings.is_production
    if not parts.hostname or not (parts.scheme == "https" or is_near) or parts.query or parts.fragment:
        raise SettingsError("OIDC_ISSUER must be an https:// address without a query.")
    if find_spec("authlib") is None or find_spec("requests") is None:
        raise SettingsError("OIDC_ISSUER needs the extra `oidc`: pip install 'balai[oidc]'.")


def _refuse_half_a_seal(settings: Settings) -> None:
    """The seal on certificates: one key, in a file or in a token, and what is needed to reach it."""
    file, token = settings.seal_pkcs12, settings.seal_pkcs11_lib
    if file is None and token is None:
        return
    if file and token:
        raise SettingsError("SEAL_PKCS12 and SEAL_PKCS11_LIB name two seals: keep one.")
    if token and not (settings.seal_pkcs11_token and settings.seal_pkcs11_label):
        raise SettingsError("SEAL_PKCS11_LIB needs SEAL_PKCS11_TOKEN and SEAL_PKCS11_LABEL.")
    for name, path in (("SEAL_PKCS12", file), ("SEAL_PASSPHRASE_FILE", settings.seal_passphrase_file)):
        if path and not path.is_file():
            raise SettingsError(f"{name} names no readable file.")
    if find_spec("pyhanko") is None:
        raise SettingsError("A seal needs the extra `seal`: pip install 'balai[seal]'.")
    if token and find_spec("pkcs11") is None:
        raise SettingsError("SEAL_PKCS11_LIB needs python-pkcs11: pip install python-pkcs11.")


def _refuse_odd_carriers(settings: Settings) -> None:
    """What carries messages and jobs: a known scheme, and no password or phone number in the clear."""
    if settings.smtp_url:
        parts = _parts("SMTP_URL", settings.smtp_url, ("smtp", "smtps"))
        is_covered = parts.scheme == "smtps" or "starttls" in parts.query or parts.hostname in _LOOPBACK
        if parts.username and not is_covered:
            raise SettingsError("SMTP_URL with a password must be smtps:// or end in ?starttls.")
    if settings.mail_from and not re.fullmatch(
        r"([^<>@\x00-\x1f]*<)?[^\s<>@]+@[^\s<>@]+>?", settings.mail_from
    ):
        raise SettingsError("MAIL_FROM must be an address such as Balai <noreply@contoh.id>.")
    if settings.gateway_url:
        parts = _parts("GATEWAY_URL", settings.gateway_url, ("https", "http"))
        if parts.scheme == "http" and not is_loopback_url(settings.gateway_url):
            raise SettingsError("GATEWAY_URL must start with https:// (http:// only on this machine).")
    if settings.gateway_channel not in ("whatsapp", "sms"):
        raise SettingsError("GATEWAY_CHANNEL must be whatsapp or sms.")
    if settings.queue_url:
        parts = _parts("QUEUE_URL", settings.queue_url, ("redis", "rediss", "postgresql"))
        if parts.scheme != "postgresql" and find_spec("redis") is None:
            raise SettingsError("A redis:// queue needs the extra `redis`: pip install 'balai[redis]'.")


def _parts(name: str, url: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of an address with a known scheme, a host and a port that is a number."""
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_whole = False
    if not is_whole:
        raise SettingsError(f"{name} must start with {wanted} and name a host.")
    return parts
