// <yunjiu-chat>: a conversation with Yunjiu. Attributes: `api` (address of the server, empty for the page's
// own), `greeting` and `news-every` (seconds between two askings for news). Events: yunjiu-message {from, text, messages, message_id} and yunjiu-error {code,
// status, retry_after, message_id}.

import { Api, ApiError, explain, explainFile } from "./yunjiu-chat-api.js";
import { Memory, Outbox } from "./yunjiu-chat-outbox.js";
import * as render from "./yunjiu-chat-render.js";

const LONGEST = 2000;
const COUNT_FROM = 1800;
const DOUBLE_PRESS_MS = 600;
const NEWS_EVERY_SECONDS = 20;
const LARGEST_FILE = 10 * 1024 * 1024;

const GREETING = "您好，我是云就。找工作、参加培训、自己创业、领补贴，有什么政策想问，写在下面就行，也可以点一个问题：";
const EXAMPLES = ["失业登记怎么办？", "参加培训有补贴吗？", "创业担保贷款怎么申请？", "年纪大不好找工作，有什么帮扶？"];

/** In characters, as the server counts them. */
function lengthOf(text) {
  return Array.from(text).length;
}

/** Resolves when the style sheet is there, or is not to be had. */
function styleSheet(root) {
  const href = new URL("yunjiu-chat.css", import.meta.url).href;
  return new Promise((resolve) => {
    root.append(render.el("link", { rel: "stylesheet", href, load: resolve, error: resolve }));
  });
}

export class YunjiuChat extends HTMLElement {
  static get observedAttributes() {
    return ["greeting", "news-every"];
  }

  connectedCallback() {
    if (!this.parts) this.build();
    window.addEventListener("online", this.onOnline);
    window.addEventListener("afterprint", this.onPrinted);
    this.keepAsking();
  }

  disconnectedCallback() {
    window.removeEventListener("online", this.onOnline);
    window.removeEventListener("afterprint", this.onPrinted);
    clearInterval(this.newsTimer);
  }

  attributeChangedCallback(name) {
    if (!this.parts) return;
    if (name === "greeting") this.parts.greeting.textContent = this.greeting;
    else if (this.isConnected) this.keepAsking();
  }

  get greeting() {
    return this.getAttribute("greeting") || GREETING;
  }

  build() {
    const base = this.getAttribute("api") || "";
    this.api = new Api(base);
    this.kept = new Memory(() => window.localStorage);
    this.tab = new Memory(() => window.sessionStorage);
    const key = (name) => `yunjiu.${name}:${base}`;
    this.keys = { conversation: key("conversation"), outbox: key("outbox"), draft: key("draft") };
    this.titles = new Map();
    this.turnOf = new Map();
    this.pressed = { payload: null, at: 0 };
    this.outbox = new Outbox(this.tab, this.keys.outbox, (item) => this.deliver(item), {
      changed: (item) => this.showState(item),
      answered: (item, messages) => this.showAnswer(item, messages),
      failed: (item, error) => this.showFailure(item, error),
    });
    this.draw();
    this.showMyData();
    this.listen();
    this.started = this.start();
  }

  draw() {
    this.parts = render.shell({
      greeting: this.greeting,
      examples: EXAMPLES.map((text) => ({ title: text, payload: text })),
      onPress: (choice, event) => this.press(choice, event),
      onLarge: () => this.setLarge(!this.parts.root.classList.contains("large")),
    });
    this.setLarge(this.kept.get("yunjiu.large") === "1");
    this.setDraft(this.tab.get(this.keys.draft) || "");
  }

  listen() {
    const { form, box, log, attach, file } = this.parts;
    attach.addEventListener("click", () => file.click());
    file.addEventListener("change", () => this.onFile());
    form.addEventListener("submit", (event) => this.onSubmit(event));
    box.addEventListener("keydown", (event) => this.onKey(event));
    box.addEventListener("input", () => this.onInput());
    if (window.ResizeObserver) this.keepEnd(log);
    this.onOnline = () => this.resumeAfterOutage();
    this.onPrinted = () => this.markPrinted(null);
  }

  // ---- what was said before

  async start() {
    const root = this.attachShadow({ mode: "open" });
    const styled = styleSheet(root);
    root.append(this.parts.root);
    await styled;
    this.parts.root.hidden = false;
    this.fitBox();
    await this.recall();
  }

  /** The history is drawn while the log is not live yet, so that a screen reader does not read all of it out. */
  async recall() {
    this.drawHistory(await this.history());
    this.drawUnsent();
    if (this.parts.turns.firstChild) this.scrollToEnd();
    await new Promise((resolve) => requestAnimationFrame(resolve));
    this.parts.log.setAttribute("aria-live", "polite");
  }

  async history() {
    const conversation = this.kept.get(this.keys.conversation);
    if (!conversation) return [];
    try {
      return await this.api.history(conversation);
    } catch (error) {
      if (error.code === "not_found") this.setConversation(null);
      else this.reportNoHistory(error);
      return [];
    }
  }

  reportNoHistory(error) {
    const sentence = "以前的对话暂时没有取到，您可以接着问。刷新页面再取一次。";
    this.parts.turns.append(render.trouble(sentence, [["刷新", () => window.location.reload()]]));
    this.announceError(error, null);
  }

  drawHistory(turns) {
    const unsent = new Map(this.outbox.items.map((item) => [item.id, item]));
    let place = null;
    let item = null;
    for (const said of turns) {
      if (said.from === "person") {
        place = this.addTurn(this.wordsOf(said.text));
        item = unsent.get(said.message_id);
        if (item) this.turnOf.set(item.id, place);
      } else {
        place = place || this.addTurn("");
        this.addMessages(place, said.messages || [{ text: said.text }]);
        if (item) this.outbox.drop(item);
      }
    }
  }

  /** A payload is no words of the person's; what stood on the button is. */
  wordsOf(text) {
    return text.startsWith("/") ? this.titles.get(text) || "（按钮）" : text;
  }

  /** What the server already has is asked for again, under the same id; the rest waits for a press. */
  drawUnsent() {
    const items = this.outbox.items.slice();
    const held = items.find((item) => this.turnOf.has(item.id));
    for (const item of items.filter((other) => !this.turnOf.has(other.id))) {
      this.turnOf.set(item.id, this.addTurn(item.shown));
      this.offerAgain(item, "这句话可能还没有发出去。");
    }
    // Not awaited: delivering waits for the start, of which this is a part.
    if (held) this.outbox.resume(held);
  }

  // ---- saying something

  onSubmit(event) {
    event.preventDefault();
    const text = this.parts.box.value.trim();
    if (!text || lengthOf(text) > LONGEST) {
      this.parts.box.focus();
      this.count();
      return;
    }
    this.setDraft("");
    this.say(text, text);
  }

  /** Enter sends, but not the Enter that ends an input method's composition (229: how Safari says so). */
  onKey(event) {
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    this.onSubmit(event);
  }

  /** The second press of a double one may hit another button, where the page has scrolled meanwhile. */
  press({ title, payload }, event) {
    const now = Date.now();
    const same = this.pressed.payload === payload && now - this.pressed.at < DOUBLE_PRESS_MS;
    this.pressed = { payload, at: now };
    if (!same && event.detail < 2) this.say(payload, title);
  }

  say(text, shown) {
    const item = this.outbox.add(text, shown);
    this.turnOf.set(item.id, this.addTurn(shown));
    this.showState(item);
    this.scrollToEnd();
    this.tell("yunjiu-message", { from: "person", text: shown, messages: [], message_id: item.id });
    this.outbox.pump();
  }

  async deliver(item) {
    await this.started;
    return this.api.send(await this.conversation(), item.text, item.id);
  }

  async conversation() {
    const known = this.kept.get(this.keys.conversation);
    if (known) return known;
    const conversation = await this.api.open();
    this.setConversation(conversation);
    return conversation;
  }

  setConversation(conversation) {
    if (conversation) this.kept.set(this.keys.conversation, conversation);
    else this.kept.remove(this.keys.conversation);
    this.showMyData();
  }

  showMyData() {
    const { myData } = this.parts;
    const conversation = this.kept.get(this.keys.conversation);
    myData.hidden = !conversation;
    if (conversation) myData.href = this.api.myData(conversation);
  }

  // ---- what nobody asked for

  keepAsking() {
    const seconds = Number(this.getAttribute("news-every"));
    clearInterval(this.newsTimer);
    this.newsTimer = setInterval(() => this.askForNews(), 1000 * (seconds > 0 ? seconds : NEWS_EVERY_SECONDS));
  }

  /** Only while the page is looked at, and not in the middle of a turn; the history may have the same news. */
  async askForNews() {
    await this.started;
    const conversation = this.kept.get(this.keys.conversation);
    if (!conversation || document.hidden || this.outbox.items.length) return;
    try {
      const messages = await this.api.news(conversation);
      if (messages.length) this.showUnasked(messages);
    } catch {
      // Asked again in a while; they also come with the next answer.
    }
  }

  showUnasked(messages) {
    const place = this.addTurn("");
    this.addMessages(place, messages);
    this.reveal(place);
    this.tellAnswer(messages, null);
  }

  // ---- sending a file

  onFile() {
    const [chosen] = this.parts.file.files;
    this.parts.file.value = "";
    if (!chosen) return;
    const place = this.addTurn(`〔${chosen.name}〕`);
    if (chosen.size <= LARGEST_FILE) this.sendFile(chosen, place);
    else this.setNote(place, render.trouble("这个文件超过 10 MB，发不了。请换一张小一点的照片。", []));
    this.scrollToEnd();
  }

  async sendFile(file, place) {
    const { status } = this.parts;
    this.setNote(place, render.typing());
    status.textContent = "正在发文件";
    try {
      const messages = await this.api.attach(await this.conversation(), file);
      this.setNote(place, messages.length ? null : render.received());
      this.addMessages(place, messages);
      this.reveal(place);
      this.tellAnswer(messages, null);
    } catch (error) {
      this.showFileFailure(file, place, error instanceof ApiError ? error : new ApiError("server"));
    }
    status.textContent = "";
  }

  /** A file that was refused would be refused again. */
  showFileFailure(file, place, error) {
    const again = () => {
      place.focus({ preventScroll: true });
      this.sendFile(file, place);
    };
    this.setNote(place, render.trouble(explainFile(error), error.final ? [] : [["重发", again]]));
    this.reveal(place);
    this.announceError(error, null);
  }

  resumeAfterOutage() {
    const next = this.outbox.next();
    if (next && next.state === "failed" && next.lost) this.outbox.resend(next);
  }

  // ---- what became of it

  showState(item) {
    const place = this.turnOf.get(item.id);
    if (item.state === "waiting") this.setNote(place, render.waiting());
    if (item.state === "sending") this.setNote(place, render.typing());
    if (item.state !== "waiting") this.parts.status.textContent = item.state === "sending" ? "云就正在回答" : "";
  }

  showAnswer(item, messages) {
    const place = this.turnOf.get(item.id);
    this.turnOf.delete(item.id);
    const seen = this.isSeen(place);
    this.setNote(place, messages.length ? null : render.received());
    this.addMessages(place, messages);
    this.parts.status.textContent = "";
    if (seen) this.reveal(place);
    this.tellAnswer(messages, item.id);
  }

  showFailure(item, error) {
    const known = error instanceof ApiError ? error : new ApiError("server");
    item.lost = known.code === "network";
    this.offerAgain(item, explain(known));
    this.announceError(known, item.id);
  }

  offerAgain(item, sentence) {
    const place = this.turnOf.get(item.id);
    const seen = this.isSeen(place);
    const actions = [["重发", () => this.resend(item)], ["改一改", () => this.edit(item)]];
    this.setNote(place, render.trouble(sentence, actions));
    if (seen) this.reveal(place);
  }

  /** The order on the page is the order in which the server hears. */
  resend(item) {
    const place = this.turnOf.get(item.id);
    if (item.state === "refused") this.parts.turns.append(place);
    place.focus({ preventScroll: true });
    this.outbox.resend(item);
    this.reveal(place);
  }

  /** Back into the box, before what is being written there. */
  edit(item) {
    const { box } = this.parts;
    const written = box.value.trim();
    const text = item.text.startsWith("/") ? "" : item.text;
    this.outbox.drop(item);
    this.turnOf.get(item.id).remove();
    this.turnOf.delete(item.id);
    this.setDraft([text, written].filter(Boolean).join("\n"));
    box.focus();
    this.outbox.pump();
  }

  announceError(error, messageId) {
    const { code, status, retryAfter } = error;
    this.tell("yunjiu-error", { code, status, retry_after: retryAfter, message_id: messageId });
  }

  tellAnswer(messages, messageId) {
    const text = messages.map((message) => message.text).join("\n");
    this.tell("yunjiu-message", { from: "assistant", text, messages, message_id: messageId });
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  // ---- the page

  addTurn(shown) {
    const place = render.turn(shown);
    this.parts.turns.append(place);
    return place;
  }

  addMessages(place, messages) {
    const onPress = (choice, event) => this.press(choice, event);
    const onPrint = (receipt) => this.print(receipt);
    for (const message of messages) {
      for (const { title, payload } of message.buttons || []) this.titles.set(payload, title);
      place.append(render.assistantMessage(message, onPress, onPrint));
    }
  }

  print(receipt) {
    this.markPrinted(receipt);
    window.print();
  }

  /** The style for paper leaves out what is not marked; with null nothing is, and all is printed. */
  markPrinted(receipt) {
    const { root } = this.parts;
    for (const node of root.querySelectorAll(".printed")) node.classList.remove("printed");
    root.classList.toggle("print-one", Boolean(receipt));
    for (let node = receipt; node && node !== root; node = node.parentNode) node.classList.add("printed");
  }

  /** A turn has one note at most: waiting, typing or trouble. */
  setNote(place, note) {
    const old = place.querySelector(".note");
    if (old) old.remove();
    if (note) place.append(note);
  }

  setLarge(on) {
    this.parts.root.classList.toggle("large", on);
    this.parts.large.setAttribute("aria-pressed", String(on));
    this.kept.set("yunjiu.large", on ? "1" : "0");
    this.fitBox();
  }

  setDraft(text) {
    this.parts.box.value = text;
    this.onInput();
  }

  onInput() {
    const { value } = this.parts.box;
    if (value) this.tab.set(this.keys.draft, value);
    else this.tab.remove(this.keys.draft);
    this.fitBox();
    this.count();
  }

  fitBox() {
    const { box } = this.parts;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
  }

  /** Said aloud only when a limit is crossed, not at every key. */
  count() {
    const { box, counter, status } = this.parts;
    const length = lengthOf(box.value.trim());
    const over = length > LONGEST;
    const words = `${length.toLocaleString("en-US")} / 2,000 字`;
    if (over && counter.dataset.over !== "true") status.textContent = "超过 2,000 字了，请分成几句发";
    counter.hidden = length <= COUNT_FROM;
    counter.dataset.over = String(over);
    counter.textContent = over ? `${words}，超过了，请分成几句发` : words;
    box.setAttribute("aria-invalid", String(over));
  }

  /** What was at the end stays in view when a keyboard or a growing box takes room. */
  keepEnd(log) {
    let height = 0;
    const watch = new ResizeObserver(() => {
      const wasAtEnd = log.scrollHeight - log.scrollTop - height < 40;
      height = log.clientHeight;
      if (wasAtEnd) this.scrollToEnd();
    });
    watch.observe(log);
  }

  scrollToEnd() {
    this.parts.log.scrollTop = this.parts.log.scrollHeight;
  }

  isSeen(place) {
    const { log } = this.parts;
    const bottom = place.offsetTop + place.offsetHeight;
    return place.offsetTop < log.scrollTop + log.clientHeight && bottom > log.scrollTop;
  }

  /** An answer longer than the window is shown from its beginning. */
  reveal(place) {
    this.parts.log.scrollTop = place.offsetTop - 8;
  }
}

if (!customElements.get("yunjiu-chat")) customElements.define("yunjiu-chat", YunjiuChat);
