// From data to elements. Text of the server or of a person only ever becomes a text node. `words` is what
// stands on the interface (yunjiu-chat-words.js).

const MARKS = { in_force: "✓", staged: "!", expired: "×" };
const CHINESE = { lang: "zh-CN" };

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

export function heardOnly(words) {
  return el("span", { class: "heard-only" }, words);
}

export function button(words, className, onPress) {
  return el("button", { type: "button", class: className, click: onPress }, words);
}

function badge(words, validity) {
  if (!Object.prototype.hasOwnProperty.call(MARKS, validity)) return null;
  return el(
    "p",
    { class: `badge ${validity}` },
    heardOnly(words.validity),
    el("span", { "aria-hidden": "true", class: "mark" }, MARKS[validity]),
    el("span", {}, words.validities[validity]),
  );
}

/** Clause 0 is the notice as a whole (its head, date and issuers). The number breaks as one, if at all. */
function citationTitle(words, { notice, source, clause }) {
  if (!notice) return el("span", {}, words.source(source));
  const where = clause && clause !== "0" ? words.clause(clause) : words.wholeText;
  return el("span", {}, where, el("span", { class: "number" }, notice));
}

function citation(words, cited) {
  lastId += 1;
  const quote = el("blockquote", { id: `quote-${lastId}`, hidden: "", ...CHINESE }, String(cited.quote));
  const toggle = button(citationTitle(words, cited), "citation", () => {
    quote.hidden = !quote.hidden;
    toggle.setAttribute("aria-expanded", String(!quote.hidden));
  });
  toggle.setAttribute("aria-expanded", "false");
  toggle.setAttribute("aria-controls", quote.id);
  return el("li", {}, toggle, quote);
}

function citations(words, list) {
  const drawers = list.map((cited) => citation(words, cited));
  return list.length > 0 && el("ul", { class: "citations", "aria-label": words.sources }, ...drawers);
}

/** Twelve digits are read, and read out, in fours. */
function reference(words, number) {
  if (!number) return null;
  const shown = number.replace(/^(\d{4})(\d{4})(\d{4})$/, "$1 $2 $3");
  return el("p", { class: "reference" }, el("span", {}, words.reference), el("strong", {}, shown));
}

/** A line "· label：value" of a review; a line of another kind belongs to the value before it. */
const ANSWER = /^· ([^：]+)：(.*)$/;

function reviewed(text) {
  const list = el("dl", { class: "answers", ...CHINESE });
  const opening = [];
  for (const line of text.split("\n")) {
    const [, label, value] = ANSWER.exec(line) || [];
    if (label) list.append(el("div", {}, el("dt", {}, label), el("dd", {}, value)));
    else if (list.lastChild) list.lastChild.lastChild.append(`\n${line}`);
    else opening.push(line);
  }
  return [el("p", { class: "text", ...CHINESE }, opening.join("\n")), list.firstChild && list];
}

/** "第 2 步，共 7 步" in a guide, "第 2 项，共 7 项" in an application: also as a bar. */
const STEP = /第 ?(\d+) ?[步项][，,/] ?共 ?(\d+) ?[步项]/;
const WITH_STEPS = ["guide_step", "filing_question", "eligibility_question"];

function progress(words, { kind, text }) {
  const [, at, of] = (WITH_STEPS.includes(kind) && STEP.exec(text.split("\n", 1)[0])) || [];
  if (!of || Number(at) > Number(of)) return null;
  return el("progress", { class: "progress", value: at, max: of, "aria-label": words.step(at, of) });
}

function body(words, message) {
  const text = message.text || "";
  if (message.kind === "filing_review") return reviewed(text);
  return [progress(words, { kind: message.kind, text }), el("p", { class: "text", ...CHINESE }, text)];
}

/** Pressing one calls onPress({title, payload}, event). */
export function choices(list, onPress, label) {
  if (!list.length) return null;
  const buttons = list.map((choice) => button(choice.title, "choice", (event) => onPress(choice, event)));
  return el("div", { class: "choices", role: "group", "aria-label": label, ...CHINESE }, ...buttons);
}

/** One message of the contract. author: assistant | agent; on is {press, print(node): prints a receipt}. */
export function spokenMessage(words, message, author, on) {
  const print = message.kind === "filing_receipt" && button(words.print, "choice print", () => on.print(node));
  const node = el(
    "div",
    { class: `message ${author}`, "data-kind": message.kind || "" },
    heardOnly(words.said[author]),
    author === "agent" && el("p", { class: "author", "aria-hidden": "true" }, words.agent),
    badge(words, message.validity),
    ...body(words, message),
    reference(words, message.reference),
    citations(words, message.citations || []),
    choices(message.buttons || [], on.press, words.choices),
    print,
  );
  return node;
}

function personMessage(words, text) {
  return el("div", { class: "message person" }, heardOnly(words.said.person), el("p", { class: "text" }, text));
}

/** What a person says and what comes of it; `shown` is empty where somebody else speaks first. */
export function turn(words, shown) {
  return el("div", { class: "turn", tabindex: "-1" }, shown && personMessage(words, shown));
}

/** For the eyes; a screen reader is told through the status line. */
export function typing(words) {
  const dots = [1, 2, 3].map(() => el("span", { class: "dot" }));
  const answering = el("span", { class: "typing-words" }, words.answering);
  return el("div", { class: "note typing", "aria-hidden": "true" }, answering, ...dots);
}

export function note(words) {
  return el("p", { class: "note" }, words);
}

/** actions: [[words, onPress], …] */
export function trouble(sentence, actions) {
  const buttons = actions.map(([words, onPress]) => button(words, "choice", onPress));
  const row = buttons.length > 0 && el("div", { class: "actions" }, ...buttons);
  return el("div", { class: "note trouble" }, el("p", {}, sentence), row);
}
