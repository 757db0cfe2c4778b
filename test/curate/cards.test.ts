/** Card numbers: what is one, and that none is readable outside the raw object. */
import { maskCards } from '../../contract/cards';
import { line, linesOf, Workbench } from './curating';

describe('a card number in a text', () => {
  test.each([
    ['4111111111111111', '411111******1111', 1],
    ['paid with 4111 1111 1111 1111, thanks', 'paid with 4111 11** **** 1111, thanks', 1],
    ['3782-822463-10005', '3782-82****-*0005', 1],
    ['4222222222222', '422222***2222', 1],
    ['6304000000000000000', '630400*********0000', 1],
    ['12 4111 1111 1111 1111', '12 4111 11** **** 1111', 1],
    ['a4111111111111111b5555555555554444', 'a411111******1111b555555******4444', 2],
    ['4111111111111111 5555555555554444', '411111******1111 555555******4444', 2],
    ['4111111111111112', '4111111111111112', 0],
    ['411111111111111', '411111111111111', 0],
    ['4111  1111  1111  1111', '4111  1111  1111  1111', 0],
    ['4111.1111.1111.1111', '4111.1111.1111.1111', 0],
    ['0000000000000000', '0000000000000000', 0],
    ['99994111111111111111999', '99994111111111111111999', 0],
    ['2026-11-20 10:00:00', '2026-11-20 10:00:00', 0],
    ['', '', 0],
  ])('%p', (text, masked, cards) => {
    expect(maskCards(text)).toEqual({ text: masked, cards });
  });

  test('takes no longer for hostile digits than their length', () => {
    const begun = Date.now();
    maskCards('1 '.repeat(500_000));
    maskCards('1'.repeat(1_000_000));
    expect(Date.now() - begun).toBeLessThan(3000);
  });
});

describe('an hour with card numbers', () => {
  const CARD = /4111[ -]?1111[ -]?1111[ -]?1111|4111111111111111/;
  const bad = { currency: '"?"' };
  let bench: Workbench;
  beforeAll(async () => { bench = await Workbench.open(); });
  afterAll(async () => bench.close());

  test('masks them in dead letters whatever field they stand in, and counts them in good lines too', async () => {
    const lines = [
      line({ payment_id: '"good"', decline_reason: '"4111-1111-1111-1111"' }),
      line({ ...bad, decline_reason: '"4111-1111-1111-1111"' }),
      line({ ...bad, unknown: '{"deep":["4111 1111 1111 1111"]}' }),
      line({ ...bad, user_id: '4111111111111111' }),
      line({ ...bad, user_id: '"411111111111\\u0031111"' }),
      line({ ...bad, '4111111111111111': '1' }),
      line({ ...bad, currency: '"4111111111111111"' }),
      '{"broken":"4111111111111111"',
      Buffer.concat([Buffer.from('{"x":"4111111111111111'), Buffer.from([0xff]), Buffer.from('"}')]),
      `{"x":"${'y'.repeat(1000)} 4111 1111 1111 1111 ${'z'.repeat(1024 * 1024)}"}`,
      `{"x":"${'y'.repeat(2000)} 4111 1111 1111 1111"`,
    ];
    const { outcome, letters } = await bench.curate({ object: linesOf(lines) });
    expect(outcome.counts).toMatchObject({ curated: 1, dead: 10, cards: 10 });
    for (const letter of letters) {
      const shown = letter.raw ?? Buffer.from(letter.rawBase64!, 'base64').toString('latin1');
      expect(shown).not.toMatch(CARD);
      expect(shown).toContain('4111');
      expect(letter.cards).toBe(1);
    }
    expect(JSON.stringify(outcome.counts.unknownFields)).not.toMatch(CARD);
  });

  test('leaves amounts and scores readable: they are numbers, not texts', async () => {
    const { outcome, letters } = await bench.curate({ object: linesOf([line({ ...bad, amount_cents: '4111111111111111' }), line({ ...bad, amount_cents: '"4111111111111111"' })]) });
    expect(outcome.counts.cards).toBe(0);
    for (const letter of letters) expect(letter.raw).toContain('4111111111111111');
  });
});
