"""Addresses of the console's own pages, under /admin/."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from core.admin.views import (
    actions,
    callback_test,
    discover,
    flow_copy,
    flow_switch,
    flow_versions,
    help,
    mapping,
    password,
    resolve,
    run_parts,
    templates,
    tenant,
    value_map,
    wizard,
)
from core.admin.views.page import in_words

PAGES: list[tuple[str, Callable, str]] = [
    ("tenant/choose/", tenant.choose, "choose_tenant"),
    ("help/<str:topic>/", help.show, "help"),
    ("help/pictures/<str:language>/<str:name>", help.picture, "help_picture"),
    ("flows/new/", wizard.start, "wizard"),
    ("flows/new/<str:token>/connections/", wizard.connections, "wizard_connections"),
    ("flows/new/<str:token>/connections/<str:slot>/", wizard.new_connection, "wizard_connection"),
    ("flows/new/<str:token>/config/", wizard.config, "wizard_config"),
    ("flows/new/<str:token>/mapping/", wizard.map_fields, "wizard_mapping"),
    ("flows/new/<str:token>/mapping/fields/", wizard.mapping_fields, "wizard_mapping_fields"),
    ("flows/new/<str:token>/mapping/suggest/", wizard.mapping_suggest, "wizard_mapping_suggest"),
    ("flows/new/<str:token>/mapping/preview/", wizard.mapping_preview, "wizard_mapping_preview"),
    ("flows/new/<str:token>/preview/", wizard.preview, "wizard_preview"),
    ("flows/new/<str:token>/summary/", wizard.summary, "wizard_summary"),
    ("flows/company/", flow_copy.copy_for_company, "company_copy"),
    ("flows/<int:pk>/enable/", flow_switch.enable, "flow_enable"),
    ("flows/<int:pk>/enable/count/", flow_switch.count, "flow_count"),
    ("flows/<int:pk>/dry-run/", flow_switch.dry_run, "flow_dry_run"),
    ("flows/<int:pk>/preview/", mapping.show_preview, "flow_preview"),
    ("flows/<int:pk>/duplicate/", flow_copy.duplicate, "flow_duplicate"),
    ("flows/<int:pk>/upgrade/", flow_versions.upgrade, "flow_upgrade"),
    ("flows/<int:pk>/publish/", flow_versions.publish, "flow_publish"),
    ("flows/<int:pk>/callback/", callback_test.show, "flow_callback_test"),
    ("flows/<int:pk>/mapping/", mapping.show, "mapping"),
    ("flows/<int:pk>/mapping/fields/", mapping.fields, "mapping_fields"),
    ("flows/<int:pk>/mapping/suggest/", mapping.suggest, "mapping_suggest"),
    ("flows/<int:pk>/mapping/preview/", mapping.preview, "mapping_preview"),
    ("templates/", templates.show, "templates"),
    ("templates/import/", templates.upload, "template_import"),
    ("templates/<int:pk>/copy/", templates.copy, "template_copy"),
    ("templates/<int:pk>/share/", templates.share, "template_share"),
    ("templates/<int:pk>/export/", templates.export, "template_export"),
    ("runs/<int:pk>/progress/", run_parts.progress, "run_progress"),
    ("documents/<int:pk>/resolve/", resolve.deed, "delivery_resolve"),
    ("value-maps/<int:pk>/translate/", value_map.translate, "value_map_translate"),
    ("connections/<int:pk>/actions/", actions.listed, "connection_actions"),
    ("connections/<int:pk>/actions/<str:name>/", actions.attempt, "connection_action"),
    ("connections/<int:pk>/password/", password.change, "connection_password"),
    ("connections/<int:pk>/user-fields/", actions.user_fields, "user_fields"),
    ("connections/<int:pk>/discover/", discover.show, "discover"),
]


def patterns(site: AdminSite) -> list[URLPattern]:
    """All of them, each behind the site's login."""
    return [path(address, site.admin_view(in_words(view)), name=name) for address, view, name in PAGES]
