"""The form of what one may say about disability and help in class."""

from __future__ import annotations

from wtforms import RadioField, SelectChoice, SelectMultipleField
from wtforms.validators import InputRequired

from portal.core.forms import BaseForm
from portal.core.words import lazy_gettext as _l
from portal.people.labels import ANSWER_LABELS, DISABILITY_LABELS, NEED_LABELS
from portal.people.rules.inclusion import InclusionAnswers


class InclusionForm(BaseForm):
    """Two questions, each with a way not to answer."""

    disability = RadioField(
        _l("Apakah Anda penyandang disabilitas?"),
        choices=[SelectChoice(code, label) for code, label in ANSWER_LABELS.items()],
        validators=[InputRequired(_l("Pilih satu jawaban; boleh “Tidak ingin menjawab”."))],
    )
    kinds = SelectMultipleField(
        _l("Bila ya, yang mana?"),
        choices=[SelectChoice(code, label) for code, label in DISABILITY_LABELS.items()],
    )
    needs_answer = RadioField(
        _l("Perlukah ada yang disiapkan di kelas untuk Anda?"),
        choices=[SelectChoice(code, label) for code, label in ANSWER_LABELS.items()],
        validators=[InputRequired(_l("Pilih satu jawaban; boleh “Tidak ingin menjawab”."))],
    )
    needs = SelectMultipleField(
        _l("Bila ya, apa?"),
        choices=[SelectChoice(code, label) for code, label in NEED_LABELS.items()],
    )

    @classmethod
    def of(cls, answers: InclusionAnswers | None) -> InclusionForm:
        """The form with what was said before; nothing is chosen beforehand for somebody new."""
        if answers is None:
            return cls()
        return cls(
            disability=answers.disability,
            kinds=list(answers.kinds),
            needs_answer=answers.needs_answer,
            needs=list(answers.needs),
        )

    def answers(self) -> InclusionAnswers:
        """What was chosen."""
        return InclusionAnswers(
            self.disability.data or "",
            tuple(self.kinds.data or ()),
            self.needs_answer.data or "",
            tuple(self.needs.data or ()),
        )
