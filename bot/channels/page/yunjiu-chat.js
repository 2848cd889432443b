// <yunjiu-chat>: a conversation with Yunjiu. Attributes: `api` (address of the server, empty for the page's
// own), `greeting`, `language` (zh or en), `county` (code or name), `colour`, `news-every` (seconds between two
// looks where events do not come) and `embedded` (stands in a page of others). What stands in the slot `tools`
// comes into its head. Events: yunjiu-message {from, text, messages, message_id} — embedded without words:
// {from, kinds, message_id} — and yunjiu-error {code, status, retry_after, message_id}.

import { Api, ApiError } from "./yunjiu-chat-api.js";
import { dress } from "./yunjiu-chat-colour.js";
import { Composer } from "./yunjiu-chat-composer.js";
import { Follower } from "./yunjiu-chat-follow.js";
import { History } from "./yunjiu-chat-history.js";
import { Memory, Outbox, newId } from "./yunjiu-chat-outbox.js";
import { markPrinted } from "./yunjiu-chat-print.js";
import * as render from "./yunjiu-chat-render.js";
import { shell } from "./yunjiu-chat-shell.js";
import { Talk } from "./yunjiu-chat-talk.js";
import { explain, explainFile, wordsIn } from "./yunjiu-chat-words.js";

const DOUBLE_PRESS_MS = 600;
const NEWS_EVERY_SECONDS = 20;
const LARGEST_FILE = 10 * 1024 * 1024;
const STYLE = new URL("yunjiu-chat.css", import.meta.url).href;

/** Resolves when the style sheet is there, or is not to be had. */
function styleSheet(root) {
  return new Promise((resolve) => {
    const link = { rel: "stylesheet", href: STYLE, crossorigin: "anonymous", load: resolve, error: resolve };
    root.append(render.el("link", link));
  });
}

export class YunjiuChat extends HTMLElement {
  static get observedAttributes() {
    return ["greeting", "news-every", "colour"];
  }

  connectedCallback() {
    if (!this.parts) this.build();
    window.addEventListener("online", this.onOnline);
    window.addEventListener("afterprint", this.onPrinted);
    window.addEventListener("storage", this.onStored);
    this.started.then(() => this.isConnected && this.follow());
  }

  disconnectedCallback() {
    window.removeEventListener("online", this.onOnline);
    window.removeEventListener("afterprint", this.onPrinted);
    window.removeEventListener("storage", this.onStored);
    this.follower.stop();
  }

  attributeChangedCallback(name) {
    if (!this.parts) return;
    if (name === "greeting") this.parts.greeting.textContent = this.greeting;
    else if (name === "colour") dress(this.parts.root, this.getAttribute("colour"));
    else if (this.isConnected) this.follow();
  }

  get greeting() {
    return this.getAttribute("greeting") || this.words.greeting;
  }

  get embedded() {
    return this.hasAttribute("embedded");
  }

  build() {
    const base = this.getAttribute("api") || "";
    this.api = new Api(base);
    this.words = wordsIn(this.getAttribute("language"));
    this.kept = new Memory(() => window.localStorage);
    this.tab = new Memory(() => window.sessionStorage);
    const key = (name) => `yunjiu.${name}:${base}`;
    this.keys = { conversation: key("conversation"), outbox: key("outbox"), draft: key("draft") };
    this.history = new History();
    /** Where the answer to a message belongs, by its id, for as long as it is awaited. */
    this.turnOf = new Map();
    /** Messages under way, by id; with the answer, if that came by another way before the response. */
    this.underWay = new Map();
    this.pressed = { payload: null, at: 0 };
    this.outbox = new Outbox(this.tab, this.keys.outbox, (item) => this.deliver(item), {
      changed: (item) => this.showState(item),
      answered: (item, messages) => this.showAnswer(item.id, messages),
      failed: (item, error) => this.showFailure(item, error),
    });
    this.draw();
    this.listen();
    this.started = this.start();
  }

  draw() {
    const press = (choice, event) => this.press(choice, event);
    this.parts = shell(this.words, this.greeting, this.embedded, {
      press,
      large: () => this.setLarge(!this.parts.root.classList.contains("large")),
      leave: (event) => this.press({ title: this.words.leaveQueue, payload: "/leave_queue" }, event),
    });
    const print = (receipt) => this.talk.print(receipt, this.embedded && STYLE);
    this.talk = new Talk(this.parts, this.words, { press, print });
    const { tab, keys } = this;
    const draft = {
      get: () => tab.get(keys.draft),
      set: (text) => tab.set(keys.draft, text),
      remove: () => tab.remove(keys.draft),
    };
    this.composer = new Composer(this.parts, this.words, draft, (text) => this.say(text, text));
    this.setLarge(this.kept.get("yunjiu.large") === "1");
    dress(this.parts.root, this.getAttribute("colour"));
    this.showMyData();
  }

  listen() {
    const { attach, file } = this.parts;
    attach.addEventListener("click", () => file.click());
    file.addEventListener("change", () => this.onFile());
    if (window.ResizeObserver) this.talk.keepEnd(this);
    this.onOnline = () => this.resumeAfterOutage();
    this.onPrinted = () => markPrinted(this.parts.root, null);
    this.onStored = ({ key }) => key === this.keys.conversation && this.joined();
    this.owner = "bot";
    this.follower = new Follower({
      url: () => this.known && this.api.events(this.known, this.history.sequence),
      turn: (turn) => this.take(turn),
      owner: (owner) => this.setOwner(owner),
      ask: () => this.askForNews(),
      waits: () => this.owner !== "bot",
    });
  }

  // ---- what was said before

  async start() {
    const root = this.attachShadow({ mode: "open" });
    const styled = styleSheet(root);
    root.append(this.parts.root);
    await styled;
    this.parts.root.hidden = false;
    this.talk.fit(this.clientWidth, this.clientHeight);
    this.composer.fit();
    await this.recall();
  }

  /** The history is drawn while the log is not live yet, so that a screen reader does not read all of it out. */
  async recall() {
    (await this.remembered()).forEach((turn) => this.take(turn, false));
    this.drawUnsent();
    if (this.parts.turns.firstChild) this.talk.scrollToEnd();
    await new Promise((resolve) => requestAnimationFrame(resolve));
    this.parts.log.setAttribute("aria-live", "polite");
  }

  async remembered() {
    if (!this.known) return [];
    try {
      return await this.api.history(this.known);
    } catch (error) {
      if (error.code === "not_found") this.setConversation(null);
      else this.reportNoHistory(error);
      return [];
    }
  }

  reportNoHistory(error) {
    const actions = [[this.words.reload, () => window.location.reload()]];
    this.noHistory = render.trouble(this.words.noHistory, actions);
    this.parts.turns.append(this.noHistory);
    this.announceError(error, null);
  }

  /** What the server already has is asked for again, under the same id; the rest waits for a press. */
  drawUnsent() {
    const items = this.outbox.items.slice();
    const held = items.find((item) => this.turnOf.has(item.id));
    for (const item of items.filter((other) => !this.turnOf.has(other.id))) {
      this.expect(item.id, item.shown);
      this.offerAgain(item, this.words.unsent);
    }
    // Not awaited: delivering waits for the start, of which this is a part.
    if (held) this.outbox.resume(held);
  }

  // ---- what the log of the server says

  /** A turn of the log, from the history or as it happens (then it is shown and told); seen before, nothing. */
  take(turn, live = true) {
    if (!this.history.isNew(turn)) return;
    if (turn.sequence === 1 && this.noHistory) this.noHistory.remove();
    if (turn.from === "person") this.takeWords(turn);
    else this.takeReply(turn, live);
  }

  /** In this tab's own turns the message is known already; in another's it is new. */
  takeWords({ text, message_id: id }) {
    if (!this.history.isUnsaid(id)) return;
    if (id) this.expect(id, this.talk.wordsOf(text));
    else this.talk.addTurn(this.talk.wordsOf(text));
  }

  takeReply(turn, live) {
    const id = this.history.answers(turn);
    const messages = turn.messages || [{ text: turn.text }];
    if (id && this.history.answered.has(id)) return;
    if (this.underWay.has(id)) {
      this.underWay.set(id, messages);
      return;
    }
    const item = this.outbox.find(id);
    if (item) this.outbox.drop(item);
    if (this.turnOf.has(id)) this.showAnswer(id, messages, live);
    else this.showUnasked(messages, turn.from, live);
    if (item) this.outbox.pump();
  }

  // ---- saying something

  /** The second press of a double one may hit another button, where the page has scrolled meanwhile. */
  press({ title, payload }, event) {
    const now = Date.now();
    const same = this.pressed.payload === payload && now - this.pressed.at < DOUBLE_PRESS_MS;
    this.pressed = { payload, at: now };
    if (!same && event.detail < 2) this.say(payload, title);
  }

  say(text, shown) {
    const item = this.outbox.add(text, shown);
    this.expect(item.id, shown);
    this.showState(item);
    this.talk.scrollToEnd();
    this.tellMessage("person", shown, [], item.id);
    this.outbox.pump();
  }

  /** Draws what was said under that id, under which the answer will stand. */
  expect(id, shown) {
    this.history.said.add(id);
    this.turnOf.set(id, this.talk.addTurn(shown));
  }

  async deliver(item) {
    await this.started;
    return this.answerTo(item.id, async () => this.api.send(await this.conversation(), item.text, item.id));
  }

  /** An answer that came as an event is as good as the response that was lost. */
  async answerTo(id, ask) {
    this.underWay.set(id, null);
    try {
      return await ask();
    } catch (error) {
      const came = this.underWay.get(id);
      if (came) return came;
      throw error;
    } finally {
      this.underWay.delete(id);
    }
  }

  /** The conversation's id, once there is one. */
  get known() {
    return this.kept.get(this.keys.conversation);
  }

  /** Another tab may have opened one meanwhile: then that is it. */
  async conversation() {
    if (this.known) return this.known;
    const { conversation, county } = await this.api.open(this.getAttribute("county"));
    if (this.known) return this.known;
    this.setConversation(conversation);
    this.showPlace(county);
    this.follower.connect();
    return conversation;
  }

  setConversation(conversation) {
    if (conversation) this.kept.set(this.keys.conversation, conversation);
    else this.kept.remove(this.keys.conversation);
    this.showMyData();
  }

  /** Another tab has opened the conversation. */
  joined() {
    this.showMyData();
    this.follower.connect();
  }

  showPlace(county) {
    this.parts.placed.textContent = county && this.words.placed(county);
    this.parts.placed.hidden = !county;
  }

  showMyData() {
    const { links, myData, plan } = this.parts;
    links.hidden = !this.known;
    if (!this.known) return;
    myData.href = this.api.myData(this.known);
    plan.href = this.api.plan(this.known);
  }

  // ---- what nobody asked for

  follow() {
    const seconds = Number(this.getAttribute("news-every"));
    this.follower.start(seconds > 0 ? seconds : NEWS_EVERY_SECONDS);
  }

  /** Where events do not get through. Not in the middle of a turn. */
  async askForNews() {
    await this.started;
    if (!this.known || document.hidden || this.outbox.items.length) return;
    try {
      await this.api.news(this.known);
      (await this.api.history(this.known)).forEach((turn) => this.take(turn));
    } catch {
      // Asked again in a while; they also come with the next answer.
    }
  }

  setOwner(owner) {
    if (owner === this.owner || !this.words.owner[owner]) return;
    this.owner = owner;
    this.talk.setOwner(owner);
    this.parts.status.textContent = this.words.owner[owner];
    this.tell("yunjiu-owner", { owner });
  }

  showUnasked(messages, author, live) {
    const place = this.talk.addTurn("");
    this.talk.addMessages(place, messages, author === "agent" ? "agent" : "assistant");
    if (live) this.reveal(place, messages, author, null);
  }

  // ---- sending a file

  onFile() {
    const [chosen] = this.parts.file.files;
    this.parts.file.value = "";
    if (!chosen) return;
    const id = newId();
    this.expect(id, `〔${chosen.name}〕`);
    if (chosen.size <= LARGEST_FILE) this.sendFile(chosen, id);
    else this.talk.setNote(this.turnOf.get(id), render.trouble(this.words.fileTooLarge, []));
    this.talk.scrollToEnd();
  }

  async sendFile(file, id) {
    const { status } = this.parts;
    this.talk.setNote(this.turnOf.get(id), render.typing(this.words));
    status.textContent = this.words.sendingFile;
    try {
      const ask = async () => this.api.attach(await this.conversation(), file, id);
      this.showAnswer(id, await this.answerTo(id, ask));
    } catch (error) {
      this.showFileFailure(file, id, error instanceof ApiError ? error : new ApiError("server"));
    }
    status.textContent = "";
  }

  /** A file that was refused would be refused again. */
  showFileFailure(file, id, error) {
    const place = this.turnOf.get(id);
    const again = () => {
      place.focus({ preventScroll: true });
      this.sendFile(file, id);
    };
    const actions = error.final ? [] : [[this.words.resend, again]];
    this.talk.setNote(place, render.trouble(explainFile(this.words, error), actions));
    this.talk.reveal(place);
    this.announceError(error, null);
  }

  resumeAfterOutage() {
    const next = this.outbox.next();
    if (next && next.state === "failed" && next.lost) this.outbox.resend(next);
  }

  // ---- what became of it

  showState(item) {
    const place = this.turnOf.get(item.id);
    if (item.state === "waiting") this.talk.setNote(place, render.note(this.words.waiting));
    if (item.state === "sending") this.talk.setNote(place, render.typing(this.words));
    if (item.state !== "waiting") this.parts.status.textContent = item.state === "sending" ? this.words.isAnswering : "";
  }

  showAnswer(id, messages, live = true) {
    const place = this.turnOf.get(id);
    const seen = this.talk.isSeen(place);
    this.turnOf.delete(id);
    this.history.answered.add(id);
    this.talk.setNote(place, messages.length ? null : render.note(this.words.received));
    this.talk.addMessages(place, messages);
    if (!live) return;
    this.parts.status.textContent = "";
    this.reveal(seen ? place : null, messages, "assistant", id);
  }

  reveal(place, messages, author, id) {
    if (place) this.talk.reveal(place);
    this.tellMessage(author, messages.map((message) => message.text).join("\n"), messages, id);
  }

  showFailure(item, error) {
    const known = error instanceof ApiError ? error : new ApiError("server");
    item.lost = known.code === "network";
    this.offerAgain(item, explain(this.words, known));
    this.announceError(known, item.id);
  }

  offerAgain(item, sentence) {
    const place = this.turnOf.get(item.id);
    const seen = this.talk.isSeen(place);
    const actions = [
      [this.words.resend, () => this.resend(item)],
      [this.words.edit, () => this.edit(item)],
    ];
    this.talk.setNote(place, render.trouble(sentence, actions));
    if (seen) this.talk.reveal(place);
  }

  /** The order on the page is the order in which the server hears. */
  resend(item) {
    const place = this.turnOf.get(item.id);
    if (item.state === "refused") this.parts.turns.append(place);
    place.focus({ preventScroll: true });
    this.outbox.resend(item);
    this.talk.reveal(place);
  }

  edit(item) {
    this.outbox.drop(item);
    this.turnOf.get(item.id).remove();
    this.turnOf.delete(item.id);
    this.composer.prepend(item.text.startsWith("/") ? "" : item.text);
    this.outbox.pump();
  }

  announceError({ code, status, retryAfter }, messageId) {
    this.tell("yunjiu-error", { code, status, retry_after: retryAfter, message_id: messageId });
  }

  /** A page of others learns that something was said, not what. */
  tellMessage(from, text, messages, messageId) {
    const kinds = messages.map((message) => message.kind);
    const what = this.embedded ? { kinds } : { text, messages };
    this.tell("yunjiu-message", { from, ...what, message_id: messageId });
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  setLarge(on) {
    this.parts.root.classList.toggle("large", on);
    this.parts.large.setAttribute("aria-pressed", String(on));
    this.kept.set("yunjiu.large", on ? "1" : "0");
    this.composer.fit();
  }

  focus() {
    this.parts.box.focus();
  }
}

if (!customElements.get("yunjiu-chat")) customElements.define("yunjiu-chat", YunjiuChat);
