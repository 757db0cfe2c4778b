/** Which engine a run gets. */
import { readConfiguration, SETTINGS } from '../../contract/configuration';
import { chosenEngine, mayChoose, type EngineChoice } from '../../contract/engine-choice';
import { createDuckdbEngine } from '../../engines/duckdb/engine';

const choice = (engine: EngineChoice['SLUICE_ENGINE'], above = 1000): EngineChoice => ({ SLUICE_ENGINE: engine, SLUICE_ENGINE_SPARK: 'spark-local', SLUICE_ENGINE_SPARK_ABOVE_BYTES: above });

test('the configured engine gets every run, however large', () => {
  expect([0, 1000, 1e12].map((bytes) => chosenEngine(choice('duckdb'), bytes))).toEqual(['duckdb', 'duckdb', 'duckdb']);
  expect([0, 1000, 1e12].map((bytes) => chosenEngine(choice('spark-local'), bytes))).toEqual(['spark-local', 'spark-local', 'spark-local']);
});

test('auto takes Spark above the configured bytes, and DuckDB up to them', () => {
  expect([0, 1000, 1001].map((bytes) => chosenEngine(choice('auto'), bytes))).toEqual(['duckdb', 'duckdb', 'spark-local']);
});

test('what no run can be given to need not be set up', () => {
  expect(mayChoose(choice('duckdb'), 'spark-local')).toBe(false);
  expect(mayChoose(choice('auto'), 'spark-local')).toBe(true);
  expect(mayChoose(choice('spark-local'), 'spark-local')).toBe(true);
});

test('an engine that is none is refused by name', () => {
  expect(SETTINGS.SLUICE_ENGINE.schema.safeParse('spark').success).toBe(false);
  expect(() => readConfiguration({ SLUICE_ENGINE: 'spark' })).toThrow(/SLUICE_ENGINE: "spark" is not valid/);
});

test('the transform has one fingerprint, whoever runs it: DuckDB’s settings are no part of it', async () => {
  const of = async (threads: number): Promise<string> => createDuckdbEngine({ memoryLimit: '100MB', threads, workDir: '/tmp' }).transformFingerprint();
  expect(await of(1)).toBe(await of(8));
});
