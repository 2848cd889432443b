// A receipt on paper. On our own page all else is left out by the style for paper; on a page of others, which
// is not ours to style, the receipt is printed out of a frame of its own.

import { el } from "./yunjiu-chat-render.js";

/** With null nothing is marked, and all is printed. */
export function markPrinted(root, receipt) {
  for (const node of root.querySelectorAll(".printed")) node.classList.remove("printed");
  root.classList.toggle("print-one", Boolean(receipt));
  for (let node = receipt; node && node !== root; node = node.parentNode) node.classList.add("printed");
}

/** href: of the style sheet. The frame goes when it is printed, or when the next one is. */
export function printInFrame(root, receipt, href) {
  for (const old of root.querySelectorAll("iframe")) old.remove();
  const frame = el("iframe", { class: "heard-only", "aria-hidden": "true", tabindex: "-1" });
  frame.addEventListener("load", () => fill(frame, receipt, href), { once: true });
  root.append(frame);
}

function fill(frame, receipt, href) {
  const { contentDocument: paper, contentWindow: view } = frame;
  const sheet = el("link", { rel: "stylesheet", href, crossorigin: "anonymous" });
  const print = () => {
    view.focus();
    view.print();
  };
  sheet.addEventListener("load", print);
  sheet.addEventListener("error", print);
  view.addEventListener("afterprint", () => frame.remove());
  paper.title = "云就";
  paper.documentElement.lang = "zh-CN";
  paper.body.append(el("div", { class: "chat paper", lang: "zh-CN" }, receipt.cloneNode(true)));
  paper.head.append(sheet);
}
