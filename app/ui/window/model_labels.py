"""The name of the model that is asked, in the composer and in the title bar."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.ui.composer.composer import Composer
from app.ui.state.model_choice import ModelChoice, plan_summary
from app.ui.window.title_bar import TitleBar
from app.wording.language import tr


class ModelLabels(QObject):
    """The labels with the model's name, kept up to date, with a tooltip about how it is run."""

    def __init__(
        self, models: ModelChoice, composer: Composer, title_bar: TitleBar, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._models, self._composer, self._label = models, composer, title_bar.model_name
        models.changed.connect(self._show)
        models.planned.connect(self._show_plan)
        self._show()

    def _show(self) -> None:
        asked = self._models.asked
        self._composer.set_model(asked.name if asked else tr("Choose a model"))
        self._label.setText(asked.name if asked else tr("No model yet"))
        self._show_plan()

    def _show_plan(self) -> None:
        plan = self._models.plan
        summary = plan_summary(plan) if plan else ""
        self._composer.picker.setToolTip("\n".join(filter(None, (tr("Choose a model"), summary))))
        self._label.setToolTip(summary)
