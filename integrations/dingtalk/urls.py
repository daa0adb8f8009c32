"""Addresses below /dingtalk/."""

from __future__ import annotations

from django.urls import path

from integrations.dingtalk.callbacks import DingTalkCallback

urlpatterns = [path("<str:endpoint_key>/", DingTalkCallback.as_view(), name="dingtalk-callback")]
