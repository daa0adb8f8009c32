"""The pretended e-cology: modelling tables (protocol: A8)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.ecology_caller import (
    BASE,
    PORT,
    change,
    effects,
)
from tests.sandbox.served import Served, serve


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[Served]:
    with serve("ecology", PORT) as served:
        yield served


@pytest.fixture(autouse=True)
def fresh(server: Served) -> None:
    server.reset()


# --- modelling tables ----------------------------------------------------------------------------------------------


def datajson(*rows: dict[str, Any], password: str = "PWD01", **header: str) -> dict[str, Any]:
    moment = "20230920210444"
    digest = hashlib.md5(f"SYS01{password}{moment}".encode()).hexdigest()
    info = {"operator": "15273", "operationDate": "2023-09-20", "operationTime": "21:04:44"}
    wrapped = [{"operationinfo": info, "mainTable": {}, **row} for row in rows]
    return {"header": {"systemid": "SYS01", "currentDateTime": moment, "Md5": digest, **header}, "data": wrapped}


def cube(method: str, call: dict[str, Any], name: str = "saveOrUpdateModeData", **headers: str) -> Any:
    url = f"{BASE}/api/cube/restful/interface/{name}/{method}"
    return requests.post(url, data={"datajson": json.dumps(call)}, headers=headers, timeout=10).json()


def item(code: str, **more: Any) -> dict[str, Any]:
    return {"mainTable": {"wlbm": code, "wlmc": f"物料{code}", **more}}


def bills(answer: dict[str, Any]) -> list[str]:
    return [row["billid"] for row in json.loads(answer["datajson"])["data"]]


def test_the_md5_of_the_protocol_page() -> None:
    assert datajson()["header"]["Md5"] == "e4c5396a332b8f8fc914b87ba61cf3f4"


def test_rows_are_inserted_and_updated_by_id() -> None:
    answer = cube("material", datajson(item("A1"), item("A2")))
    assert answer["status"] == "1"
    first, second = bills(answer)
    assert first != second
    again = cube("material", datajson({"mainTable": {"id": first, "wlmc": "新名称"}}))
    assert bills(again) == [first]
    assert [(e["op"], e["source"]) for e in effects("create") if "/" in e["key"]] == [
        ("create", "A1"),
        ("create", "A2"),
    ]
    query = {**datajson(), "mainTable": {"id": first}, "pageInfo": {"pageNo": "1", "pageSize": "10"}}
    rows = json.loads(cube("material", query, "getModeDataPageList")["result"])
    assert rows == [{"mainTable": {"id": first, "wlbm": "A1", "wlmc": "新名称"}}]


def test_without_a_unique_rule_the_same_code_is_doubled_and_with_it_updated() -> None:
    assert len({*bills(cube("material", datajson(item("A1")))), *bills(cube("material", datajson(item("A1"))))}) == 2
    unique = [bills(cube("material_unique", datajson(item("A1")))) for _ in range(2)]
    assert unique[0] == unique[1]


def test_one_refused_row_among_good_ones() -> None:
    change(cube_refuse=[{"method": "material", "column": "wlbm", "value": "BAD", "message": "物料组已封存"}])
    answer = cube("material", datajson(item("A1"), item("BAD"), item("A3"), item("A4", nosuch="1")))
    assert answer["status"] == "2"
    rows = json.loads(answer["datajson"])["data"]
    assert [bool(row["billid"]) for row in rows] == [True, False, True, False]
    assert [row["msg"] for row in rows] == ["", "物料组已封存", "", "字段不存在：nosuch"]
    assert cube("material", datajson(item("BAD")))["status"] == "3"


def test_required_columns_and_detail_wrappers() -> None:
    assert cube("material", datajson({"mainTable": {"wlbm": "A1"}}))["status"] == "3"
    main = {"hbbm": "C1", "hbmc": "客户"}
    bare = {"mainTable": main, "detail1": [{"dzmc": "总部"}]}
    assert "operate" in json.loads(cube("partner", datajson(bare))["datajson"])["data"][0]["msg"]
    row = {"operate": {"action": "SaveOrUpdate", "actionDescribe": ""}, "data": {"dzmc": "总部", "cs": "上海"}}
    assert cube("partner", datajson({"mainTable": main, "detail1": [row]}))["status"] == "1"
    found = json.loads(cube("partner", {**datajson(), "mainTable": {"hbbm": "C1"}}, "getModeDataPageList")["result"])
    assert found[0]["detail1"] == [{"dzmc": "总部", "cs": "上海"}]


def test_wrong_md5_unknown_method_bad_json() -> None:
    assert cube("material", datajson(item("A1"), password="no"))["status"] == "4"
    assert cube("nosuch", datajson(item("A1"))) == {"status": "4", "message": "接口标识不存在：nosuch", "datajson": ""}
    url = f"{BASE}/api/cube/restful/interface/saveOrUpdateModeData/material"
    assert requests.post(url, data={"datajson": "{"}, timeout=10).json()["status"] == "3"
    lower = datajson(item("A1"))
    lower["header"]["md5"] = lower["header"].pop("Md5")
    assert cube("material", lower)["status"] == "4"


def test_a_bad_token_is_refused_even_with_a_good_md5() -> None:
    answer = cube("material", datajson(item("A1")), appid="EEAA5436", token="gone")
    assert answer["msg"].startswith("token不存在或者超时")


def test_other_shapes_of_the_answer_and_the_count() -> None:
    change(cube_shape="double")
    assert json.loads(cube("material", datajson(item("A1"))))["status"] == "1"
    change(cube_shape="code")
    assert cube("material", datajson(item("A2")))["code"] == "success"
    assert cube("material", {**datajson(), "mainTable": {}}, "getModeDataPageCount")["result"] == "2"
