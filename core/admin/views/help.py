"""Help: the pages of docs/console in the reader's language, inside the console."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt

from core.admin.views.page import render

NAME = re.compile(r"^[a-z_-]+$")
IN_REPOSITORY = "../../screenshots/"  # how the pages reach their pictures on a disk
PICTURE = re.compile(r"^[a-z0-9._-]+\.png$")


def _folder() -> Path:
    return Path(settings.BASE_DIR) / "docs"


def _language() -> str:
    return "zh" if (get_language() or "").startswith("zh") else "en"


def show(request: HttpRequest, topic: str) -> HttpResponse:
    """One page."""
    file = _folder() / "console" / _language() / f"{topic}.md"
    if not NAME.match(topic) or not file.is_file():
        raise Http404("no such page")
    # Our own files, in the repository: no HTML passes (html=False), no foreign text.
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(file.read_text(encoding="utf-8"))
    html = html.replace(IN_REPOSITORY, reverse("admin:help_picture", args=["-", "-"]).removesuffix("-/-"))
    return render(request, "console/help.html", _("Help"), html=mark_safe(html))  # noqa: S308


def picture(request: HttpRequest, language: str, name: str) -> HttpResponse | FileResponse:
    """A screenshot that a page shows."""
    file = _folder() / "screenshots" / language / name
    if language not in ("zh-hans", "en") or not PICTURE.match(name) or not file.is_file():
        raise Http404("no such picture")
    return FileResponse(file.open("rb"), content_type="image/png")
