// <yunjiu-chat>: a conversation with Yunjiu. Attributes: `api` (address of the server, empty for the page's
// own), `greeting`, `language` (zh or en), `county` (code or name), `colour`, `news-every` (seconds between two
// looks where events do not come) and `embedded` (stands in a page of others). What stands in the slot `tools`
// comes into its head. Events: yunjiu-message {from, text, messages, message_id} — embedded without words:
// {from, kinds, message_id} — and yunjiu-error {code, status, retry_after, message_id}.

import { Api } from "./yunjiu-chat-api.js";
import { dress } from "./yunjiu-chat-colour.js";
import { Composer } from "./yunjiu-chat-composer.js";
import { Dialogue } from "./yunjiu-chat-dialogue.js";
import { Files } from "./yunjiu-chat-files.js";
import { Follower } from "./yunjiu-chat-follow.js";
import { Memory } from "./yunjiu-chat-outbox.js";
import { markPrinted } from "./yunjiu-chat-print.js";
import { el } from "./yunjiu-chat-render.js";
import { shell } from "./yunjiu-chat-shell.js";
import { Talk } from "./yunjiu-chat-talk.js";
import { wordsIn } from "./yunjiu-chat-words.js";

const DOUBLE_PRESS_MS = 600;
const NEWS_EVERY_SECONDS = 20;
const STYLE = new URL("yunjiu-chat.css", import.meta.url).href;

/** Resolves when the style sheet is there, or is not to be had. */
function styleSheet(root) {
  return new Promise((resolve) => {
    const link = { rel: "stylesheet", href: STYLE, crossorigin: "anonymous", load: resolve, error: resolve };
    root.append(el("link", link));
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
    this.pressed = { payload: null, at: 0 };
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
    this.composer = new Composer(this.parts, this.words, draft, (text) => this.dialogue.say(text, text));
    this.dialogue = new Dialogue(this.talk, tab, keys.outbox, {
      ready: () => this.started,
      send: async (item) => this.api.send(await this.conversation(), item.text, item.id),
      edit: (text) => this.composer.prepend(text),
      said: (...what) => this.tellMessage(...what),
      failed: (error, id) => this.tellError(error, id),
    });
    new Files(this.dialogue, {
      send: async (file, id) => this.api.attach(await this.conversation(), file, id),
      failed: (error) => this.tellError(error, null),
    });
    this.setLarge(this.kept.get("yunjiu.large") === "1");
    dress(this.parts.root, this.getAttribute("colour"));
    this.showMyData();
  }

  listen() {
    if (window.ResizeObserver) this.talk.keepEnd(this);
    this.onOnline = () => this.dialogue.resumeAfterOutage();
    this.onPrinted = () => markPrinted(this.parts.root, null);
    this.onStored = ({ key }) => key === this.keys.conversation && this.joined();
    this.owner = "bot";
    this.follower = new Follower({
      url: () => this.known && this.api.events(this.known, this.dialogue.sequence),
      turn: (turn) => this.dialogue.take(turn),
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
    (await this.remembered()).forEach((turn) => this.dialogue.take(turn, false));
    this.dialogue.drawUnsent();
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
      else {
        this.dialogue.showNoHistory();
        this.tellError(error, null);
      }
      return [];
    }
  }

  // ---- saying something

  /** The second press of a double one may hit another button, where the page has scrolled meanwhile. */
  press({ title, payload }, event) {
    const now = Date.now();
    const same = this.pressed.payload === payload && now - this.pressed.at < DOUBLE_PRESS_MS;
    this.pressed = { payload, at: now };
    if (!same && event.detail < 2) this.dialogue.say(payload, title);
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
    if (!this.known || document.hidden || this.dialogue.isUnsent) return;
    try {
      await this.api.news(this.known);
      (await this.api.history(this.known)).forEach((turn) => this.dialogue.take(turn));
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

  // ---- what the page is told

  tellError({ code, status, retryAfter }, messageId) {
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

  // ---- its looks

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
