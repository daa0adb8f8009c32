"""The callback address."""

from django.urls import path

from integrations.wecom.callbacks import WeComCallback

urlpatterns = [path("<endpoint_key>/", WeComCallback.as_view(), name="wecom-callback")]
