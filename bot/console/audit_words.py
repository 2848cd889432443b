"""What the audit log's words for actions and details read like on a page."""

from __future__ import annotations

from collections.abc import Mapping

from bot.console.pages import ROLE_NAMES
from casework.cases.lifecycle import EVENT_WORDS

ACTIONS: Mapping[str, str] = {
    **EVENT_WORDS,
    "read": "看办件",
    "read_answers": "看办件的填写内容",
    "read_judgement": "看递交时的资格判断",
    "read_document": "看材料",
    "revealed": "看隐去的内容",
    "read_person": "看人员档案",
    "read_plan": "看办事计划",
    "read_conversation": "看会话记录",
    "searched_identity": "按证件号或手机号找人",
    "exported_list": "导出办件清单",
    "exported_ledger": "导出台账",
    "unlink": "本人删除资料，办件不再关联到人",
    "began_filing": "开始替人填申请",
    "read_back": "念给本人核对填写内容",
    "marked": "标记坐席助手的建议",
    "mark_settled": "处理标记",
    "read_marks": "看标记清单",
    "take_conversation": "接管会话",
    "hand_back_conversation": "会话交回云就",
    "pass_on_conversation": "转交会话",
    "staff_added": "新增账号",
    "staff_changed": "修改账号",
    "password_changed": "改密码",
    "second_factor_on": "打开登录验证码",
    "second_factor_off": "关掉登录验证码",
    "signed_in": "登录",
    "signed_out": "退出",
    "sign_in_failed": "登录没成功",
    "opening_hours_set": "改开放时间",
    "audit_checked": "检查审计记录",
}
DETAILS: Mapping[str, str] = {
    "sequence": "第几步",
    "fields": "内容",
    "field": "内容",
    "why": "原因",
    "document": "材料",
    "to": "转给",
    "role": "角色",
    "areas": "地区",
    "active": "在用",
    "renamed": "改了姓名",
    "one_time": "一次性密码",
    "how": "方式",
    "what": "哪一步",
    "locked": "已锁住",
    "week": "每周",
    "days": "个别日期",
    "filter": "条件",
    "first": "从",
    "last": "到",
    "found": "找到",
    "application": "申请",
    "opinion": "看法",
    "measure": "政策",
    "whole": "完整",
    "rows": "条数",
}
VALUES: Mapping[str, str] = {
    **ROLE_NAMES,
    "password": "密码",
    "new password": "改密码后",
    "code": "验证码",
    "openid": "统一认证",
    "useful": "有用",
    "wrong": "不对",
    "missing": "缺这一条",
}
ROLES: Mapping[str, str] = {**ROLE_NAMES, "applicant": "申请人", "bureau": "经办机构", "system": "系统", "unknown": "—"}
NAMES: Mapping[str, str] = {
    "command line": "命令行",
    "unknown": "没有这个登录名",
    "applicant": "申请人",
    "audit": "审计记录",
    "opening hours": "开放时间",
    "cases": "办件清单",
    "ledger": "台账",
    "marks": "标记",
}
"""Of actors and subjects that are neither logins nor ids."""
