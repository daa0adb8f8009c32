"""What a query may be made of: kinds of syntax, functions, and clauses. What is not named here is refused."""

from __future__ import annotations

from sqlglot import exp

# Reading and nothing else: no INTO, no locks, no hints, no functions that give tables, no other statements.
ALLOWED: frozenset[type[exp.Expr]] = frozenset({
    exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Subquery, exp.With, exp.CTE, exp.Table, exp.TableAlias,
    exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Distinct,
    exp.Rollup, exp.Cube, exp.GroupingSets,
    exp.Identifier, exp.Column, exp.Star, exp.Alias, exp.Literal, exp.National, exp.Null, exp.Boolean, exp.Var,
    exp.And, exp.Or, exp.Not, exp.Paren, exp.Tuple, exp.Neg,
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.Like, exp.Escape, exp.Between, exp.In, exp.Exists,
    exp.Any, exp.All,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.DPipe,
    exp.Case, exp.If, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Anonymous, exp.Extract, exp.Trim, exp.Substring,
    exp.GroupConcat, exp.Window, exp.WindowSpec, exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp,
})  # fmt: skip

# Clauses of SELECT: some of sqlglot's are texts, not nodes (kind, operation_modifiers).
SELECT_PARTS = frozenset({
    "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "distinct", "with_",
})  # fmt: skip

# HANA's functions that compute from their arguments alone. Not here: SESSION_CONTEXT, CURRENT_SCHEMA, anything that
# reads files, other servers or the dictionary, and functions made by users.
FUNCTIONS = frozenset(
    """
    ABS ACOS ASCII ASIN ATAN ATAN2 BITAND BITOR BITXOR CEIL CEILING CHAR COALESCE CONCAT CONCAT_NAZ COS DECODE EXP FLOOR
    GREATEST HAMMING_DISTANCE HASH_MD5 HASH_SHA256 IFNULL IIF INITCAP INSTR ISNULL LCASE LEAST LEFT LEN LENGTH LN LOCATE
    LOG LOWER LPAD LTRIM MAP MOD NCHAR NDIV0 NULLIF NVL POWER REPLACE REVERSE RIGHT ROUND RPAD RTRIM SIGN SIN SOUNDEX
    SQRT SUBSTR SUBSTR_AFTER SUBSTR_BEFORE SUBSTRING TAN TRIM UCASE UNICODE UPPER STUFF CHARINDEX
    BINTOHEX BINTOSTR HEXTOBIN STRTOBIN TO_ALPHANUM TO_BIGINT TO_BINARY TO_CHAR TO_CLOB TO_DATE TO_DATS TO_DECIMAL
    TO_DOUBLE TO_INT TO_INTEGER TO_NCHAR TO_NCLOB TO_NUMBER TO_NVARCHAR TO_REAL TO_SECONDDATE TO_SMALLDECIMAL
    TO_SMALLINT TO_TIME TO_TIMESTAMP TO_TINYINT TO_VARBINARY TO_VARCHAR
    ADD_DAYS ADD_MONTHS ADD_MONTHS_LAST ADD_SECONDS ADD_WORKDAYS ADD_YEARS DATEADD DATEDIFF DAYNAME DAYOFMONTH DAYOFYEAR
    DAYS_BETWEEN GETDATE HOUR ISOWEEK LAST_DAY LOCALTOUTC MINUTE MONTH MONTHNAME MONTHS_BETWEEN NEXT_DAY NOW QUARTER
    SECOND SECONDS_BETWEEN UTCTOLOCAL WEEK WEEKDAY WORKDAYS_BETWEEN YEAR YEARS_BETWEEN
    AVG COUNT MAX MEDIAN MIN STDDEV STDDEV_POP STDDEV_SAMP SUM VAR VAR_POP VAR_SAMP
    CUME_DIST DENSE_RANK FIRST_VALUE LAG LAST_VALUE LEAD NTH_VALUE NTILE PERCENT_RANK RANK ROW_NUMBER GROUPING
    GROUPING_ID
    """.split()  # noqa: SIM905
)

# Words that HANA takes for functions without brackets, and sequences: as columns they look harmless.
PSEUDO_COLUMNS = frozenset(
    """NEXTVAL CURRVAL CURRENT_USER CURRENT_SCHEMA CURRENT_CONNECTION CURRENT_OBJECT_SCHEMA CURRENT_SITE_ID
    CURRENT_TRANSACTION_ISOLATION_LEVEL CURRENT_UPDATE_STATEMENT_SEQUENCE CURRENT_UPDATE_TRANSACTION SESSION_USER
    SYSUUID""".split()  # noqa: SIM905
)
