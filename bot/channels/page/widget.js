// Yunjiu on any page: <script src="https://…/widget.js" defer></script>. A button; what it opens is fetched when it
// is opened for the first time. docs/WIDGET.md says what the attributes, the calls and the events are.

(() => {
  const script = document.currentScript;
  if (!script || window.Yunjiu) return;

  const server = new URL(script.src).origin;
  const given = Object.assign({}, script.dataset);
  const NARROW = "(max-width: 480px), (max-height: 480px)";
  const ACCENT = "#0b5688";

  const WORDS = {
    zh: {
      lang: "zh-CN",
      open: "问云就",
      unread: "问云就（有新消息）",
      name: "云就",
      close: "关闭",
      loading: "正在打开云就……",
      failed: "云就暂时打不开。请看看网络，再试一次。急事请打 12333。",
      again: "再试一次",
    },
    en: {
      lang: "en",
      open: "Ask Yunjiu",
      unread: "Ask Yunjiu (new message)",
      name: "Yunjiu",
      close: "Close",
      loading: "Opening Yunjiu…",
      failed: "Yunjiu cannot be opened now. Please check the network and try again. If it is urgent, call 12333.",
      again: "Try again",
    },
  };
  const words = given.language === "en" ? WORDS.en : WORDS.zh;

  // Against the page's own rules: where both are !important, those of a shadow tree win.
  const STYLE = `
    :host {
      all: initial !important;
      display: block !important;
      direction: ltr !important;
      position: fixed !important;
      z-index: 2147483647 !important;
      bottom: max(16px, env(safe-area-inset-bottom)) !important;
      color-scheme: light dark !important;
    }
    :host(.right) { right: 16px !important; }
    :host(.left) { left: 16px !important; }
    [hidden] { display: none !important; }
    .launcher, .panel {
      box-sizing: border-box;
      font: 600 18px/1.4 system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
    }
    .launcher {
      display: block;
      min-width: 56px;
      min-height: 56px;
      margin: 0;
      padding: 0 22px;
      border: 2px solid #fff;
      border-radius: 28px;
      background: var(--ground);
      box-shadow: 0 2px 12px rgba(0, 0, 0, 0.35);
      color: var(--ink);
      cursor: pointer;
    }
    .launcher[data-unread]::after {
      display: inline-block;
      width: 10px;
      height: 10px;
      margin-left: 8px;
      border-radius: 50%;
      background: currentColor;
      content: "";
    }
    :focus-visible { outline: 3px solid #0b5688; outline-offset: 2px; box-shadow: 0 0 0 8px #fff; }
    .panel {
      position: fixed;
      top: auto;
      bottom: 16px;
      width: min(420px, calc(100vw - 32px));
      height: min(680px, calc(100vh - 32px));
      max-width: none;
      max-height: none;
      margin: 0;
      padding: 0;
      overflow: hidden;
      border: 1px solid #8494a1;
      border-radius: 14px;
      background: #f2f5f8;
      box-shadow: 0 6px 30px rgba(0, 0, 0, 0.35);
      color: #17222b;
      font-weight: 400;
    }
    .panel:not([open]) { display: none; }
    .panel:focus { outline: none; }
    :host(.right) .panel { right: 16px; left: auto; }
    :host(.left) .panel { right: auto; left: 16px; }
    .waiting { padding: 24px; }
    .waiting p { margin: 0 0 16px; }
    .close, .again {
      min-width: 44px;
      min-height: 44px;
      padding: 0 14px;
      border: 2px solid currentColor;
      border-radius: 8px;
      background: transparent;
      color: inherit;
      cursor: pointer;
      font: inherit;
      font-weight: 600;
    }
    .again { margin-right: 8px; }
    yunjiu-chat { display: block; height: 100%; }
    yunjiu-chat > .close { min-width: 44px; margin-left: 8px; padding: 0 10px; }
    @media ${NARROW} {
      :host(.right) .panel, :host(.left) .panel {
        inset: 0;
        width: 100vw;
        height: 100vh;
        height: 100dvh;
        border: 0;
        border-radius: 0;
      }
    }
    @media (prefers-color-scheme: dark) {
      .panel { border-color: #7f909d; background: #10171d; color: #e9eff3; }
    }
    @media print { .launcher, .panel { display: none !important; } }
  `;

  /** A style sheet made by script is no inline style to a Content-Security-Policy. */
  function dress(root) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(el("style", {}, STYLE));
    }
  }

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(name, value);
      else node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  /** White or black, whichever is read better on the colour; any of the two has a contrast of 4.5 at least. */
  function inkOn(hex) {
    const digits = hex.length === 4 ? hex.replace(/[^#]/g, "$&$&") : hex;
    const parts = [1, 3, 5].map((at) => parseInt(digits.slice(at, at + 2), 16) / 255);
    const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
  }

  const colour = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(given.colour || "") ? given.colour : ACCENT;
  const host = document.createElement("yunjiu-widget");
  host.className = given.position === "left" ? "left" : "right";
  const root = host.attachShadow({ mode: "open" });
  const launcher = el("button", { type: "button", class: "launcher", "aria-haspopup": "dialog", click: open }, words.open);
  launcher.style.setProperty("--ground", colour);
  launcher.style.setProperty("--ink", inkOn(colour));
  const panel = el("dialog", { class: "panel", "aria-label": words.name, tabindex: "-1", lang: words.lang });
  const place = el("div", { role: "region", "aria-label": words.open, lang: words.lang }, launcher);
  const narrow = window.matchMedia(NARROW);
  let chat = null;
  let cameFrom = null;

  dress(root);
  root.append(place, panel);
  panel.addEventListener("keydown", onKey);
  panel.addEventListener("cancel", onCancel);
  host.addEventListener("yunjiu-message", onMessage);
  if (narrow.addEventListener) narrow.addEventListener("change", refit);

  // ---- opening and closing

  function show() {
    // A panel that covers the page keeps the focus in itself; one beside it does not.
    if (!panel.show) panel.setAttribute("open", "");
    else if (narrow.matches) panel.showModal();
    else panel.show();
  }

  function hide() {
    if (panel.close) panel.close();
    else panel.removeAttribute("open");
  }

  function open() {
    if (isOpen()) return;
    cameFrom = document.activeElement;
    place.hidden = true;
    setUnread(false);
    show();
    focus();
    if (!chat && !panel.firstChild) load();
    tell("yunjiu-opened");
  }

  function close() {
    if (!isOpen()) return;
    hide();
    place.hidden = false;
    const back = cameFrom && cameFrom !== document.body && cameFrom !== host && cameFrom.isConnected ? cameFrom : launcher;
    back.focus();
    tell("yunjiu-closed");
  }

  function isOpen() {
    return panel.hasAttribute("open");
  }

  function toggle() {
    if (isOpen()) close();
    else open();
  }

  function focus() {
    if (chat) chat.focus();
    else panel.focus();
  }

  /** The window was turned, or made larger. */
  function refit() {
    if (!isOpen() || !panel.show) return;
    const at = root.activeElement;
    hide();
    show();
    if (at) at.focus();
  }

  function onKey(event) {
    if (event.key !== "Escape" || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  }

  /** How a phone's back gesture closes a dialog. */
  function onCancel(event) {
    event.preventDefault();
    close();
  }

  // ---- what is in the panel

  async function load() {
    panel.replaceChildren(waiting(words.loading));
    if (isOpen()) panel.focus();
    try {
      await import(new URL("/static/yunjiu-chat.js", server).href);
    } catch {
      panel.replaceChildren(waiting(words.failed, el("button", { type: "button", class: "again", click: load }, words.again)));
      if (isOpen()) panel.focus();
      return;
    }
    const attributes = { embedded: "", api: server, language: given.language === "en" ? "en" : "zh" };
    for (const name of ["colour", "county", "greeting"]) if (given[name]) attributes[name] = given[name];
    chat = el("yunjiu-chat", attributes, closer({ slot: "tools" }));
    panel.replaceChildren(chat);
    await chat.started;
    if (isOpen() && panel.contains(root.activeElement)) chat.focus();
  }

  function waiting(sentence, ...actions) {
    return el("div", { class: "waiting" }, el("p", { role: "status" }, sentence), ...actions, closer({}));
  }

  function closer(attributes) {
    return el("button", Object.assign({ type: "button", class: "close", click: close }, attributes), words.close);
  }

  function onMessage({ detail }) {
    if (detail.from !== "person" && !isOpen()) setUnread(true);
  }

  function setUnread(on) {
    launcher.toggleAttribute("data-unread", on);
    if (on) launcher.setAttribute("aria-label", words.unread);
    else launcher.removeAttribute("aria-label");
  }

  // ---- for the page

  function tell(name) {
    host.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true }));
  }

  window.Yunjiu = Object.freeze({ open, close, toggle });

  /** Beside the body, so that whatever moves, blurs or replaces the body leaves it alone. */
  function appear() {
    document.documentElement.append(host);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", appear, { once: true });
  else appear();
})();
