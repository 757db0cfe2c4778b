/** An option that names some of what there is, with commas between them: peers, formats. */
import { InvalidArgumentError } from 'commander';

export function someOf<Name extends string>(known: readonly Name[]): (text: string) => readonly Name[] {
  return (text) => {
    if (text === 'none') return [];
    const named = text.split(',');
    const unknown = named.find((name) => !known.includes(name as Name));
    if (unknown !== undefined) throw new InvalidArgumentError(`Name some of ${known.join(', ')}, with commas between them, or none.`);
    return named as Name[];
  };
}
