// What stands on the interface. The assistant answers in Chinese whatever the language here.

const ZH = {
  lang: "zh-CN",
  name: "云就",
  line: "依据云人社发〔2022〕57号，只说文件里有的话",
  greeting: "您好，我是云就。找工作、参加培训、自己创业、领补贴，有什么政策想问，写在下面就行，也可以点一个问题：",
  placed: (county) => `这个网页是${county}的，我先按您在这里；办申请时会请您核对。`,
  privacy: "问政策不用写身份证号、银行卡号；办申请时我会一项一项问您。",
  urgent: "急事请打人社服务电话 ",
  welcome: "欢迎",
  examples: "可以这样问",
  myData: "导出我的资料",
  plan: "我的计划",
  large: "大字",
  conversation: "对话",
  box: "写下您的问题",
  send: "发送",
  attach: "发照片或 PDF",
  speak: "语音输入",
  speaking: "请说。说完字会写在框里，看一遍再点“发送”。声音由您的浏览器来认，别说证件号码。",
  notHeard: "没有听清，请再说一次，或者打字。",
  notAllowed: "浏览器不让用麦克风，请打字。",
  said: { person: "您说：", assistant: "云就说：", agent: "工作人员说：" },
  agent: "工作人员",
  validity: "政策状态：",
  validities: { in_force: "在执行", staged: "阶段性", expired: "已到期" },
  source: (source) => `依据 ${source}`,
  clause: (clause) => `原文 第${clause}条 · `,
  wholeText: "原文 · ",
  sources: "依据",
  reference: "受理编号",
  choices: "可以点的选项",
  print: "打印",
  step: (at, of) => `第 ${at} 步，共 ${of} 步`,
  answering: "正在回答",
  isAnswering: "云就正在回答",
  waiting: "等上一句答完就发",
  received: "已收到",
  pressed: "（按钮）",
  resend: "重发",
  edit: "改一改",
  reload: "刷新",
  unsent: "这句话可能还没有发出去。",
  noHistory: "以前的对话暂时没有取到，您可以接着问。刷新页面再取一次。",
  sendingFile: "正在发文件",
  fileTooLarge: "这个文件超过 10 MB，发不了。请换一张小一点的照片。",
  count: (length) => `${length} / 2,000 字`,
  over: "，超过了，请分成几句发",
  overAloud: "超过 2,000 字了，请分成几句发",
  owner: {
    bot: "现在是云就在回答。",
    queue: "正在排队等工作人员。有什么情况可以先写出来，工作人员接进来就能看到。",
    agent: "工作人员接进来了，您直接说就行。",
  },
  leaveQueue: "不等了，接着问云就",
  wait: (seconds) => (seconds < 100 ? `等 ${seconds} 秒` : `等 ${Math.ceil(seconds / 60)} 分钟`),
  waitSome: "过一会儿",
  wrong: {
    network: () => "网络不通，这句话可能没有发出去。请看看网络，再点“重发”，不会重复办理。",
    too_long: () => "这句话太长，没有发出去，最多 2,000 字。请点“改一改”，分成几句发。",
    rejected: () => "这句话系统认不出来，没有发出去。请点“改一改”，换个说法。",
    too_many: (wait) => `发得太快了，这句话还没有发出去。请${wait}，再点“重发”。`,
    server: () => "系统出了点问题，这句话没有办成。您写的话还在，请过一会儿点“重发”。",
  },
  wrongFile: {
    network: () => "网络不通，文件可能没有发出去。请看看网络，再点“重发”，不会重复收。",
    too_long: () => "这个文件太大，没有发出去。请换一张小一点的照片。",
    rejected: () => "这个文件打不开，请发照片（JPG、PNG）或 PDF。",
    too_many: (wait) => `发得太快了，文件还没有发出去。请${wait}，再点“重发”。`,
    server: () => "系统出了点问题，文件没有发成。请过一会儿点“重发”。",
  },
};

const EN = {
  lang: "en",
  name: "Yunjiu",
  line: "Answers are in Chinese, out of notice 云人社发〔2022〕57号 alone",
  greeting:
    "Hello, this is Yunjiu: policies on work, training, starting a business and subsidies in Yunnan. " +
    "Please ask in Chinese; the answers are in Chinese too. You may start with one of these:",
  placed: (county) => `This page belongs to ${county}, so that is taken for where you are; an application lets you check it.`,
  privacy: "To ask about a policy, write no ID or bank card numbers. An application asks for each thing by itself.",
  urgent: "If it is urgent, call the labour hotline ",
  welcome: "Welcome",
  examples: "Questions to start with",
  myData: "My data",
  plan: "My plan",
  large: "Larger",
  conversation: "Conversation",
  box: "Write your question",
  send: "Send",
  attach: "Send a photo or a PDF",
  speak: "Speak",
  speaking:
    "Please speak Chinese. The words go into the box: read them, then press Send. " +
    "Your browser does the listening; say no ID numbers.",
  notHeard: "That was not heard. Please say it again, or type.",
  notAllowed: "The browser does not allow the microphone. Please type.",
  said: { person: "You: ", assistant: "Yunjiu: ", agent: "Staff: " },
  agent: "Staff",
  validity: "State of the policy: ",
  validities: { in_force: "In force", staged: "For a time", expired: "Ended" },
  source: (source) => `Source: ${source}`,
  clause: (clause) => `Text, ${clause} · `,
  wholeText: "Text · ",
  sources: "Sources",
  reference: "Case number",
  choices: "Choices",
  print: "Print",
  step: (at, of) => `Step ${at} of ${of}`,
  answering: "Answering",
  isAnswering: "Yunjiu is answering",
  waiting: "Goes out after the answer before it",
  received: "Received",
  pressed: "(button)",
  resend: "Send again",
  edit: "Edit",
  reload: "Reload",
  unsent: "This may not have been sent yet.",
  noHistory: "What was said before could not be fetched. You can go on, or reload the page.",
  sendingFile: "Sending the file",
  fileTooLarge: "This file is larger than 10 MB. Please send a smaller photo.",
  count: (length) => `${length} / 2,000`,
  over: ", too long: please send it in parts",
  overAloud: "Longer than 2,000 characters: please send it in parts",
  owner: {
    bot: "Yunjiu is answering now.",
    queue: "You are waiting for the staff. You can write what it is about; they will see it.",
    agent: "Somebody of the staff is here. Please write to them.",
  },
  leaveQueue: "Do not wait, ask Yunjiu",
  wait: (seconds) => (seconds < 100 ? `in ${seconds} seconds` : `in ${Math.ceil(seconds / 60)} minutes`),
  waitSome: "in a while",
  wrong: {
    network: () => "No network: this may not have been sent. Press “Send again” later; nothing is done twice.",
    too_long: () => "Too long, not sent: 2,000 characters at most. Please press “Edit” and send it in parts.",
    rejected: () => "Not understood by the system, not sent. Please press “Edit” and put it another way.",
    too_many: (wait) => `Too fast, not sent yet. Please press “Send again” ${wait}.`,
    server: () => "Something went wrong. Your words are still here: please press “Send again” in a while.",
  },
  wrongFile: {
    network: () => "No network: the file may not have been sent. Press “Send again” later; it is not taken twice.",
    too_long: () => "The file is too large, not sent. Please send a smaller photo.",
    rejected: () => "The file cannot be opened. Please send a photo (JPG, PNG) or a PDF.",
    too_many: (wait) => `Too fast, the file is not sent yet. Please press “Send again” ${wait}.`,
    server: () => "Something went wrong, the file was not taken. Please press “Send again” in a while.",
  },
};

/** language: "en" for English; Chinese for anything else. */
export function wordsIn(language) {
  return language === "en" ? EN : ZH;
}

function sentence(sentences, words, error) {
  const wait = error.retryAfter ? words.wait(error.retryAfter) : words.waitSome;
  return (sentences[error.code] || sentences.server)(wait);
}

/** What a person reads about a failed turn. */
export function explain(words, error) {
  return sentence(words.wrong, words, error);
}

/** The same about a file. */
export function explainFile(words, error) {
  return sentence(words.wrongFile, words, error);
}
