"""The console's own pages: none shows or changes anything of another tenant, each asks for its role."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from core import models
from core.admin.views.urls import PAGES
from core.models import Role

ABOUT = {"flows": models.FlowInstance, "templates": models.FlowTemplate, "runs": models.FlowRun}
ABOUT |= {"documents": models.Delivery, "connections": models.Connection, "value-maps": models.ValueMap}
OF_ROWS = [(address, name) for address, _view, name in PAGES if "<int:pk>" in address]
# Pages that a viewer may open.
OPEN = {"mapping", "run_progress", "template_export"}


def page(name, address, row):
    more = {"name": "echo"} if "<str:name>" in address else {}
    return reverse(f"admin:{name}", kwargs={"pk": row.pk, **more})


@pytest.mark.parametrize("address,name", OF_ROWS, ids=[name for _address, name in OF_ROWS])
@pytest.mark.parametrize("method", ["get", "post"])
def test_rows_of_others_are_not_found(address, name, method, a, b, as_role):
    url = page(name, address, b[ABOUT[address.split("/")[0]]])
    assert getattr(as_role(Role.OWNER), method)(url).status_code in (404, 405)


@pytest.mark.parametrize("address,name", OF_ROWS, ids=[name for _address, name in OF_ROWS])
def test_viewers_do_nothing(address, name, a, as_role):
    url = page(name, address, a[ABOUT[address.split("/")[0]]])
    for method in ("get", "post"):
        answer = getattr(as_role(Role.VIEWER), method)(url)
        allowed = name in OPEN and (method == "get" or name == "run_progress" or name == "template_export")
        assert answer.status_code in ((200,) if allowed else (403, 404, 405)), method


@pytest.mark.parametrize("address,name", OF_ROWS, ids=[name for _address, name in OF_ROWS])
def test_pages_open_for_consultants(address, name, a, as_role):
    if name == "template_copy":
        pytest.skip("of shared templates only: test_template_pages")
    url = page(name, address, a[ABOUT[address.split("/")[0]]])
    answer = as_role(Role.CONSULTANT).get(url)
    assert answer.status_code in (200, 302, 405)


def test_no_page_has_untranslated_format_signs(a, as_role):
    text = as_role(Role.OWNER).get(reverse("admin:index")).content.decode()
    assert not re.search(r"%\(\w+\)s", text)


def test_dashboard_counts_and_names(a, b, as_role):
    text = as_role(Role.VIEWER).get(reverse("admin:index")).content.decode()
    assert "Document AAA" in text
    assert "Alert AAA" in text
    assert "BBB" not in text
    assert "cannot tell" in text


def test_dashboard_of_several_tenants_has_a_line_each(a, b, both):
    text = both.get(reverse("admin:index")).content.decode()
    assert text.count("Tenant BBB") > 1


def test_help_pages_exist_for_every_topic(a, as_role):
    from core.admin.views.header import TOPICS

    client = as_role(Role.VIEWER)
    for topic in {*TOPICS.values(), "console"}:
        assert client.get(reverse("admin:help", args=[topic])).status_code == 200, topic
    assert client.get(reverse("admin:help", args=["..settings"])).status_code == 404


def test_help_pages_show_pictures_that_exist(a, as_role):
    client = as_role(Role.VIEWER)
    for language in ("zh-hans", "en"):
        client.cookies["django_language"] = language
        for topic in ("console", "flows", "mapping", "templates", "connections", "runs"):
            text = client.get(reverse("admin:help", args=[topic])).content.decode()
            pictures = re.findall(r'<img src="([^"]+)"', text)
            assert pictures, topic
            for picture in pictures:
                assert f"/{language}/" in picture
                assert client.get(picture).status_code == 200, picture
    assert client.get("/admin/help/pictures/en/..%2f..%2fsettings.png").status_code == 404
