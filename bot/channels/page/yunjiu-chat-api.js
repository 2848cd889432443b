// The server as a few calls. Whatever goes wrong becomes one ApiError.

const WAIT_MS = 90000;

const CODES = { 404: "not_found", 413: "too_long", 422: "rejected", 429: "too_many" };

/** What went wrong, by a code for which `explain` has the words. */
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

  /** county: of the page, by code or name. Resolves to {conversation, county: its full name or ""}. */
  async open(county) {
    const body = await post(`${this.root}/web/conversations`, county ? { county } : {});
    const conversation = field(body, "conversation_id", (value) => typeof value === "string" && value !== "");
    return { conversation, county: body.county ? String(body.county.name) : "" };
  }

  /** Where the turns after a sequence number are to be followed. */
  events(conversation, after) {
    return `${at(this.root, conversation, "events")}?after=${after}`;
  }

  async history(conversation) {
    return field(await request(at(this.root, conversation, "messages")), "turns", Array.isArray);
  }

  /** Makes the server put into the history what became of applications since; resolves to what it put there. */
  async news(conversation) {
    return field(await request(at(this.root, conversation, "news")), "messages", Array.isArray);
  }

  /** Sends a picture or a PDF; resolves to the assistant's messages, the same for the same messageId. */
  async attach(conversation, file, messageId) {
    const body = new FormData();
    body.append("message_id", messageId);
    body.append("file", file);
    const answer = await request(at(this.root, conversation, "documents"), { method: "POST", body });
    return field(answer, "messages", Array.isArray);
  }

  /** Where the person's plan is to be read and printed. */
  plan(conversation) {
    return at(this.root, conversation, "plan");
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
