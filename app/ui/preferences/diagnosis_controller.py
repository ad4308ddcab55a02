"""The texts on the page Diagnosis, out of what there is to know of this Fireside."""

from __future__ import annotations

from app.base import log
from app.base.system_files import ENDPOINTS, POLICY
from app.engine.overrides import Overrides
from app.engine.probe import Examined
from app.host import Host
from app.tools.browser.source import WEB
from app.tools.browser.web.providers import provider_of
from app.ui.state.chat_tools import ChatTools
from app.ui.state.source_list import SourceList
from app.wording.diagnosis import end_of_log, report
from app.wording.endpoint_words import endpoints_summary
from app.wording.policy_words import policy_summary
from app.wording.serving_words import server_summary
from app.wording.source_words import sources_summary
from app.wording.web_words import web_summary


class DiagnosisController:
    """What is found now, each time that it is asked."""

    def __init__(self, host: Host, tools: ChatTools, sources: SourceList) -> None:
        self._host, self._tools, self._sources = host, tools, sources

    def report(self, found: Examined) -> str:
        """Return the report about this computer, its models and the settings."""
        host, settings = self._host, self._host.settings
        system = host.folders.system
        return report(
            found,
            Overrides.of(settings),
            folders=sources_summary(self._sources.statuses),
            web=self._web(),
            server=server_summary(settings.serve_port, on=settings.serve),
            policy=policy_summary(system / POLICY, host.policy, host.policy_damage),
            endpoints=endpoints_summary(system / ENDPOINTS, host.remote.endpoints.all(), ()),
        )

    def end_of_log(self) -> str:
        """Return the last lines of the log."""
        return end_of_log(log.tail(self._host.folders.data))

    def _web(self) -> str:
        offers = (offer for offer in self._tools.offers if offer.key == WEB)
        word = next((offer.unavailable for offer in offers), "")
        return web_summary(provider_of(self._host.settings.web_search).name, word)
