"""What the channel itself says, where no turn of the conversation could be made of what came."""

from __future__ import annotations

from collections.abc import Mapping

from bot.gateway.contract import MOST_CHARACTERS

COMMANDS: Mapping[str, tuple[str, str]] = {
    "start": ("/greet", "从头开始"),
    "help": ("/help", "能问些什么"),
    "apply": ("/apply", "办申请"),
    "status": ("/status", "查办理进度"),
    "plan": ("/plan", "先办什么后办什么"),
    "agent": ("/talk_to_human", "找工作人员"),
    "privacy": ("/forget_me", "我的资料，删除资料"),
    "cancel": ("/cancel", "不办了"),
}
"""What a command says to the conversation, and how Telegram's menu describes it."""

REMARKS: Mapping[str, str] = {
    "edited": "您改过的那句话，我不会回头重看。要照改过的来，请重新发一条；已经填好的要改，说“改手机号”这样就行。",
    "voice": "我听不了语音。请打字，或者点键盘上的话筒，说的话会变成字，再发给我。",
    "video": "我看不了视频。请打字说，要交材料就发照片或者 PDF。",
    "location": "我没法从定位认出是哪个县，不敢乱猜。请直接打县名，比如“昭通镇雄”。",
    "contact": "现在用不着电话号码，我没有保存。办申请问到手机号时再发。",
    "sticker": "收到了。有什么事，打字告诉我就行。",
    "other": "这种消息我看不懂。请打字说，要交材料就发照片或者 PDF。",
    "long": f"这条太长，一次最多 {MOST_CHARACTERS:,} 个字。请分几条发，之前说的都还在。",
    "command": "没有这个命令。点输入框旁边的“菜单”看有哪些，或者直接打字问我。",
    "big_file": "这个文件超过 10 MB，收不了。请换一张小一点的照片，或者分开发。",
    "lost_file": "这个文件没有收到。请再发一次，或者换一张照片、一份 PDF。",
    "failed": "刚才这条没处理成，之前说的都还在。请换个说法再发一次；急事请打 12333。",
    "flood": "发得太快了，后面的几条没有收。请等前面的答完再发，之前说的都还在。",
}
STALE = "这个按钮过期了，请直接打字说。"
CHOSEN = "已经选过了。"
ANOTHER_FILE = "请换一张照片或一份 PDF 再发。"

NOTED: Mapping[str, str] = {
    "edited": "〔改了前面的一条消息〕",
    "voice": "〔语音，没有收〕",
    "video": "〔视频，没有收〕",
    "location": "〔定位，没有收〕",
    "contact": "〔联系人，没有收〕",
    "sticker": "〔表情〕",
    "other": "〔别的消息，没有收〕",
    "long": "〔太长的消息，没有收〕",
    "command": "〔命令〕",
    "big_file": "〔太大的文件，没有收〕",
    "lost_file": "〔文件，没有收到〕",
    "failed": "〔没处理成的消息〕",
    "flood": "〔发得太快，后面的没有收〕",
}
"""The same for the log of a conversation that an agent has: there the agent answers, not the bot."""

IN_GROUP = "在群里我只回答政策问题：@我，再写上要问的。办申请、查进度要问到个人情况，请点下面到私聊里说。"
TO_PRIVATE = "这件事要问到个人情况，群里大家都看得见，请点下面到私聊里说。"
EXPOSED = "您发的{what}群里大家都看得见，请把那条消息删掉。我没有保存。"
OPEN_PRIVATE = "到私聊里说"
