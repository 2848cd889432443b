// From data to elements. Text of the server or of a person only ever becomes a text node.

const VALIDITY = {
  in_force: { mark: "✓", words: "现行" },
  staged: { mark: "!", words: "阶段性" },
  expired: { mark: "×", words: "已到期" },
};

const FILE_TYPES = "image/jpeg,image/png,image/webp,image/heic,application/pdf";

let lastId = 0;

/** Children that are strings become text nodes; null, undefined and false are left out. */
export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child || child === 0));
  return node;
}

function heardOnly(words) {
  return el("span", { class: "heard-only" }, words);
}

function button(words, className, onPress) {
  return el("button", { type: "button", class: className, click: onPress }, words);
}

function badge(validity) {
  const known = Object.prototype.hasOwnProperty.call(VALIDITY, validity) && VALIDITY[validity];
  if (!known) return null;
  return el(
    "p",
    { class: `badge ${validity}` },
    heardOnly("政策状态："),
    el("span", { "aria-hidden": "true", class: "mark" }, known.mark),
    el("span", {}, known.words),
  );
}

/** Clause 0 is the notice as a whole (its head, date and issuers). The number breaks as one, if at all. */
function citationTitle({ notice, source, clause }) {
  if (!notice) return el("span", {}, `依据 ${source}`);
  const where = clause && clause !== "0" ? `原文 第${clause}条 · ` : "原文 · ";
  return el("span", {}, where, el("span", { class: "number" }, notice));
}

function citation(cited) {
  lastId += 1;
  const quote = el("blockquote", { id: `quote-${lastId}`, hidden: "" }, String(cited.quote));
  const toggle = button(citationTitle(cited), "citation", () => {
    quote.hidden = !quote.hidden;
    toggle.setAttribute("aria-expanded", String(!quote.hidden));
  });
  toggle.setAttribute("aria-expanded", "false");
  toggle.setAttribute("aria-controls", quote.id);
  return el("li", {}, toggle, quote);
}

function citations(list) {
  return list.length > 0 && el("ul", { class: "citations", "aria-label": "依据" }, ...list.map(citation));
}

/** Twelve digits are read, and read out, in fours. */
function reference(number) {
  if (!number) return null;
  const shown = number.replace(/^(\d{4})(\d{4})(\d{4})$/, "$1 $2 $3");
  return el("p", { class: "reference" }, el("span", {}, "受理编号"), el("strong", {}, shown));
}

/** A line "· label：value" of a review; a line of another kind belongs to the value before it. */
const ANSWER = /^· ([^：]+)：(.*)$/;

function reviewed(text) {
  const list = el("dl", { class: "answers" });
  const opening = [];
  for (const line of text.split("\n")) {
    const [, label, value] = ANSWER.exec(line) || [];
    if (label) list.append(el("div", {}, el("dt", {}, label), el("dd", {}, value)));
    else if (list.lastChild) list.lastChild.lastChild.append(`\n${line}`);
    else opening.push(line);
  }
  return [el("p", { class: "text" }, opening.join("\n")), list.firstChild && list];
}

function body(message) {
  const text = message.text || "";
  return message.kind === "filing_review" ? reviewed(text) : [el("p", { class: "text" }, text)];
}

/** Pressing one calls onPress({title, payload}, event). */
export function choices(list, onPress, label) {
  if (!list.length) return null;
  const buttons = list.map((choice) => button(choice.title, "choice", (event) => onPress(choice, event)));
  return el("div", { class: "choices", role: "group", "aria-label": label }, ...buttons);
}

/** One message of the contract. onPrint(node) prints a receipt. */
export function assistantMessage(message, onPress, onPrint) {
  const print = message.kind === "filing_receipt" && button("打印", "choice print", () => onPrint(node));
  const node = el(
    "div",
    { class: "message assistant", "data-kind": message.kind || "" },
    heardOnly("云就说："),
    badge(message.validity),
    ...body(message),
    reference(message.reference),
    citations(message.citations || []),
    choices(message.buttons || [], onPress, "可以点的选项"),
    print,
  );
  return node;
}

export function personMessage(text) {
  return el("div", { class: "message person" }, heardOnly("您说："), el("p", { class: "text" }, text));
}

/** What a person says and what comes of it; `shown` is empty where the assistant speaks first. */
export function turn(shown) {
  return el("div", { class: "turn", tabindex: "-1" }, shown && personMessage(shown));
}

/** For the eyes; a screen reader is told through the status line. */
export function typing() {
  const dots = [1, 2, 3].map(() => el("span", { class: "dot" }));
  const words = el("span", { class: "typing-words" }, "正在回答");
  return el("div", { class: "note typing", "aria-hidden": "true" }, words, ...dots);
}

export function waiting() {
  return el("p", { class: "note" }, "等上一句答完就发");
}

/** actions: [[words, onPress], …] */
export function trouble(sentence, actions) {
  const buttons = actions.map(([words, onPress]) => button(words, "choice", onPress));
  const row = buttons.length > 0 && el("div", { class: "actions" }, ...buttons);
  return el("div", { class: "note trouble" }, el("p", {}, sentence), row);
}

export function received() {
  return el("p", { class: "note" }, "已收到");
}

function welcome(greeting, examples, onPress) {
  const text = el("p", { class: "text greeting" }, greeting);
  const call = el("a", { href: "tel:12333" }, "12333");
  return el(
    "section",
    { class: "welcome", "aria-label": "欢迎" },
    text,
    choices(examples, onPress, "可以这样问"),
    el("p", { class: "caution" }, "问政策不用写身份证号、银行卡号；办申请时我会一项一项问您。"),
    el("p", { class: "caution call" }, "急事请打人社服务电话 ", call),
  );
}

function composer() {
  const label = el("label", { for: "box", class: "heard-only" }, "写下您的问题");
  const box = el("textarea", {
    id: "box",
    rows: "1",
    placeholder: "写下您的问题",
    enterkeyhint: "send",
    autocomplete: "off",
    "aria-describedby": "counter",
  });
  const counter = el("p", { id: "counter", class: "counter", hidden: "" });
  const send = el("button", { type: "submit", class: "send" }, "发送");
  const file = el("input", { type: "file", accept: FILE_TYPES, hidden: "" });
  const attach = el("button", { type: "button", class: "attach", "aria-label": "发照片或 PDF" }, "＋");
  const row = el("div", { class: "row" }, label, attach, box, send, file);
  return { form: el("form", { class: "composer", novalidate: "" }, counter, row), box, counter, file, attach };
}

function header(onLarge) {
  const large = button("大字", "large-type", onLarge);
  const title = el("h1", {}, "云就");
  const line = el("p", {}, "依据云人社发〔2022〕57号，只说文件里有的话");
  const myData = el("a", { class: "my-data", download: "", hidden: "" }, "导出我的资料");
  return { top: el("header", {}, title, myData, large, line), large, myData };
}

/** The whole, empty: {root, log, turns, status, form, box, counter, file, attach, large, myData, greeting}. */
export function shell({ greeting, examples, onPress, onLarge }) {
  const { top, large, myData } = header(onLarge);
  const parts = composer();
  const opening = welcome(greeting, examples, onPress);
  const turns = el("div", { class: "turns" });
  const log = el("div", { class: "log", role: "log", "aria-live": "off", "aria-label": "对话", tabindex: "0" });
  log.append(opening, turns);
  const status = el("p", { class: "heard-only", role: "status" });
  const root = el("div", { class: "chat", lang: "zh-CN", hidden: "" }, top, log, status, parts.form);
  const greetingText = opening.querySelector(".greeting");
  return Object.assign(parts, { root, log, turns, status, large, myData, greeting: greetingText });
}
