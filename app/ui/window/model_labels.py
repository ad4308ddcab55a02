"""The name of the model that is asked, in the composer."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.ui.composer.composer import Composer
from app.ui.state.model_choice import ModelChoice, plan_summary
from app.wording.language import tr


class ModelLabels(QObject):
    """The label with the model's name, kept up to date, with a tooltip about how it is run."""

    def __init__(self, models: ModelChoice, composer: Composer, parent: QObject) -> None:
        super().__init__(parent)
        self._models, self._composer = models, composer
        models.changed.connect(self._show)
        models.planned.connect(self._show_plan)
        self._show()

    def _show(self) -> None:
        asked = self._models.asked
        self._composer.set_model(asked.name if asked else tr("Choose a model"), asked is not None)
        self._show_plan()

    def _show_plan(self) -> None:
        plan = self._models.plan
        summary = plan_summary(plan) if plan else ""
        self._composer.picker.setToolTip("\n".join(filter(None, (tr("Choose a model"), summary))))
