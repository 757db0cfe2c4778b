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
 * @param {string} path
 * @param {Readonly<Record<string, string | null>>} [parameters] empty ones are left out
 */
export async function ask(path, parameters = {}) {
  return (await answered(withParameters(path, parameters), {})).json();
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
  const address = URL.createObjectURL(await (await answered(withParameters(path, parameters), {})).blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(address); }, 60_000);
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
