"""What roster pages read from forms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask import request
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import FileField, HiddenField, SelectField

from portal.catalog.models import Program
from portal.core.forms import BaseForm, row_number
from portal.core.words import gettext as _
from portal.core.words import lazy_gettext as _l

_MOVE = re.compile(r"orang-(\d{1,18})")
_CHOICE = re.compile(r"(\d{1,18})(c?)")


class OpForm(BaseForm):
    """A form of buttons alone."""


class UploadForm(BaseForm):
    """A roster file and the program its people are nominated for."""

    program = SelectField(_l("Program pelatihan"))
    file = FileField(
        _l("Berkas usulan"),
        description=_l(
            "Excel (.xlsx, .xls), LibreOffice (.ods), atau .csv. Paling besar 12 MB, 20.000 baris."
        ),
    )

    @classmethod
    def of(cls, programs: Iterable[Program], posted: bool = False) -> UploadForm:
        """The form with the programs to choose from, filled from the request when it was posted."""
        sources: list[Any] = [request.files, request.form]
        formdata: Any = CombinedMultiDict(sources) if posted else None
        form = cls(formdata=formdata)
        form.program.choices = [("", _("Pilih program")), *((p.slug, p.name) for p in programs)]
        return form

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """A program of the list and a file; what is in the file is judged later."""
        if not super().validate(*args, **kwargs) and self.program.errors:
            self.program.errors = [_("Pilih program untuk usulan ini.")]
        if not self.program.data and not self.program.errors:
            self.program.errors = [_("Pilih program untuk usulan ini.")]
        if not getattr(self.file.data, "filename", ""):
            self.file.errors = [_("Pilih berkas usulan.")]
        return not (self.program.errors or self.file.errors)

    def content(self) -> tuple[bytes, str]:
        """The bytes of the file and its name."""
        return self.file.data.read(), self.file.data.filename or ""


class SpreadForm(BaseForm):
    """Acting on the proposal that was shown: `fingerprint` names it."""

    fingerprint = HiddenField()


def chosen_classes(source: MultiDict[str, str]) -> list[int] | None:
    """The classes ticked for the proposal (`angkatan`), None when nothing was ticked."""
    found = source.getlist("angkatan", type=row_number)
    return found[:300] or None


def moves(form: MultiDict[str, str]) -> dict[int, tuple[int, bool] | None]:
    """The changed selects `orang-<nomination>`: a class "12", a reserve of it "12c", or "-" for nobody's.

    Selects left as they were (`orang-<n>` equal to `dulu-<n>`) are not in it.
    """
    found: dict[int, tuple[int, bool] | None] = {}
    for name, value in form.items():
        match = _MOVE.fullmatch(name)
        if match is None or value == form.get(f"dulu-{match[1]}"):
            continue
        choice = _CHOICE.fullmatch(value)
        found[int(match[1])] = (int(choice[1]), bool(choice[2])) if choice else None
    return found
