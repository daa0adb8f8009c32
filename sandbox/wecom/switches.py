"""How the platform behaves: kept with every system's switches, and settable at POST /wecom/settings."""

from __future__ import annotations

from sandbox import switches
from sandbox.wecom.account import SYSTEM


def _declare(name: str, default: object, label: str) -> switches.Switch:
    return switches.declare(SYSTEM, name, default, label)


STRICT = _declare("strict", True, "严格校验：control 必填、数字和金额须为文本、摘要不超过20字")
INDEX_DELAY = _declare("index_delay_seconds", 0.0, "批量获取审批单号的索引延迟（秒）")
RATE = _declare("rate_per_minute", 600, "审批接口每分钟上限（0 不限），超过后封禁到该分钟结束")
SCALE = _declare("scale", 1.0, "回调重试间隔的倍率（真实间隔按 5 秒算）")
DEADLINE = _declare("deadline_seconds", 5.0, "回调应答时限（秒）")
RETRIES = _declare("retries", 3, "回调失败后的重试次数")
HOLD = _declare("hold_events", False, "扣住回调不发，待 release 动作再发")
LONG_NUMBERS = _declare("long_numbers", False, "新单号超出整数范围（事件只有 SpNoStr 可信）")
TRUSTED_IPS = _declare("trusted_ips", "", "企业可信IP（逗号分隔，空为不限）")
DENIED = _declare("denied", "", "应用没有权限的接口（名称，逗号分隔）")
APP_DISABLED = _declare("app_disabled", False, "应用已停用（50003）")
APPROVAL_DISABLED = _declare("approval_disabled", False, "审批应用已停用（301056）")
FORCED = _declare("errcode", 0, "所有接口都应答这个错误码（-1 繁忙，45033 并发……；0 正常）")
PROCESS_LIST = _declare("process_list", True, "详情和事件带新版 process_list")
EMPTY_SPTIME = _declare("empty_sptime", False, "未处理时 sptime 为空文本（否则为 0）")
