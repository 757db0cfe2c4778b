/** Which engine curates a run: the one that is configured, or, where that is left to size, Spark above so many bytes. */
import type { Configuration } from './configuration';

export type EngineChoice = Pick<Configuration, 'SLUICE_ENGINE' | 'SLUICE_ENGINE_SPARK' | 'SLUICE_ENGINE_SPARK_ABOVE_BYTES'>;
export type ChosenEngine = Exclude<EngineChoice['SLUICE_ENGINE'], 'auto'>;

/** `bytes`: of the hour's objects as they landed. The manifest fixes them, so that every attempt of a run chooses alike. */
export function chosenEngine(choice: EngineChoice, bytes: number): ChosenEngine {
  if (choice.SLUICE_ENGINE !== 'auto') return choice.SLUICE_ENGINE;
  return bytes > choice.SLUICE_ENGINE_SPARK_ABOVE_BYTES ? choice.SLUICE_ENGINE_SPARK : 'duckdb';
}

/** Whether a run may be given to the engine at all: what nobody asks for need not be set up. */
export function mayChoose(choice: EngineChoice, engine: ChosenEngine): boolean {
  return choice.SLUICE_ENGINE === engine || (choice.SLUICE_ENGINE === 'auto' && (engine === 'duckdb' || choice.SLUICE_ENGINE_SPARK === engine));
}
