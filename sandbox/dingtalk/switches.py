"""What a test or the demo can set: POST /dingtalk/settings with any of these names.

``callback_url`` set this way is not checked; the page's 保存 button (act "save_url") checks it as the vendor does.
"""

from __future__ import annotations

from typing import Any

from sandbox.kept import Kept

SYSTEM = "dingtalk"

DEFAULTS: dict[str, Any] = {
    # event subscription
    "callback_url": "",
    "callback_token": "B1FlowDemoToken",
    "callback_aes_key": "q7Tz9Wn2Lc4Rb8Xm1Vk6Kd3Fs5Gj0Yp4Ue9Ai2Ho7BR",
    "tail_id": "app_key",  # whose id ends the plaintext: app_key, corp_id, or any other text as it is
    "push_mode": "auto",  # http, stream, both; auto = stream while a stream connection is open, else http
    "deadline_ms": 1500,  # the vendor's newer page says 2500
    "retry_seconds": [10, 30],  # after the first and after the second failed push
    "time_scale": 1.0,  # shortens waits between pushes: 0.01 makes 10 s into 100 ms
    "key_case": "pascal",  # EventType CorpId; camel: eventType corpId; lower: eventType corpid; alternate
    "with_event_id": True,  # older deliveries have none
    "signature_name": "both",  # signature, msg_signature
    "timestamp_digits": 13,
    "shuffle": False,  # the instance's end is told before its last task's
    "push": True,  # False: decisions are made, nobody is told
    # API
    "index_delay_ms": 0,  # a created instance shows up in lists only after this
    "token_seconds": 7200,
    "terminate_wait_seconds": 15,
    "delay_ms": 0,
    "qps_limit": 0,  # calls a second of this app to one API; 0 = none
    "qps_limit_next": 0,  # the next n calls are refused by the limit
    "busy_next": 0,  # the next n calls answer 429 system.busy
    "block_next": 0,  # the next n calls answer an HTML page of the firewall
    "timeout_next": 0,  # the next n calls answer 504 and do nothing
    "missing_scopes": [],  # e.g. ["Workflow.Instance.Write"]
    "address_refused": False,  # the caller's address is not on the white list
    "null_strings": True,  # an empty control reads as the text "null"
    "source_control": "来源单号",  # the control whose value an effect names as its source
    # stream
    "stream_port": 0,  # 0 = any free one
    "stream_ping_seconds": 30.0,
    "stream_redeliver_seconds": 60.0,
}

SWITCHES = Kept(SYSTEM, DEFAULTS)
