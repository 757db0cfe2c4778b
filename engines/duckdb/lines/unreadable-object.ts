/** The object cannot be read to its end: it is quarantined whole, and the other objects go on. */
export class UnreadableObject extends Error {
  override readonly name = 'UnreadableObject';
}
