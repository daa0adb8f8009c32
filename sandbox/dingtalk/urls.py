"""Addresses under /dingtalk/: both of the vendor's hosts, and the sandbox's own page and switches."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from sandbox import desk
from sandbox.dingtalk import acting, acts, pages, people, reading, schema, starting, stream, tokens, wire

FLOW = "v1.0/workflow/"


def instances(request: HttpRequest) -> HttpResponse:
    """One address, two calls."""
    return starting.create(request) if request.method == "POST" else reading.detail(request)


urlpatterns = [
    path("", pages.home),
    path("keys", pages.show_keys),
    path("pushes", pages.show_pushes),
    path("journal", pages.show_journal),
    path("act", desk.acts("/dingtalk/", acts.TABLE)),
    path("settings", desk.settings("/dingtalk/", acts.choose_settings)),
    path("v1.0/oauth2/accessToken", tokens.access_token),
    path("v1.0/oauth2/<str:corp_id>/token", tokens.unified_token),
    path("gettoken", tokens.get_token),
    path(f"{FLOW}processInstances", instances),
    path(f"{FLOW}processInstances/terminate", acting.terminate),
    path(f"{FLOW}processInstances/comments", acting.comment),
    path(f"{FLOW}processInstances/execute", acting.execute),
    path(f"{FLOW}processes/instanceIds/query", reading.list_ids),
    path(f"{FLOW}processes/forecast", schema.forecast),
    path(f"{FLOW}forms/schemas/processCodes", schema.form_schema),
    path(f"{FLOW}processes/userVisibilities/templates", schema.visible_templates),
    path(f"{FLOW}processes/managements/templates", schema.managed_templates),
    path(f"{FLOW}processCentres/schemaNames/processCodes", schema.code_by_name),
    path("v1.0/gateway/connections/open", stream.open_connection),
    path("topapi/v2/user/get", people.get),
    path("topapi/v2/user/getbymobile", people.get_by_mobile),
    path("topapi/user/listid", people.list_ids),
    path("topapi/v2/department/listsub", people.departments),
    path("topapi/processinstance/create", starting.create_old),
    path("call_back/get_call_back_failed_result", pages.failed_pushes),
    re_path(r"^topapi/", wire.unknown_method),
    re_path(r"^v1\.0/", wire.unknown_address),
]
