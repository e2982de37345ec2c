/* Calls to the dashboard, with the page's token. */
import { outside } from "../base.js";
import { TAB } from "./tab.js";
import { renew, token } from "./token.js";

/** An answer that is not a success: the error and the next step, in words for the reader. */
export class ApiError extends Error {
  constructor(status, { code = "", message = "", next_step = "" } = {}) {
    super(message || `HTTP ${status}`);
    this.status = status;
    this.code = code;
    this.next_step = next_step;
  }
}

/**
 * Call the dashboard's HTTP API and return the parsed answer.
 *
 * Throws ApiError for a refusal, TypeError when nothing answers. A dashboard that was started
 * again has a new token: it is fetched and the call is made once more.
 */
export async function api(method, path, body) {
  const response = await send(method, path, body);
  if (response.status !== 403) return answer(response);
  const was = token();
  await freshPage();
  return answer(was === token() ? response : await send(method, path, body));
}

function send(method, path, body) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") Object.assign(headers, { "X-Lab-Token": token(), "X-Lab-Tab": TAB });
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return fetch(outside(path), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

async function answer(response) {
  const text = await response.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    value = null; // an error page of a proxy, say: the status tells enough
  }
  if (!response.ok) throw new ApiError(response.status, value?.error);
  return value;
}

/**
 * The boot data of this page as the dashboard would send it now, in another language if wanted.
 * Takes over the token: it changes when the dashboard is started again.
 */
export async function freshPage(lang) {
  const address = new URL(location.pathname, location.origin);
  if (lang) address.searchParams.set("lang", lang);
  const response = await fetch(address, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new ApiError(response.status);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  renew(page.querySelector('meta[name="lab-token"]').content);
  return JSON.parse(page.getElementById("boot").textContent);
}
