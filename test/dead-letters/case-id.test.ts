import { caseIdOf, landingHourOfCase } from '../../contract/dead-letter-case';
import { parseLandingHour } from '../../contract/landing-hour';

const letter = { landingHour: parseLandingHour('2026-11-20T10'), object: 'raw/payments/dt=2026/11/20/10/a.ndjson', version: '"e1"', offset: 120 };

test('a bad line keeps its case from revision to revision, and another line has another', () => {
  expect(caseIdOf(letter)).toBe(caseIdOf({ ...letter }));
  expect(caseIdOf(letter)).toMatch(/^2026-11-20T10-[0-9a-f]{12}$/);
  const others = [{ ...letter, offset: 121 }, { ...letter, version: '"e2"' }, { ...letter, object: `${letter.object}x` }].map(caseIdOf);
  expect(new Set([caseIdOf(letter), ...others]).size).toBe(4);
});

test('version and offset do not run into each other', () => {
  expect(caseIdOf({ ...letter, version: 'v1', offset: 2 })).not.toBe(caseIdOf({ ...letter, version: 'v', offset: 12 }));
});

test('a case says in which hour its line landed; other text says nothing', () => {
  expect(landingHourOfCase(caseIdOf(letter))).toBe('2026-11-20T10');
  expect(landingHourOfCase('2026-13-20T10-3f9c0a12b4de')).toBeNull();
  expect(landingHourOfCase('2026-11-20T10')).toBeNull();
});
