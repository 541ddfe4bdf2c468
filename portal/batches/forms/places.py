"""How the places of a batch are shared out: the most of one cooperative, seats kept for posts, whose
waitlist."""

from __future__ import annotations

from typing import Any

from wtforms import Field, StringField
from wtforms.validators import Length, ValidationError
from wtforms.widgets import NumberInput

from portal.cooperatives.labels import POST_LABELS
from portal.core.forms import BaseForm, WholeNumber
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

MOST = 200


def _if_any(_form: Any, field: Field) -> None:
    if field.data is not None and not 1 <= field.data <= MOST:
        raise ValidationError(_("Isi angka %(least)d sampai %(most)d.", least=1, most=MOST))


def _words(text: Any) -> Any:
    return " ".join(text.split()) if isinstance(text, str) else text


class PlacesFields(BaseForm):
    """The part of the batch form about sharing places; a field `quota_<post>` for each post."""

    cooperative_cap = WholeNumber(
        _l("Paling banyak dari satu koperasi"),
        [_if_any],
        description=_l("Kosong berarti tanpa batas. Yang melebihi batas masuk daftar tunggu."),
        widget=NumberInput(min=1, max=MOST),
    )
    waitlist_pool = StringField(
        _l("Daftar tunggu bersama"),
        [Length(max=60, message=_l("Paling panjang 60 huruf."))],
        description=_l(
            "Angkatan program yang sama dengan nama yang sama di sini berbagi daftar tunggu. Kursi yang"
            " kosong ditawarkan kepada urutan terdepan yang dapat datang."
        ),
        filters=[_words],
    )

    @property
    def quota_fields(self) -> list[Field]:
        """The fields of the posts, in the order of the posts."""
        return [self[f"quota_{post}"] for post in POST_LABELS]

    def post_quotas(self) -> dict[str, int]:
        """{post: seats kept for it}, without the empty ones."""
        return {post: self[f"quota_{post}"].data for post in POST_LABELS if self[f"quota_{post}"].data}


for _post, _label in POST_LABELS.items():
    setattr(
        PlacesFields,
        f"quota_{_post}",
        WholeNumber(_label, [_if_any], widget=NumberInput(min=1, max=MOST)),
    )


def places_data(batch: Any) -> dict[str, Any]:
    """The values of these fields for a batch."""
    return {
        "cooperative_cap": batch.cooperative_cap,
        "waitlist_pool": batch.waitlist_pool,
        **{f"quota_{post}": count for post, count in batch.post_quotas.items()},
    }
