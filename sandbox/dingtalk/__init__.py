"""A pretended DingTalk: api.dingtalk.com and oapi.dingtalk.com under one base /dingtalk/, where its inbox is too."""
