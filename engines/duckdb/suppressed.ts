/** Who is erased, for lines: in SQL where a line could be read, here where it could not. */
import { createHash } from 'node:crypto';
import { ownersOf } from '../../contract/line-owner';
import { readSql } from '../../sql/read-sql';
import type { Suppression } from '../engine';
import { fill, type Lane } from './lane';

/** Names of fields and the like come on every broken line. */
const REMEMBERED = 50_000;

export class Suppressed {
  private readonly tokens: ReadonlySet<string>;
  private readonly inner: Buffer;
  private readonly outer: Buffer;
  private readonly known = new Map<string, boolean>();

  constructor(private readonly suppression: Suppression) {
    this.tokens = new Set(suppression.tokens);
    this.inner = Buffer.from(suppression.innerPad, 'hex');
    this.outer = Buffer.from(suppression.outerPad, 'hex');
  }

  /** What the lane's SQL needs: the list and the hash. */
  async prepare(lane: Lane): Promise<void> {
    await lane.fillTable('suppressed', this.suppression.tokens);
    await lane.run(fill(readSql('erasure/user-token.duckdb.sql'), { inner_pad: this.suppression.innerPad, outer_pad: this.suppression.outerPad }));
  }

  /** Takes the erased lines of a run of the transform out of the lane's judged ones; answers with how many there were. */
  async takeOut(lane: Lane, from: number): Promise<number> {
    await lane.run(fill(readSql('erasure/erased-lines.duckdb.sql'), { from }));
    const erased = await lane.count('erased_lines');
    if (erased > 0) await lane.run(readSql('erasure/forget-erased-lines.duckdb.sql'));
    return erased;
  }

  /** For lines that SQL could not read, or not to their end. */
  holds(line: Buffer): boolean {
    return ownersOf(line).some((id) => this.isGone(id));
  }

  private isGone(id: string): boolean {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const inner = createHash('sha256').update(this.inner).update(id, 'utf8').digest();
    const gone = this.tokens.has(createHash('sha256').update(this.outer).update(inner).digest('hex'));
    if (this.known.size < REMEMBERED) this.known.set(id, gone);
    return gone;
  }
}
