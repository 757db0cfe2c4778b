/** Asking the API: the key, and what is wrong when it does not answer. The key lives as long as the tab. */

const KEY = 'sluice-key';

/** @returns {string | null} */
export function key() {
  return sessionStorage.getItem(KEY);
}

/** @param {string} secret */
export function keepKey(secret) {
  sessionStorage.setItem(KEY, secret);
}

export function forgetKey() {
  sessionStorage.removeItem(KEY);
}

/** Behind the # it is sent to nobody; nor is it left in the address, where it would be copied along. */
export function takeKeyFromAddress() {
  const given = /^#key=(sluice_[A-Za-z0-9_-]+)$/.exec(location.hash)?.[1];
  if (given === undefined) return;
  keepKey(given);
  history.replaceState(null, '', location.pathname + location.search);
}

/** A problem document of the API, or what stands in for it where nothing answered. */
export class Refused extends Error {
  /** @param {{ readonly status: number, readonly title: string, readonly detail: string, readonly request?: string }} problem */
  constructor({ status, title, detail, request }) {
    super(title);
    this.status = status;
    this.detail = detail;
    this.request = request ?? null;
  }
}

/**
 * An answer that is on its way is waited for: what Postgres does not have, the lake is asked.
 * @param {string} path
 * @param {Readonly<Record<string, string | null>>} [parameters] empty ones are left out
 */
export async function ask(path, parameters = {}) {
  const response = await answered(withParameters(path, parameters), {});
  return response.status === 202 ? (await over(response)).answer : response.json();
}

/**
 * @param {string} path
 * @param {unknown} body
 */
export async function tell(path, body) {
  return (await answered(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json();
}

/**
 * A link cannot carry the key: the file is asked for and then handed to the browser.
 * @param {string} path
 * @param {Readonly<Record<string, string | null>>} parameters
 * @param {string} name
 */
export async function save(path, parameters, name) {
  const response = await answered(withParameters(path, parameters), {});
  if (response.status === 202) {
    const { link, answer } = await over(response);
    // A large export has a link that needs no key; an answer of the lake is JSON.
    if (typeof link === 'string') handOver(link, name);
    else handOverBytes(new Blob([JSON.stringify(answer)], { type: 'application/json' }), name);
    return;
  }
  handOverBytes(await response.blob(), name);
}

/**
 * @param {Blob} bytes
 * @param {string} name
 */
function handOverBytes(bytes, name) {
  const address = URL.createObjectURL(bytes);
  handOver(address, name);
  setTimeout(() => { URL.revokeObjectURL(address); }, 60_000);
}

/**
 * @param {string} address
 * @param {string} name
 */
function handOver(address, name) {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}

/**
 * Asks again, less and less often, until it is done.
 * @param {Response} accepted
 */
async function over(accepted) {
  const place = accepted.headers.get('Location') ?? '';
  for (let pause = 200; ; pause = Math.min(pause * 1.5, 3_000)) {
    const asked = await (await answered(place, {})).json();
    if (asked.state === 'done') return asked;
    if (asked.state === 'failed') throw new Refused({ status: 503, title: 'It could not be answered', detail: asked.problem?.detail ?? asked.problem ?? 'Ask again.' });
    await new Promise((resolve) => { setTimeout(resolve, pause); });
  }
}

/**
 * @param {string} path
 * @param {Readonly<Record<string, string | null>>} parameters
 */
export function withParameters(path, parameters) {
  const given = Object.entries(parameters).flatMap(([name, value]) => (value === null || value === '' ? [] : [[name, value]]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/**
 * @param {string} path
 * @param {RequestInit} request
 * @returns {Promise<Response>}
 */
async function answered(path, request) {
  const secret = key();
  if (secret === null) throw new Refused({ status: 401, title: 'A key is needed', detail: 'These pages show what your key opens.' });
  let response;
  try {
    response = await fetch(path, { ...request, headers: { ...request.headers, Authorization: `Bearer ${secret}` } });
  } catch {
    throw new Refused({ status: 0, title: 'The API does not answer', detail: 'It is stopped, or the network is down. Load the page again when it is back.' });
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => null);
  throw new Refused(problem ?? { status: response.status, title: 'The API answered with an error', detail: `Status ${response.status}` });
}
