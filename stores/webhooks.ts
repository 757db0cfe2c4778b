/** POSTs to somebody else's server, signed. What it answers decides who is to act: it itself, later; or somebody, at its address. */
import { SluiceError } from '../contract/errors';
import { signatureHeaders, type SignedDelivery } from '../contract/webhook-signature';

const ANSWER_WITHIN_MS = 30_000;
/** Not now, but the same request may be taken later. */
const LATER = [408, 425];

export interface WebhookTarget {
  readonly url: string;
  readonly key: Buffer;
  /** what errors call it: the address may hold a token */
  readonly label: string;
  /** the setting that it is from */
  readonly setting: string;
}

/** Its answer, in words. */
export async function postSigned({ url, key, label, setting }: WebhookTarget, delivery: SignedDelivery, signal: AbortSignal): Promise<string> {
  let status: number;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'sluice', ...signatureHeaders(key, delivery) },
      body: delivery.body,
      // Numbers go to the address that was configured and nowhere else.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    status = answer.status;
    await answer.body?.cancel();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SluiceError({ kind: 'transient', what: `the webhook did not answer (${(error as Error).name})`, on: label });
  }
  if (status >= 200 && status < 300) return `answered ${status}`;
  if (status === 429) throw new SluiceError({ kind: 'throttled', what: 'the webhook asks to slow down: it answered 429', on: label });
  if (status >= 500 || LATER.includes(status)) throw new SluiceError({ kind: 'transient', what: `the webhook could not take it: it answered ${status}`, on: label });
  throw new SluiceError({
    kind: 'configuration', what: `the webhook refused it: it answered ${status}`, on: label,
    fix: `See to its server, or correct ${setting}; the next look sends it again`, fields: { status },
  });
}
