/** Everything that can be wrong with a request, as RFC 9457 has it. The names are part of the API: programs tell problems apart by them. */
import type { ZodError } from 'zod';
import type { SluiceError } from '../../contract/errors';

export const PROBLEMS = {
  'invalid-parameter': { status: 400, title: 'A parameter is not as it must be' },
  'missing-parameter': { status: 400, title: 'A parameter is missing' },
  'unknown-parameter': { status: 400, title: 'There is no such parameter' },
  'range-reversed': { status: 400, title: 'The range ends before it begins' },
  'range-too-wide': { status: 400, title: 'The range is too wide' },
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'not-authenticated': { status: 401, title: 'There is no key that opens this' },
  'not-allowed': { status: 403, title: 'The key does not open this' },
  'unknown-merchant': { status: 404, title: 'There is no such merchant' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'This cannot be done to this' },
  'not-acceptable': { status: 406, title: 'It cannot be had in this format' },
  'refused': { status: 409, title: 'As things stand, this cannot be done' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'The body is not JSON' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'internal': { status: 500, title: 'Something of ours failed' },
  'unavailable': { status: 503, title: 'A part that is needed does not answer' },
  'too-slow': { status: 503, title: 'The answer took too long' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>;

export type ProblemName = keyof typeof PROBLEMS;

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** which one, where one is to blame */
  readonly parameter?: string;
  /** by which the log knows the request */
  readonly request: string;
}

/** Thrown by whoever finds it; the server makes the document. */
export class Problem extends Error {
  constructor(readonly problem: ProblemName, readonly detail: string, readonly parameter?: string) {
    // Not the detail: it quotes what was asked, and errors are told apart by their message elsewhere.
    super(problem);
  }

  document(request: string): ProblemDocument {
    const { status, title } = PROBLEMS[this.problem];
    return {
      type: `/docs#${this.problem}`, title, status, detail: this.detail, ...(this.parameter === undefined ? {} : { parameter: this.parameter }), request,
    };
  }
}

/** The first thing that is wrong: one at a time is what a person can put right. */
export function problemOfIssues(error: ZodError, given: unknown): Problem {
  const issue = error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const name = issue.keys[0]!;
    return new Problem('unknown-parameter', `${JSON.stringify(name)} is not a parameter of this`, [...issue.path, name].join('.'));
  }
  const parameter = issue.path.join('.');
  const value = issue.path.reduce<unknown>((inner, step) => (typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[step] : undefined), given);
  if (value === undefined && issue.path.length > 0) return new Problem('missing-parameter', `${parameter} is missing`, parameter);
  return new Problem('invalid-parameter', `${parameter === '' ? 'the body' : parameter} ${Array.isArray(value) ? 'is given more than once' : `is not valid: ${issue.message}`}`, parameter === '' ? undefined : parameter);
}

const STATEMENT_TIMEOUT = '57014';

/** Of an error of ours; null: nobody outside may know more than that it happened. */
export function problemOfError(error: SluiceError): Problem | null {
  if (error.fields.code === STATEMENT_TIMEOUT) return new Problem('too-slow', 'The question is too large to be answered in time; ask for fewer days, or for one merchant');
  switch (error.kind) {
    case 'usage':
      return new Problem('refused', error.message);
    case 'throttled':
    case 'transient':
      return new Problem('unavailable', 'A part that is needed does not answer; try again');
    default:
      return null;
  }
}
