"""Addresses under /ecology/: the vendor's API under api/, everything else is the sandbox's."""

from django.urls import path

from sandbox.ecology import auth, cube, details, listings, pages, paservice

PA = "api/workflow/paService/"
CUBE = "api/cube/restful/interface/"

urlpatterns = [
    path("", pages.home),
    path("keys", pages.show_keys),
    path("settings", pages.settings),
    path("act", pages.act),
    path("push", pages.push_document),
    path("new", pages.new),
    path("expire_tokens", pages.expire_tokens),
    path("api/ec/dev/auth/regist", auth.regist),
    path("api/ec/dev/auth/applytoken", auth.applytoken),
    path(f"{PA}doCreateRequest", paservice.do_create_request),
    path(f"{PA}submitRequest", paservice.submit_request),
    path(f"{PA}rejectRequest", paservice.reject_request),
    path(f"{PA}withdrawRequest", paservice.withdraw_request),
    path(f"{PA}doForceOver", paservice.do_force_over),
    path(f"{PA}deleteRequest", paservice.delete_request),
    path(f"{PA}getRequestStatus", details.get_request_status),
    path(f"{PA}getWorkflowRequest", details.get_workflow_request),
    path(f"{PA}getRequestLog", details.get_request_log),
    path(f"{PA}getRequestOperatorInfo", details.get_request_operator_info),
    path(f"{PA}getCreateWorkflowRequestInfo", details.get_create_workflow_request_info),
    path(f"{PA}getCreateWorkflowList", listings.get_create_workflow_list),
    *(path(f"{PA}get{name}WorkflowRequestList", listings.list_of(name)) for name in listings.LISTS),
    *(path(f"{PA}get{name}WorkflowRequestCount", listings.count_of(name)) for name in listings.LISTS),
    path(f"{CUBE}saveOrUpdateModeData/<str:method>", cube.save_or_update),
    path(f"{CUBE}getModeDataPageList/<str:method>", cube.page_list),
    path(f"{CUBE}getModeDataPageCount/<str:method>", cube.page_count),
]
