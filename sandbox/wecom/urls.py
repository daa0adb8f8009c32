"""The vendor's paths below /wecom/cgi-bin/, and the inbox page."""

from __future__ import annotations

from django.urls import path

from sandbox.wecom import detail, forms, login, media, page, people, submit

API = "cgi-bin/"

urlpatterns = [
    path("", page.page),
    path("act", page.act),
    path("settings", page.settings),
    path("approvals", page.approvals),
    path("events", page.journal),
    path(API + "gettoken", login.get_token),
    path(API + "getcallbackip", login.callback_ips),
    path(API + "agent/get", login.agent),
    path(API + "oa/applyevent", submit.apply_event),
    path(API + "oa/getapprovaldetail", detail.approval_detail),
    path(API + "oa/getapprovalinfo", detail.approval_numbers),
    path(API + "oa/gettemplatedetail", forms.template_detail),
    path(API + "oa/approval/create_template", forms.create_template),
    path(API + "oa/approval/update_template", forms.update_template),
    path(API + "media/upload", media.upload),
    path(API + "media/get", media.download),
    path(API + "user/get", people.get_user),
    path(API + "user/getuserid", people.user_by_mobile),
    path(API + "user/simplelist", people.simple_list),
    path(API + "user/list", people.user_list),
    path(API + "user/list_id", people.list_id),
    path(API + "department/list", people.department_list),
    path(API + "department/get", people.get_department),
]
