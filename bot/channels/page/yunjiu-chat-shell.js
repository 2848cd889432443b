// The whole of <yunjiu-chat> before anything is said.

import { button, choices, el } from "./yunjiu-chat-render.js";

const EXAMPLES = ["失业登记怎么办？", "参加培训有补贴吗？", "创业担保贷款怎么申请？", "年纪大不好找工作，有什么帮扶？"];
const FILE_TYPES = "image/jpeg,image/png,image/webp,image/heic,application/pdf";

function welcome(words, greeting, onPress) {
  const text = el("p", { class: "text greeting" }, greeting);
  const placed = el("p", { class: "caution placed", hidden: "" });
  const call = el("a", { href: "tel:12333" }, "12333");
  const examples = EXAMPLES.map((each) => ({ title: each, payload: each }));
  const opening = el(
    "section",
    { class: "welcome", "aria-label": words.welcome },
    text,
    choices(examples, onPress, words.examples),
    placed,
    el("p", { class: "caution" }, words.privacy),
    el("p", { class: "caution call" }, words.urgent, call),
  );
  return { opening, greeting: text, placed };
}

function composer(words) {
  const label = el("label", { for: "box", class: "heard-only" }, words.box);
  const box = el("textarea", {
    id: "box",
    rows: "1",
    placeholder: words.box,
    enterkeyhint: "send",
    autocomplete: "off",
    "aria-describedby": "counter",
  });
  const counter = el("p", { id: "counter", class: "counter", hidden: "" });
  const spoken = el("p", { class: "spoken", role: "status", hidden: "" });
  const send = el("button", { type: "submit", class: "send" }, words.send);
  const file = el("input", { type: "file", accept: FILE_TYPES, hidden: "" });
  const attach = el("button", { type: "button", class: "tool attach", "aria-label": words.attach }, "＋");
  const speak = el("button", { type: "button", class: "tool speak", "aria-label": words.speak, hidden: "" });
  speak.setAttribute("aria-pressed", "false");
  speak.append(microphone());
  const row = el("div", { class: "row" }, label, attach, speak, box, send, file);
  const form = el("form", { class: "composer", novalidate: "" }, counter, spoken, row);
  return { form, box, counter, spoken, file, attach, speak };
}

/** Drawn here, so that no page has to allow an image. */
function microphone() {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute(
    "d",
    "M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zm5-3a5 5 0 0 1-10 0H5a7 7 0 0 0 6 6.9V22h2v-3.1a7 7 0 0 0 6-6.9z",
  );
  svg.append(path);
  return svg;
}

function head(words, embedded, onLarge) {
  const large = button(words.large, "large-type", onLarge);
  const title = el(embedded ? "h2" : "h1", { class: "name" }, words.name);
  const line = el("p", { class: "line" }, words.line);
  const myData = el("a", { download: "" }, words.myData);
  const plan = el("a", { target: "_blank", rel: "noopener" }, words.plan);
  if (embedded) Object.assign(myData, { target: "_blank", rel: "noopener" });
  const links = el("div", { class: "links", hidden: "" }, plan, myData);
  const tools = el("div", { class: "tools" }, large, el("slot", { name: "tools" }));
  return { top: el("div", { class: "head" }, title, links, tools, line), large, links, myData, plan };
}

/** Whose the conversation is, where it is not the bot's. */
function ownerLine(words, onLeave) {
  const text = el("p", {});
  const leave = button(words.leaveQueue, "choice", onLeave);
  return { owner: el("div", { class: "owner", hidden: "" }, text, leave), ownerText: text, leave };
}

/** Its parts, by name; on is {press, large, leave}. */
export function shell(words, greeting, embedded, on) {
  const { top, ...ofHead } = head(words, embedded, on.large);
  const parts = Object.assign(composer(words), ownerLine(words, on.leave));
  const { opening, greeting: greetingText, placed } = welcome(words, greeting, on.press);
  const turns = el("div", { class: "turns" });
  const log = el("div", { class: "log", role: "log", "aria-live": "off", "aria-label": words.conversation });
  log.setAttribute("tabindex", "0");
  log.append(opening, turns);
  const status = el("p", { class: "heard-only", role: "status" });
  const root = el("div", { class: "chat", lang: words.lang, hidden: "" }, top, log, status, parts.owner, parts.form);
  return Object.assign(parts, { root, log, turns, status, ...ofHead, placed, greeting: greetingText });
}
