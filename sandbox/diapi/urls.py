"""Addresses of the DI API."""

from django.urls import path

from sandbox.diapi import views

urlpatterns = [
    path("", views.index),
    path("b1dis/v1/login", views.login),
    path("b1dis/v1/exec-sql", views.exec_sql),
]
