"""SQL that must never leave our process, and SQL with awkward texts that must pass unharmed.

Written from the risks in the protocol notes (C9) and what the database's manual says of comments, quotes, schemas and
public synonyms; company schema SBODEMOCN, allowed procedure TMDK.
"""

from __future__ import annotations

HOSTILE: dict[str, str] = {
    # other statements
    "delete": "delete from OITM",
    "update": 'update OITM set "ItemName" = \'x\'',
    "insert": 'insert into "@SCANLOG" ("Code") values (\'1\')',
    "upsert": 'upsert OITM ("ItemCode") values (\'1\') with primary key',
    "replace": 'replace OITM ("ItemCode") values (\'1\') with primary key',
    "merge": 'merge into OITM T0 using OITW T1 on 1=1 when matched then update set T0."ItemName" = \'x\'',
    "truncate": "truncate table OITM",
    "create": "create table X as (select * from OITM)",
    "drop": "drop table OITM",
    "alter": "alter system stop",
    "grant": "grant select on OITM to PUBLIC",
    "set schema": "set schema SYS",
    "do block": "do begin delete from OITM; end",
    "transaction": "begin transaction",
    "lock": "lock table OITM in exclusive mode",
    "explain": "explain plan for select * from OITM",
    "export": "export OITM as csv into '/tmp/x'",
    "values": "values (1)",
    "table": "table OUSR",
    "from first": "from OUSR",
    # more than one
    "stacked": 'select "ItemCode" from OITM; delete from OITM',
    "stacked without blanks": "select 1 from DUMMY;drop table OITM",
    "stacked after a call": "call TMDK('a','b','1');truncate table OITM",
    "two semicolons": "select 1 from DUMMY;;",
    # writing or locking inside a SELECT
    "select into": "select * into X from OITM",
    "for update": "select * from OITM for update",
    "sequence": 'select "SEQ1".NEXTVAL from DUMMY',
    "with delete": "with a as (delete from OITM returning *) select * from a",
    # comments and hints
    "line comment": 'select "ItemCode" from OITM -- where 1=0',
    "block comment": "select/**/*/**/from/**/OUSR",
    "comment in the middle": 'select "ItemCode" from OITM /* x */ where 1=1',
    "line comment in the middle": 'select "ItemCode" -- x\nfrom OITM',
    "comment hides a table": "select * from OITM /* , */ , OUSR",
    "unclosed comment": "select * from OITM /* ",
    "comment in a call": "call TMDK('a','b','1') -- x",
    "hint": 'select /*+ NO_CS_JOIN */ * from OITM',
    "with hint": "select * from OITM with hint (IGNORE_PLAN_CACHE)",
    "braces comment": "select {# x #} * from OITM",
    # quotes
    "unclosed text": "select * from OITM where \"ItemCode\" = 'x",
    "unclosed name": 'select * from "OITM',
    "backslash is no escape": "select * from OITM where \"A\" = 'x\\' or exists (select 1 from OUSR) --'",
    "back quotes": "select * from `OUSR`",
    "brackets": "select * from [OUSR]",
    # users, licences, secrets
    "users": "select * from OUSR",
    "users quoted": 'select * from "OUSR"',
    "users in lower case": "select * from ousr",
    "users' log": "select * from USR5",
    "history of users": "select * from AUSR",
    "permissions": "select * from OUPT",
    "licence server": "select * from SLIC",
    "users nested": 'select * from OITM where "UserSign" in (select USERID from OUSR)',
    "users joined": "select * from OITM T0 inner join OUSR T1 on 1=1",
    "users with comma": "select * from OITM T0, OUSR T1",
    "users in the select list": "select (select max(USER_CODE) from OUSR) from DUMMY",
    "users in order by": "select * from OITM order by (select count(*) from USR5)",
    "users in union": 'select "ItemCode" from OITM union all select USER_CODE from OUSR',
    "users in a with query": "with a as (select * from OUSR) select * from a",
    "users' name for a with query": "with OUSR as (select 1 x from DUMMY) select * from OUSR",
    "in without brackets": 'select * from OITM where "A" in OUSR',
    "password column": 'select "PASSWORD4" from OITM',
    "secrets by star": "select * from OADM",
    "secrets by alias star": 'select T0.* from OADM T0, OITM T1',
    # the database's dictionary and other schemas
    "system schema": "select * from SYS.USERS",
    "system schema quoted": 'select * from "SYS"."M_DATABASE"',
    "public synonym": "select * from USERS",
    "public synonym of sessions": "select * from M_CONNECTIONS",
    "information schema": "select * from INFORMATION_SCHEMA.TABLES",
    "statistics schema": 'select * from "_SYS_STATISTICS"."HOST_SQL_PLAN_CACHE"',
    "common schema": 'select * from "SBOCOMMON"."SRGC"',
    "another company": 'select * from "SBODEMO2"."OITM"',
    "another company in a subquery": 'select 1 from OITM where exists (select 1 from SBODEMO2.OINV)',
    "another database": "select * from MASTER..SYSLOGINS",
    "three parts": "select * from A.SBODEMOCN.OITM",
    "with query of a later name": "with a as (select * from USERS), USERS as (select 1 x from DUMMY) select * from a",
    "with query of its own name": "with USERS as (select * from USERS) select * from USERS",
    "with query of another place": "select * from (with USERS as (select 1 x from DUMMY) select * from USERS) "
    "union all select USER_NAME from USERS",
    "recursive": "with recursive a as (select 1 x from DUMMY union all select x + 1 from a) select * from a",
    # calls and functions
    "call of another procedure": "call DROP_EVERYTHING('x')",
    "call in another schema": "call SYS.TMDK('a','b','1')",
    "call of a quoted look-alike": "call \"tmdk\"('a','b','1')",
    "call with a query": "call TMDK((select USER_CODE from OUSR),'b','1')",
    "call with an expression": "call TMDK('a'||'b','b','1')",
    "call with a parameter": "call TMDK(?, ?, ?)",
    "exec": "exec xp_cmdshell 'dir'",
    "system procedure": "call SYS.GET_INSUFFICIENT_PRIVILEGE_ERROR_DETAILS('x', ?)",
    "unknown function": "select SESSION_CONTEXT('APPLICATIONUSER') from DUMMY",
    "function of a schema": 'select "X"."SECRET"(1) from DUMMY',
    "table function": "select * from \"_SYS_BIC\".\"READ_ALL\"('x')",
    "openrowset": "select * from OPENROWSET('a','b','select 1')",
    "current user": "select CURRENT_USER from DUMMY",
    "session user": "select SESSION_USER from DUMMY",
    "lateral": "select * from OITM, lateral (select * from OUSR) x",
    "sample": "select * from OITM tablesample system (1)",
    # odd characters
    "full-width table": "select * from ＯＵＳＲ",
    "full-width table quoted": 'select * from "ＯＵＳＲ"',
    "full-width keyword": "ｓｅｌｅｃｔ * from OITM",
    "zero-width blank": "select\u200b* from OITM",
    "no-break blank": "select\u00a0* from OITM",
    "ideographic blank": "select\u3000* from OITM",
    "line separator": "select *\u2028from OITM",
    "nul": "select * from OITM\x00; delete from OITM",
    "right-to-left mark": "select * from OITM where \"A\" = '\u202e'",
    "lone surrogate": "select * from OITM where \"A\" = '\ud800'",
    "dollar quotes": "select $$OUSR$$ from DUMMY",
    "placeholder": "select ? from DUMMY",
    "variable": "select @@version from DUMMY",
    "template": "{% raw %} select 1 from DUMMY",
    # too much
    "too long": "select * from OITM where \"A\" = '" + "x" * 40_000 + "'",
    "too deep": "select " + "(" * 2_000 + "1" + ")" * 2_000 + " from DUMMY",
}  # fmt: skip

# The seed's own statements (5.3.3.1.2, 5.4.6.1, 5.4.6.2), and texts that look like attacks but are only texts.
LEGITIMATE: dict[str, str] = {
    "the guide's query": 'select "ItemCode" from oBTN',
    "the guide's items": 'Select "ItemCode", "ItemName", "CstGrpCode", "FrgnName", "BuyUnitMsr", "CardCode", '
    "TO_VARCHAR (TO_DATE(\"UpdateDate\"), 'YYYY-MM-DD') UpdateDate, "
    'TO_VARCHAR (TO_DATE("CreateDate"), \'YYYY-MM-DD\') CreateDate, "InvntryUom", "U_SFJY", "U_CX", "U_CC" '
    "from OITM WHERE ifnull(\"U_SYN\", 'N')='N' ",
    "the guide's components": '\nSelect T0."DocEntry",T1."LineNum",T1."ItemCode",T2."ItemName",T1."BaseQty",'
    'T1."wareHouse" \nFrom OWOR T0 Left Join WOR1 T1 On T0."DocEntry"=T1."DocEntry" \n'
    'Left Join OITM T2 On T1."ItemCode"=T2."ItemCode" \nWhere T2."ManBtchNum"=\'Y\' \n',
    "the guide's batches": "call TMDK('201010004','W05001','5')",
    "quote in a text": 'select "ItemCode" from OITM where "ItemCode" = \'Q\'\'10\'',
    "semicolon in a text": "select \"ItemCode\" from OITM where \"ItemName\" <> '; drop table OITM; --'",
    "comment in a text": "select '/* no comment */ -- neither' from DUMMY",
    "statement in a text": "select \"ItemCode\" from OITM where \"ItemName\" not like '%delete from OUSR%'",
    "backslash in a text": "select '\\' a, '\\\\' b from DUMMY",
    "only quotes": "select '''' a, '''''' b from DUMMY",
    "pipe in a batch": "select \"ItemCode\" from OBTN where \"DistNumber\" = '11007510-01-50|20230901'",
    "braces in a text": "select '{0} {{x}} {% y %} {# z #}' from DUMMY",
    "wide characters": "select '全角　空格，；－－' \"数量；单位\" from DUMMY",
    "semicolon at the end": 'select "ItemCode" from OITM ;  \r\n',
    "quotes in an alias": 'select "ItemCode" as "a ""b"" -- c" from OITM',
    "own schema": 'select T0."ItemCode" from "SBODEMOCN"."OITM" T0 order by T0."ItemCode"',
    "user table": 'select "Code", "U_ItemCode" from "@SCANLOG"',
    "top": 'select top 3 "ItemCode" from OITM order by "ItemCode" desc',
    "limit and offset": 'select "ItemCode" from OITM order by "ItemCode" limit 2 offset 1',
    "with": 'with stock as (select "ItemCode", sum("OnHand") as "Q" from OITW group by "ItemCode" '
    'having sum("OnHand") > 0) select * from stock order by "ItemCode"',
    "union": 'select "ItemCode" from OITM union all select \'select * from OUSR\' from DUMMY',
    "case and in": 'select case when "ManBtchNum" = \'Y\' then \'批次\' else \'--\' end "K" from OITM '
    'where "ItemCode" in (\'11028\', \'14003\') and exists (select 1 from OITW where "OnHand" > 0)',
    "call with odd values": "call tmdk('O''Neil; --', '01', 2.5);",
    "company name": 'select "CompnyName" from OADM',
}  # fmt: skip
# What our sandbox's database does not carry out, though the guard lets it pass.
UNKNOWN_TO_SANDBOX = {"quotes in an alias"}
