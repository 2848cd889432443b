// The server as a few calls. Whatever goes wrong becomes one ApiError that says what to tell the person.

const WAIT_MS = 90000;

const CODES = { 404: "not_found", 413: "too_long", 422: "rejected", 429: "too_many" };

export class ApiError extends Error {
  /** code: network | server | not_found | too_long | rejected | too_many */
  constructor(code, status = 0, retryAfter = null) {
    super(code);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** The same text would be refused again; what comes after it need not wait. */
  get final() {
    return this.code === "too_long" || this.code === "rejected";
  }
}

function waitWords(seconds) {
  if (!seconds) return "过一会儿";
  return seconds < 100 ? `等 ${seconds} 秒` : `等 ${Math.ceil(seconds / 60)} 分钟`;
}

/** The sentence that a person reads about a failed turn. */
export function explain(error) {
  switch (error.code) {
    case "network":
      return "网络不通，这句话可能没有发出去。请看看网络，再点“重发”，不会重复办理。";
    case "too_long":
      return "这句话太长，没有发出去，最多 2,000 字。请点“改一改”，分成几句发。";
    case "rejected":
      return "这句话系统认不出来，没有发出去。请点“改一改”，换个说法。";
    case "too_many":
      return `发得太快了，这句话还没有发出去。请${waitWords(error.retryAfter)}，再点“重发”。`;
    default:
      return "系统出了点问题，这句话没有办成。您写的话还在，请过一会儿点“重发”。";
  }
}

/** The same about a file. It has no id, so nothing is promised about a second try. */
export function explainFile(error) {
  switch (error.code) {
    case "network":
      return "网络不通，文件可能没有发出去。请看看网络，再点“重发”。";
    case "too_long":
      return "这个文件太大，没有发出去。请换一张小一点的照片。";
    case "rejected":
      return "这个文件打不开，请发照片（JPG、PNG）或 PDF。";
    case "too_many":
      return `发得太快了，文件还没有发出去。请${waitWords(error.retryAfter)}，再点“重发”。`;
    default:
      return "系统出了点问题，文件没有发成。请过一会儿点“重发”。";
  }
}

function failure(response) {
  const seconds = Math.ceil(Number(response.headers.get("Retry-After")));
  return new ApiError(CODES[response.status] || "server", response.status, seconds > 0 ? seconds : null);
}

async function read(response) {
  const body = await response.text();
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError("server", response.status);
  }
}

async function request(url, options) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), WAIT_MS);
  try {
    const response = await fetch(url, Object.assign({ cache: "no-store", signal: abort.signal }, options));
    if (!response.ok) throw failure(response);
    return await read(response);
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError("network");
  } finally {
    clearTimeout(timer);
  }
}

function post(url, body) {
  const headers = { "Content-Type": "application/json" };
  return request(url, { method: "POST", headers, body: JSON.stringify(body) });
}

function at(root, conversation, what) {
  return `${root}/web/conversations/${encodeURIComponent(conversation)}/${what}`;
}

function field(body, name, fits) {
  const value = body && body[name];
  if (!fits(value)) throw new ApiError("server", 200);
  return value;
}

export class Api {
  /** base: "" for the page's own server, or an address such as https://host. */
  constructor(base) {
    this.root = `${base.replace(/\/+$/, "")}/api/v1`;
  }

  async open() {
    const body = await post(`${this.root}/web/conversations`, {});
    return field(body, "conversation_id", (value) => typeof value === "string" && value !== "");
  }

  async history(conversation) {
    return field(await request(at(this.root, conversation, "messages")), "turns", Array.isArray);
  }

  /** Messages that nobody asked for: what became of an application. */
  async news(conversation) {
    return field(await request(at(this.root, conversation, "news")), "messages", Array.isArray);
  }

  /** Sends a picture or a PDF; resolves to the assistant's messages. */
  async attach(conversation, file) {
    const body = new FormData();
    body.append("file", file);
    const answer = await request(at(this.root, conversation, "documents"), { method: "POST", body });
    return field(answer, "messages", Array.isArray);
  }

  /** Where a copy of all that is kept about the person is to be had. */
  myData(conversation) {
    return at(this.root, conversation, "my-data");
  }

  /** The assistant's messages. The same messageId again is answered with the same reply. */
  async send(conversation, text, messageId) {
    const turn = { conversation_id: conversation, text, message_id: messageId };
    return field(await post(`${this.root}/chat`, turn), "messages", Array.isArray);
  }
}
