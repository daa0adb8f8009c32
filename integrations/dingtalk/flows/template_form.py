"""The approval template's form, read once a run by the first thread that needs it."""

from __future__ import annotations

import threading
from typing import Any

from django.utils.translation import gettext as _

from core.errors import B1FlowError, ConfigurationError, ConnectionBroken, DocumentRejected
from integrations.dingtalk.client import DingTalkClient
from integrations.dingtalk.errors import SCOPE
from integrations.dingtalk.form.schema import TABLE, Control, Form, UnreadableSchema, find

NOT_OURS = {SCOPE, "noPermission"}


class TemplateForm:
    """``why``: the reason why the form cannot be read, "" where it can."""

    def __init__(self, process_code: str, source_control: str) -> None:
        self.process_code, self.source_control, self.why = process_code, source_control, ""
        self._lock = threading.Lock()
        self._form: Form | None = None

    def get(self, client: DingTalkClient) -> Form | None:
        """The form; None where the app may not read it: then values go as text.

        Raises ConfigurationError where the template cannot be used, and whatever a repeat may mend.
        """
        with self._lock:
            if self._form is None and not self.why:
                self._form = self._checked(client)
            return self._form

    def _checked(self, client: DingTalkClient) -> Form | None:
        try:
            form = client.schema(self.process_code)
        except UnreadableSchema as error:
            self.why = str(error)
            return None
        except (ConnectionBroken, DocumentRejected) as error:
            if error.code not in NOT_OURS:
                raise
            self.why = error.message
            return None
        problem = self.problem(form)
        if problem:
            raise ConfigurationError(problem)
        return form

    def problem(self, form: Form) -> str:
        """Why no approval can be started with this form; "" where one can."""
        if not form.published:
            return _("The approval template “%(form)s” is switched off in DingTalk.") % {"form": form.title}
        if form.find(self.source_control) is None:
            text = _(
                "The approval form “%(form)s” has no control “%(name)s” (source_number_control): add a text control."
            )
            return text % {"form": form.title, "name": self.source_control}
        return ""

    def warning(self) -> str:
        """Words for the ledger where the form could not be read."""
        return (
            _("Sent as text, unchecked: the form could not be read (%(why)s).") % {"why": self.why} if self.why else ""
        )


def problems(form: TemplateForm, client: DingTalkClient) -> list[str]:
    """What an enable check says about the template."""
    try:
        form.get(client)
    except ConfigurationError as error:
        return [error.message]
    except B1FlowError as error:
        return [str(error)]
    return []


def mapping_problems(form: Form, config: dict[str, Any], targets: dict[str, set[str]]) -> list[str]:
    """Mapped controls that the form does not have, and required ones that nothing fills.

    ``targets``: {"form": controls, "table": columns} of the mapping.
    """
    table = form.find(config["table_control"]) if config["table_control"] else None
    if config["table_control"] and (table is None or table.kind != TABLE):
        return [_("The form has no table “%(name)s” (table_control).") % {"name": config["table_control"]}]
    filled = targets.get("form", set()) | {
        config["source_number_control"],
        config["table_control"],
        config["attachments"],
    }
    found = _compared(form.controls, targets.get("form", set()), filled)
    if table is not None:
        columns = targets.get("table", set())
        found += [f"{table.label}: {problem}" for problem in _compared(table.children, columns, columns)]
    return found


def _compared(controls: tuple[Control, ...], mapped: set[str], filled: set[str]) -> list[str]:
    unknown = sorted(name for name in mapped if find(controls, name) is None)
    empty = [c.label for c in controls if c.required and c.settable and not any(c.answers_to(name) for name in filled)]
    problems = [_("The form has no control “%(name)s”.") % {"name": name} for name in unknown]
    return problems + [_("The required control “%(name)s” is not mapped.") % {"name": name} for name in empty]
