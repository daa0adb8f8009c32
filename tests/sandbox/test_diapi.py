"""The DI API: RIS codes, cookies, HANA's manners, TMDK (protocol notes 4; barcode notes C2, C7)."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.sandbox_server import SandboxServer

OK = "RIS.10000000"
# From the seed's barcode sample (5.4.6.2), with the line breaks of the PDF taken out of the quoted names.
INVERTED = (
    '\nSelect T0."DocEntry",T1."LineNum",T1."ItemCode",T2."ItemName",T1."BaseQty",T1."wareHouse" \n'
    'From OWOR T0 Left Join WOR1 T1 On T0."DocEntry"=T1."DocEntry" \n'
    'Left Join OITM T2 On T1."ItemCode"=T2."ItemCode" \nWhere T2."ManBtchNum"=\'Y\' \n'
)


class Sql:
    """A session of the DI API."""

    def __init__(self, sandbox: SandboxServer, company: str = "SBODEMOCN") -> None:
        self.root = f"{sandbox.url}/diapi/b1dis/v1"
        body = {"CompanyDB": company, "UserName": "S-ERP\\CSFZ0431021", "Password": "sandbox"}
        reply = requests.post(f"{self.root}/login", json=body, timeout=10)
        assert reply.json()["code"] == OK
        self.cookies = [cookie.partition(";")[0] for cookie in reply.raw.headers.getlist("Set-Cookie")]

    def send(self, sql: Any, cookies: list[str] | None = None) -> requests.Response:
        jar = "; ".join(self.cookies if cookies is None else cookies)
        return requests.post(f"{self.root}/exec-sql", json={"Sql": sql}, headers={"Cookie": jar}, timeout=20)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        body = self.send(sql).json()
        assert body["code"] == OK, body
        return body["data"]["value"]

    def refused(self, sql: str) -> tuple[str, str]:
        body = self.send(sql).json()
        return body["code"], body["message"]


@pytest.fixture
def sql(sandbox: SandboxServer) -> Sql:
    return Sql(sandbox)


def test_login_answer(sandbox: SandboxServer) -> None:
    body = {"CompanyDB": "SBODEMOCN", "UserName": "manager", "Password": "sandbox"}
    reply = requests.post(f"{sandbox.url}/diapi/b1dis/v1/login", json=body, timeout=10)
    answer = reply.json()

    assert (reply.status_code, answer["code"], answer["message"]) == (200, OK, "OK")
    assert answer["data"] == {"SessionTimeout": "30m"}
    assert answer["timestamp"].endswith("+00:00")
    assert sandbox.effects("diapi", "login")[0]["key"] == "SBODEMOCN/manager"


@pytest.mark.parametrize("more", [{"Password": "?"}, {"CompanyDB": "NOWHERE"}, {"UserName": "locked1"}])
def test_refused_logins_come_with_status_200(sandbox: SandboxServer, more: dict) -> None:
    body = {"CompanyDB": "SBODEMOCN", "UserName": "manager", "Password": "sandbox", **more}
    reply = requests.post(f"{sandbox.url}/diapi/b1dis/v1/login", json=body, timeout=10)

    assert (reply.status_code, reply.json()["code"]) == (200, "RIS.10000403")
    assert "Set-Cookie" not in reply.headers


def test_every_cookie_has_to_come_back(sql: Sql) -> None:
    assert sql.send("select 1 from DUMMY").json()["code"] == OK
    for cookies in ([], sql.cookies[:1], sql.cookies[1:]):
        reply = sql.send("select 1 from DUMMY", cookies)
        assert (reply.status_code, reply.json()["code"]) == (401, "RIS.10000401")


@pytest.mark.parametrize("status", [401, 200])
def test_expired_sessions(sandbox: SandboxServer, sql: Sql, status: int) -> None:
    sandbox.switch("diapi", "expired_status", status)
    sandbox.press("diapi", "expire_sessions")

    reply = sql.send("select 1 from DUMMY")

    assert (reply.status_code, reply.json()["message"]) == (status, "会话不存在或已过期，请重新登录")


@pytest.mark.parametrize("text", ["", "  ", None])
def test_empty_sql(sql: Sql, text: str | None) -> None:
    reply = sql.send(text)

    assert (reply.status_code, reply.json()["message"]) == (200, "Sql不能为空")


def test_the_seed_s_query_of_items(sql: Sql) -> None:
    text = (
        'Select "ItemCode", "ItemName", "CstGrpCode", "FrgnName", "BuyUnitMsr", "CardCode", '
        "TO_VARCHAR (TO_DATE(\"UpdateDate\"), 'YYYY-MM-DD') UpdateDate, "
        'TO_VARCHAR (TO_DATE("CreateDate"), \'YYYY-MM-DD\') CreateDate, "InvntryUom", "U_SFJY", "U_CX", "U_CC" '
        "from OITM WHERE ifnull(\"U_SYN\", 'N')='N' "
    )

    row = next(row for row in sql.rows(text) if row["ItemCode"] == "XN0001")

    assert list(row)[-6:] == ["UPDATEDATE", "CREATEDATE", "InvntryUom", "U_SFJY", "U_CX", "U_CC"]
    assert (row["CstGrpCode"], row["FrgnName"], row["U_SFJY"]) == (-1, "", "")
    assert len(row["UPDATEDATE"]) == 10


def test_the_seed_s_backflush_query(sql: Sql) -> None:
    wrapped = sql.rows(f'SELECT * FROM ({INVERTED}) X WHERE X."DocEntry" = 478')
    appended = sql.rows(f'{INVERTED} AND T0."DocEntry"=478')

    row = {"DocEntry": 478, "LineNum": 0, "ItemCode": "201010004", "ItemName": "导热硅脂"}
    assert wrapped == appended == [{**row, "BaseQty": 0.1, "wareHouse": "W05001"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select ItemCode from OITM", "invalid column name: ITEMCODE"),
        ('select "itemcode" from OITM', "invalid column name: itemcode"),
        ('select "ItemCode" from OITM where "Nothing" = 1', "invalid column name: Nothing"),
        ('select * from "oitm"', "invalid table name: Could not find table/view oitm in schema SBODEMOCN"),
        ("select * from NOTHING", "invalid table name: Could not find table/view NOTHING in schema SBODEMOCN"),
        (
            "select * from sandbox_record",
            "invalid table name: Could not find table/view SANDBOX_RECORD in schema SBODEMOCN",
        ),
        ('select * from "OTHER"."OITM"', "insufficient privilege: Not authorized to schema OTHER"),
        ("delete from OITM", "insufficient privilege: Not authorized"),
        ("update OITM set \"ItemName\"='x'", "insufficient privilege: Not authorized"),
        ("drop table OITM", "insufficient privilege: Not authorized"),
        ("select 1 from OITM; select 2 from OITM", 'sql syntax error: incorrect syntax near ";"'),
        ("selec x", 'sql syntax error: incorrect syntax near "selec"'),
        ("call NOTHING('1')", "invalid name of function or procedure: NOTHING"),
        ("call TMDK('1')", "wrong number or types of parameters in call: TMDK"),
    ],
)
def test_refused_sql(sql: Sql, text: str, message: str) -> None:
    assert sql.refused(text) == ("RIS.10000500", message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('select "ItemCode" from oItM where "ItemCode" = \'11028\'', [{"ItemCode": "11028"}]),
        ('select T0."ItemName" name, T0."OnHand" as "库存" from OITM T0 where T0."ItemCode"=\'11028\';',
         [{"NAME": "聚氯乙烯", "库存": 1000.0}]),
        ("select top 1 \"Status\", \"ItemCode\" from OWOR where \"Status\"='C' order by \"DocEntry\"",
         [{"Status": "C", "ItemCode": "101010002"}]),
        ('select count(*) from OWDD where "Status"=\'W\' and "ObjType"=\'1470000113\'', [{"COUNT(*)": 3}]),
        ('select T1."StepCode", T1."UserID" from OWDD T0 inner join WDD1 T1 on T1."WddCode"=T0."WddCode" '
         'where T0."DraftEntry"=18 order by T1."StepCode"',
         [{"StepCode": 1, "UserID": 12}, {"StepCode": 2, "UserID": 13}]),
        ('select "CompnyName" from OADM', [{"CompnyName": "演示账套"}]),
        ('select "OnHand" from OITW where "ItemCode"=\'11028\' and "WhsCode"=\'01\'', [{"OnHand": 1000.0}]),
        ('select T1."DistNumber", T0."Quantity" from OBTQ T0 join OBTN T1 on T0."MdAbsEntry"=T1."AbsEntry" '
         'where T0."WhsCode"=\'W05001\' and T0."ItemCode"=\'201010004\'',
         [{"DistNumber": "GZ20230901", "Quantity": 300.0}]),
        ('select "BinCode" from OBIN where "AbsEntry"=14', [{"BinCode": "W05001-A-04"}]),
        ('select "OnHandQty" from OIBQ where "BinAbs"=11', [{"OnHandQty": 300.0}]),
        ('select "LineNum","ItemCode","Quantity" from POR1 where "DocEntry"=1 and "LineNum"=0',
         [{"LineNum": 0, "ItemCode": "11028", "Quantity": 500.0}]),
        ('select "CardName" from OCRD where "CardCode" like \'C3000%\' order by 1 limit 1',
         [{"CardName": "O'Neil 贸易（中国）有限公司"}]),
        ('select "ItemCode" from OITM where "ItemCode" like \'xn%\'', []),
        ('select "USER_CODE" from OUSR where "INTERNAL_K"=12', [{"USER_CODE": "approver1"}]),
        ('select USER_CODE from OUSR where INTERNAL_K=12', [{"USER_CODE": "approver1"}]),
        ('select "U_Subject" from "@CONTRACT" where "DocEntry"=2', [{"U_Subject": "销售合同"}]),
        ('with a as (select "ItemCode" c from OITM) select max(c) m from a', [{"M": "物料+50%&#1"}]),
        ('select "DocNum" from "SBODEMOCN"."ODRF" where "DocEntry"=16', [{"DocNum": 20230016}]),
        ("select add_days('2022-01-30', 3) d, lpad('7', 3, '0') p, 'a' || 'b' c from dummy",
         [{"D": "2022-02-02", "P": "007", "C": "ab"}]),
        ("select case when \"ManBtchNum\"='Y' then '批次' else '无' end as x from OITM where \"ItemCode\"='101010001'",
         [{"X": "批次"}]),
    ],
)  # fmt: skip
def test_answers(sql: Sql, text: str, expected: list[dict]) -> None:
    assert sql.rows(text) == expected


def test_it_sees_what_the_service_layer_wrote(sandbox: SandboxServer, sql: Sql) -> None:
    sandbox.erp_act("PATCH", "Items('11028')", {"ItemName": "新名称"})
    sandbox.erp_act("POST", "UserFieldsMD", {"Name": "ZZ", "TableName": "OITM"})
    sandbox.erp_act("PATCH", "Items('11028')", {"U_ZZ": "z"})

    assert sql.rows('select "ItemName", "U_ZZ" from OITM where "ItemCode"=\'11028\'') == [
        {"ItemName": "新名称", "U_ZZ": "z"}
    ]


def test_companies_do_not_mix(sandbox: SandboxServer) -> None:
    text = 'select "CompnyName" from OADM'

    assert Sql(sandbox, "SBODEMO2").rows(text) == [{"CompnyName": "第二账套"}]
    assert Sql(sandbox, "SBODEMO2").rows("select count(*) n from OWOR") == [{"N": 0}]


def test_tmdk_gives_the_oldest_batches_first(sql: Sql) -> None:
    def taken(quantity: str) -> list[tuple]:
        rows = sql.rows(f"call TMDK('201010004','01','{quantity}')")
        return [(row["BatchNumber"], row["Quantity"]) for row in rows]

    assert taken("12.5") == [("B20220801", 500.0)]
    assert taken("500.5") == [("B20220801", 500.0), ("B20221001", 500.0)]
    assert sum(quantity for _, quantity in taken("5000")) == 1000.0
    assert taken("0") == []


def test_tmdk_knows_bins_and_other_column_names(sandbox: SandboxServer, sql: Sql) -> None:
    (row,) = sql.rows("CALL TMDK('201010004','W05001','1')")
    assert (row["BatchNumber"], row["BinAbsEntry"]) == ("GZ20230901", 11)

    sandbox.switch("diapi", "tmdk_columns", "BATCHNUM,QTY,BINABS")
    (row,) = sql.rows("CALL TMDK('201010004','W05001','1')")
    assert (row["BATCHNUM"], row["QTY"], row["BINABS"]) == ("GZ20230901", 300.0, 11)


def test_tmdk_follows_the_stock(sandbox: SandboxServer, sql: Sql) -> None:
    rows = [{"BatchNumber": "B20220801", "Quantity": 500}]
    line = {"ItemCode": "201010004", "Quantity": 500, "WarehouseCode": "01", "BatchNumbers": rows}
    sandbox.erp_act("POST", "InventoryGenExits", {"DocumentLines": [line]})

    assert [row["BatchNumber"] for row in sql.rows("call TMDK('201010004','01','1')")] == ["B20221001"]


def test_faults_by_name(sandbox: SandboxServer, sql: Sql) -> None:
    sandbox.fault(system="diapi", op="sql", action="status", status=504)

    assert sql.send("select 1 from DUMMY").status_code == 504
    assert sql.send("select 1 from DUMMY").status_code == 200
