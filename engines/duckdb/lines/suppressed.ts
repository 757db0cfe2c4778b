/** Who is erased, for lines: here where a line is plain or could not be read, in SQL where it was read there (suppressed-rows.ts). */
import { createHash } from 'node:crypto';
import { ownersOf } from '../../../contract/line-owner';
import type { Suppression } from '../../engine';

/** Names of fields and the like come on every broken line. */
const REMEMBERED = 50_000;

export class Suppressed {
  private readonly tokens: ReadonlySet<string>;
  private readonly inner: Buffer;
  private readonly outer: Buffer;
  private readonly known = new Map<string, boolean>();

  constructor(suppression: Suppression) {
    this.tokens = new Set(suppression.tokens);
    this.inner = Buffer.from(suppression.innerPad, 'hex');
    this.outer = Buffer.from(suppression.outerPad, 'hex');
  }

  /** For lines that SQL could not read, or not to their end. */
  holds(line: Buffer): boolean {
    return ownersOf(line).some((id) => this.isGone(id));
  }

  isGone(id: string): boolean {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const inner = createHash('sha256').update(this.inner).update(id, 'utf8').digest();
    const gone = this.tokens.has(createHash('sha256').update(this.outer).update(inner).digest('hex'));
    if (this.known.size < REMEMBERED) this.known.set(id, gone);
    return gone;
  }
}
