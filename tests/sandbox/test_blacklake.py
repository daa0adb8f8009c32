"""The pretended Blacklake MES, over real HTTP: what protocols say of the wire, and what a person can do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.sandbox.served import Served, serve

API = "/blacklake/api/openapi/domain/web/v1"
ROUTE = f"{API}/route"
KEYS = {"appKey": "cli_1734569511470", "appSecret": "blacklake-demo-secret", "factoryNumber": "34133123"}
PRODUCT = {"materialCode": "CP001", "materialName": "电机总成", "unitName": "个", "bizType": "默认"}
PART = {"materialCode": "YY017", "materialName": "Item4", "unitName": "个", "batchManagementEnable": "是"}


class Mes:
    """A bare client: the token in the query, as the vendor's SDK does."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.token = served.post(f"{API}/system/_refreshToken", KEYS)["data"]["token"]

    def call(self, path: str, body: dict | None = None) -> dict:
        return self.served.post(f"{path}?access_token={self.token}", body or {})

    def route(self, path: str, body: dict | None = None) -> dict:
        return self.call(f"{ROUTE}/{path}", body)

    def act(self, do: str, **fields: object) -> dict:
        return self.served.post("/blacklake/act", {"do": do, **fields})

    def set(self, **settings: object) -> dict:
        return self.served.post("/blacklake/settings", settings)

    def import_material(self, **fields: object) -> dict:
        return self.route("material/open/v1/material/_doimport", {**PRODUCT, **fields})

    def import_order(self, code: str = "478", **fields: object) -> dict:
        return self.route("med/open/v1/work_order/_doImport", {**order(code), **fields})

    def order_id(self, code: str) -> int:
        path = "custom-object/open/v1/object_service/_code_to_id"
        return self.route(path, {"code": code, "objectCode": "ProductionOrder"})["data"]["id"]

    def reports(self, **filters: object) -> dict:
        return self.route("mfg/open/v1/progress_report/_list", filters)["data"]


def order(code: str = "478", **fields: object) -> dict:
    """The work order of the protocol page: one main output, one input."""
    output = {"workOrderCode": code, "lineSeq": "1", "mainFlagInt": 1, "mainFlag": "1"}
    part = {"workOrderCode": code, "seq": "10", "materialCode": "YY017", "materialName": "Item4", "unitName": "个"}
    return {
        "code": code,
        "planStartTime": "2026-01-05 00:00:00",
        "planFinishTime": "2026-01-09 00:00:00",
        "workOrderType": "普通",
        "outputMaterialOpenCOs": [{**output, "materialCode": "CP001", "plannedAmount": "100"}],
        "inputMaterialOpenCOs": [{**part, "subInputAmountNumerator": "2", "subInputAmountDenominator": "1"}],
        "inputMaterialControlOpenCOs": [],
        "processPlanOpenCOs": [],
        **fields,
    }


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve("blacklake", 9130) as running:
        yield running


@pytest.fixture
def mes(served: Served) -> Mes:
    served.reset()
    return Mes(served)


@pytest.fixture
def stocked(mes: Mes) -> Mes:
    """With the two materials of the demo order."""
    mes.import_material()
    mes.import_material(**PART)
    return mes


class TestLogin:
    def test_wrong_secret_is_an_envelope_without_a_token(self, served: Served) -> None:
        answer = served.post(f"{API}/system/_refreshToken", {**KEYS, "appSecret": "x"})
        assert answer["code"] != 200
        assert answer["data"] is None

    def test_factory_number_must_be_text(self, served: Served) -> None:
        answer = served.post(f"{API}/system/_refreshToken", {**KEYS, "factoryNumber": 34133123})
        assert answer["code"] != 200

    def test_no_token_is_told_in_http_200(self, served: Served) -> None:
        answer = served.session.post(f"{served.url}{ROUTE}/material/open/v1/material/_list", json={}, timeout=5)
        assert answer.status_code == 200
        assert answer.json()["subCode"] == "USER-DOMAIN/SSO_TOKEN_FAIL"
        assert answer.json()["code"] == 400150

    @pytest.mark.parametrize("header", ["access_token", "X-AUTH", "token"])
    def test_token_is_taken_from_headers_too(self, mes: Mes, header: str) -> None:
        path = f"{ROUTE}/material/open/v1/material/_list"
        assert mes.served.post(path, {}, headers={header: mes.token})["code"] == 200

    @pytest.mark.parametrize(
        "told, sub_code",
        [
            ("SSO_TOKEN_FAIL", "USER-DOMAIN/SSO_TOKEN_FAIL"),
            ("ACCESS_TOKEN_EXPIRED", "OPENAPI-DOMAIN/ACCESS_TOKEN_EXPIRED"),
        ],
    )
    def test_expired_token_is_told_as_the_switch_says(self, mes: Mes, told: str, sub_code: str) -> None:
        mes.set(expired_as=told)
        mes.act("expire_tokens")
        assert mes.route("material/open/v1/material/_list")["subCode"] == sub_code

    def test_second_generation(self, mes: Mes) -> None:
        keys = {"appKey": KEYS["appKey"], "appSecret": KEYS["appSecret"]}
        data = mes.served.post(f"{API}/access_token/_get_access_token", keys)["data"]
        mes.token = data["appAccessToken"]
        assert data["expire"] == 7200
        assert mes.route("material/open/v1/material/_list")["code"] == 200

    def test_each_login_is_one_effect(self, mes: Mes) -> None:
        assert len(mes.served.effects("blacklake", "login")) == 1


class TestGateway:
    def test_paths_are_case_sensitive(self, mes: Mes) -> None:
        url = f"{mes.served.url}{ROUTE}/med/open/v1/work_order/_doimport?access_token={mes.token}"
        assert requests.post(url, json=order(), timeout=5).status_code == 404

    def test_denied_path_is_told_as_such(self, mes: Mes) -> None:
        mes.set(denied="_code_to_id")
        path = "custom-object/open/v1/object_service/_code_to_id"
        answer = mes.route(path, {"code": "478", "objectCode": "ProductionOrder"})
        assert answer["subCode"] == "OPENAPI-DOMAIN/URL_NO_PERMISSION"

    def test_need_check_does_nothing(self, mes: Mes) -> None:
        mes.set(need_check="material/_doimport")
        answer = mes.import_material()
        assert answer["needCheck"] == 1
        assert mes.route("material/open/v1/material/_list")["data"]["total"] == 0

    def test_broken_json_is_http_400(self, mes: Mes) -> None:
        url = f"{mes.served.url}{ROUTE}/material/open/v1/material/_list?access_token={mes.token}"
        answer = requests.post(url, data="{", headers={"Content-Type": "application/json"}, timeout=5)
        assert answer.status_code == 400
        assert answer.json()["code"] == 400

    def test_html_page(self, mes: Mes) -> None:
        mes.set(html_page="true")
        url = f"{mes.served.url}{ROUTE}/material/open/v1/material/_list?access_token={mes.token}"
        assert "<!doctype html>" in requests.post(url, json={}, timeout=5).text

    def test_dropped_answer_after_the_effect(self, mes: Mes) -> None:
        mes.served.fault(system="blacklake", op="create", when="after", action="drop")
        with pytest.raises(requests.ConnectionError):
            mes.import_material()
        assert [e["source"] for e in mes.served.effects("blacklake", "create")] == ["CP001"]


class TestMaterials:
    def test_import_creates_then_updates_by_code(self, mes: Mes) -> None:
        assert mes.import_material()["code"] == 200
        assert mes.import_material(materialName="新名")["data"] is None
        rows = mes.route("material/open/v1/material/_list", {"codeList": ["CP001"]})["data"]["list"]
        assert [(row["name"], row["enableFlag"]["code"], row["unitName"]) for row in rows] == [("新名", 1, "个")]
        assert len(str(rows[0]["id"])) == 16
        assert len(mes.served.effects("blacklake", "create")) == 1
        assert len(mes.served.effects("blacklake", "update")) == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"materialCode": ""},
            {"materialCode": " CP001"},
            {"materialCode": "x" * 256},
            {"materialName": None},
            {"unitName": "光年"},
            {"bizType": "奇怪"},
            {"bizRange": "仓储，烹饪"},
            {"batchManagementEnable": "Y"},
            {"batchManagementEnable": True},
            {"purchaseAmount": "1.5"},
            {"defaultWarehouseCode": "99"},
            {"manufactureQualityStatus": "很好"},
            {"materialCategory": "没有"},
        ],
    )
    def test_import_is_validated(self, mes: Mes, wrong: dict) -> None:
        answer = mes.import_material(**wrong)
        assert answer["code"] != 200
        assert answer["message"]
        assert mes.served.effects("blacklake", "create") == []

    def test_biz_range_may_name_several(self, mes: Mes) -> None:
        assert mes.import_material(bizRange="仓储，采购，销售")["code"] == 200

    def test_stop_and_start(self, mes: Mes) -> None:
        mes.import_material()
        number = mes.route("material/open/v1/material/_list", {"code": "CP001"})["data"]["list"][0]["id"]
        stopped = mes.route("material/open/v1/material/_stop", {"ids": [number]})
        assert stopped["code"] == 200
        assert "data" not in stopped
        assert mes.route("material/open/v1/material/_stop", {"ids": [number]})["code"] != 200
        assert (
            mes.route("material/open/v1/material/_detail", {"id": number})["data"]["baseInfo"]["enableFlag"]["code"]
            == 0
        )
        assert mes.route("material/open/v1/material/_start", {"ids": [number]})["code"] == 200

    def test_pages(self, mes: Mes) -> None:
        for number in range(5):
            mes.import_material(materialCode=f"M{number}")
        page = mes.route("material/open/v1/material/_list", {"page": 2, "size": 2})["data"]
        assert ([row["code"] for row in page["list"]], page["total"]) == (["M2", "M3"], 5)
        assert mes.route("material/open/v1/material/_list", {"size": 201})["code"] != 200

    def test_units_and_categories(self, mes: Mes) -> None:
        assert mes.route("material/open/v1/unit/_list", {"name": "千克"})["data"]["total"] == 1
        mes.route("material/open/v1/material/category/_doimport", {"code": "BCP", "name": "半成品"})
        assert mes.import_material(materialCategory="BCP")["code"] == 200


class TestWorkOrders:
    def test_import_is_found_by_code_with_a_64_bit_id(self, stocked: Mes) -> None:
        assert stocked.import_order()["code"] == 200
        number = stocked.order_id("478")
        assert number > 2**53
        assert number == stocked.order_id("478")
        detail = stocked.route("med/open/v1/work_order/base/_detail", {"workOrderId": number})["data"]
        assert (detail["code"], detail["status"]["code"], detail["plannedStartTime"]) == ("478", 1, 1767542400000)

    def test_unknown_code(self, stocked: Mes) -> None:
        path = "custom-object/open/v1/object_service/_code_to_id"
        asked = {"code": "1", "objectCode": "ProductionOrder"}
        assert stocked.route(path, asked)["subCode"] == "CUSTOM-OBJECT/NOT_EXIST"
        stocked.set(code_to_id_empty="true")
        assert stocked.route(path, asked) == {**stocked.route(path, asked), "code": 200, "data": {"id": None}}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"planFinishTime": "2026-01-04 00:00:00"},
            {"planStartTime": "2026-01-05"},
            {"planStartTime": None},
            {"outputMaterialOpenCOs": []},
            {
                "outputMaterialOpenCOs": [
                    {"lineSeq": "1", "mainFlag": "1", "materialCode": "没有", "plannedAmount": "1"}
                ]
            },
            {
                "outputMaterialOpenCOs": [
                    {"lineSeq": "1", "mainFlag": "0", "materialCode": "CP001", "plannedAmount": "1"}
                ]
            },
            {
                "outputMaterialOpenCOs": [
                    {"lineSeq": "1", "mainFlag": "1", "materialCode": "CP001", "plannedAmount": "0"}
                ]
            },
            {"inputMaterialOpenCOs": [{"materialCode": "YY017"}]},
            {"inputMaterialControlOpenCOs": [{"lineSeq": "1"}]},
            {"workOrderType": "加急"},
            {"code": " 478"},
        ],
    )
    def test_import_is_validated(self, stocked: Mes, wrong: dict) -> None:
        answer = stocked.import_order(**wrong)
        assert answer["code"] != 200
        assert stocked.route("med/open/v1/work_order/base/_list")["data"]["total"] == 0

    def test_second_import_of_a_code_updates(self, stocked: Mes) -> None:
        stocked.import_order()
        number = stocked.order_id("478")
        stocked.import_order(remark="改")
        assert stocked.order_id("478") == number
        assert stocked.route("med/open/v1/work_order/base/_detail", {"workOrderId": number})["data"]["remark"] == "改"

    def test_edit_lives_under_its_own_prefix(self, stocked: Mes) -> None:
        stocked.import_order()
        output = {"workOrderCode": "478", "lineSeq": "1", "main": 1, "materialCode": "CP001", "plannedAmount": "50"}
        body = {"code": "478", "workOrderBaseCO": {"code": "478", "remark": "修改测试"}, "outputMaterials": [output]}
        path = "/blacklake/api/schedule-for-openapi/med/open/v1/work_order/update"
        assert stocked.call(path, body)["code"] == 200
        row = stocked.route("med/open/v1/work_order/base/_list", {"exactWorkOrderCode": "478"})["data"]["list"][0]
        assert row["plannedAmount"]["amountDisplay"] == "50"
        assert stocked.call(path, {"code": "479"})["code"] != 200

    def test_close_tells_what_failed_in_a_200(self, stocked: Mes) -> None:
        stocked.import_order()
        number = stocked.order_id("478")
        body = {"workOrderIdList": [number, 17], "workOrderCloseType": 1, "operateReason": "ERP取消"}
        answer = stocked.route("med/open/v1/work_order/batch_close", body)
        assert (answer["code"], answer["data"]["successAmount"], answer["data"]["failAmount"]) == (200, 1, 1)
        again = stocked.route("med/open/v1/work_order/batch_close", {**body, "workOrderIdList": [number]})
        assert again["data"]["failResults"][0]["failedReason"] == "工单已关闭，不能重复关闭"
        assert stocked.import_order()["code"] != 200
        assert [e["source"] for e in stocked.served.effects("blacklake", "close")] == ["478"]

    def test_plan_numbers_do_not_sort_as_text(self, stocked: Mes) -> None:
        stocked.import_order()
        plan = stocked.route("med/open/v1/work_order/process_plan/_detail", {"workOrderId": stocked.order_id("478")})[
            "data"
        ]
        assert [process["processNum"] for process in plan["processes"]] == ["10", "100", "20"]
        assert plan["processConnections"] == []

    def test_plan_of_the_import_with_connections(self, stocked: Mes) -> None:
        stocked.set(route_connections="true")
        steps = [{"code": "ZS", "processNum": "5", "reportFlag": "是"}, {"code": "ZJ", "processNum": "7"}]
        stocked.import_order(processPlanOpenCOs=steps)
        plan = stocked.route("med/open/v1/work_order/process_plan/_detail", {"workOrderId": stocked.order_id("478")})[
            "data"
        ]
        assert [(c["prevProcessNum"], c["nextProcessNum"]) for c in plan["processConnections"]] == [("5", "7")]


class TestReports:
    def test_a_report_is_a_row_of_the_list(self, stocked: Mes) -> None:
        stocked.import_order()
        made = stocked.act(
            "report", order="478", process="100", amount="10", batch="B1", qc="让步合格", time=1767600000000
        )
        row = stocked.reports(reportTimeFrom=1767600000000, reportTimeTo=1767600000001)["list"][0]
        assert [row["id"]] == made["ids"]
        assert row["id"] > 2**53
        assert (row["workOrderCode"], row["processName"], row["batchNo"]) == ("478", "包装", "B1")
        assert (row["qcStatus"]["code"], row["reportBaseAmount"]["amount"]) == (2, 10)
        assert row["materialInfo"]["baseInfo"]["code"] == row["mainMaterialCode"] == "CP001"

    def test_the_end_of_the_window_is_not_in_it(self, stocked: Mes) -> None:
        stocked.import_order()
        stocked.act("report", order="478", amount="1", time=1767600000000)
        assert stocked.reports(reportTimeFrom=1767599999999, reportTimeTo=1767600000000)["total"] == 0

    def test_one_report_with_a_by_product_is_two_rows(self, stocked: Mes) -> None:
        stocked.import_order()
        lines = [{"amount": "10"}, {"amount": "0.5", "material": "YY017"}]
        stocked.act("report", order="478", lines=lines)
        rows = stocked.reports()["list"]
        assert len({row["reportRecordId"] for row in rows}) == 1
        assert [row["materialInfo"]["baseInfo"]["code"] for row in rows] == ["CP001", "YY017"]
        assert rows[1]["mainMaterialCode"] == "CP001"

    def test_sorted_pages(self, stocked: Mes) -> None:
        stocked.import_order()
        for moment in (3000, 1000, 2000):
            stocked.act("report", order="478", amount="1", time=moment)
        page = stocked.reports(sorter=[{"field": "reportTime", "order": "asc"}], page=1, size=2)
        assert [row["reportTime"] for row in page["list"]] == [1000, 2000]
        assert page["total"] == 3

    def test_order_moves_to_executing(self, stocked: Mes) -> None:
        stocked.import_order()
        stocked.act("report", order="478", amount="1")
        row = stocked.route("med/open/v1/work_order/base/_list", {"workOrderStatusList": [3]})["data"]["list"][0]
        assert row["workOrderStatus"]["message"] == "执行中"

    def test_correction_and_adjustment(self, stocked: Mes) -> None:
        stocked.import_order()
        first = stocked.act("report", order="478", amount="10")["ids"][0]
        stocked.act("report", order="478", amount="-2")
        stocked.act("change_report", id=first, amount="9", qc="4")
        rows = stocked.reports()["list"]
        assert [(row["reportBaseAmount"]["amount"], row["qcStatus"]["message"]) for row in rows] == [
            (9, "不合格"),
            (-2, "合格"),
        ]

    def test_order_without_processes(self, stocked: Mes) -> None:
        stocked.import_order()
        stocked.act("plan", order="478", processes=[])
        stocked.act("report", order="478", amount="1")
        assert stocked.reports()["list"][0]["processId"] is None


class TestPage:
    def test_a_person_reports_production(self, stocked: Mes) -> None:
        stocked.import_order()
        form = {"do": "report", "order": "478", "process": "100", "amount": "10", "batch": "B7", "qc": "1"}
        answer = requests.post(f"{stocked.served.url}/blacklake/act", data=form, timeout=5)
        assert answer.url.startswith(f"{stocked.served.url}/blacklake/?message=")
        assert "100 包装" in answer.text
        assert "批次 B7" in answer.text
        assert stocked.reports()["total"] == 1

    def test_a_mistake_is_told_in_words(self, stocked: Mes) -> None:
        answer = stocked.act("report", order="没有", amount="1")
        assert answer == {"ok": False, "message": "工单不存在：没有"}

    def test_an_order_of_the_factory(self, stocked: Mes) -> None:
        assert stocked.act("create_order", order="MES-001", material="CP001")["ok"]
        assert "MES-001" in stocked.served.page("/blacklake/")

    def test_settings_are_named(self, mes: Mes) -> None:
        assert mes.set(nonsense=1)["ok"] is False
        form = {"page_cap": "50", "code_to_id_empty": "False"}
        requests.post(f"{mes.served.url}/blacklake/settings", data=form, timeout=5)
        assert mes.served.get("/blacklake/settings")["settings"]["page_cap"] == 50
