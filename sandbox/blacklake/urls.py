"""Paths as protocol B4 writes them (case counts), the second generation beside the first, and the page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, re_path

from sandbox.blacklake import login, materials, orders, page, planning, plans, reports, units

API = "api/openapi/domain/web/v1/"
ROUTE = API + "route/"


def _unknown(request: HttpRequest) -> HttpResponse:
    """The gateway knows no such path."""
    return JsonResponse({"code": 404, "data": None, "subCode": None, "message": "Not Found"}, status=404)


urlpatterns = [
    path("", page.page),
    path("act", page.act),
    path("settings", page.settings),
    path(API + "system/_refreshToken", login.refresh_token),
    path(API + "access_token/_get_access_token", login.get_access_token),
    path("api/openapi/domain/api/v1/access_token/_get_access_token", login.get_access_token),
    path(ROUTE + "material/open/v1/material/_doimport", materials.do_import),
    path(ROUTE + "material/open/v1/material/_list", materials.material_list),
    path(ROUTE + "material/open/v1/material/_detail", materials.detail),
    path(ROUTE + "material/open/v1/material/_start", materials.start),
    path(ROUTE + "material/open/v1/material/_stop", materials.stop),
    path(ROUTE + "material/open/v1/material/attribute/_doimport", units.attribute_import),
    path(ROUTE + "material/open/v1/material/category/_doimport", units.category_import),
    path(ROUTE + "material/open/v1/material/category/_list", units.category_list),
    path(ROUTE + "material/open/v1/unit/_list", units.unit_list),
    path(ROUTE + "material/open/v1/unit/_doimport", units.unit_import),
    path(ROUTE + "material/open/v1/batch_no/_list", units.batch_list),
    path(ROUTE + "med/open/v1/work_order/_doImport", planning.do_import),
    path("api/schedule-for-openapi/med/open/v1/work_order/update", planning.update),
    path(ROUTE + "med/open/v1/work_order/batch_close", planning.batch_close),
    path(ROUTE + "med/open/v1/work_order/base/_detail", orders.detail),
    path(ROUTE + "med/open/v1/work_order/base/_list", orders.order_list),
    path(ROUTE + "med/open/v1/work_order/output/_detail", orders.outputs),
    path(ROUTE + "med/open/v1/work_order/input_material/_detail", orders.inputs),
    path(ROUTE + "med/open/v1/work_order/process_plan/_detail", plans.detail),
    path(ROUTE + "custom-object/open/v1/object_service/_code_to_id", orders.code_to_id),
    path(ROUTE + "dev/open/v1/object_service/code_to_id", orders.code_to_id),
    path(ROUTE + "mfg/open/v1/progress_report/_list", reports.report_list),
    re_path("^api/.*", _unknown),
]
