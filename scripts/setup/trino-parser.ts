/**
 * Trino's parser, which is Athena's, and Nashorn to call it from a script: a Java runtime without a compiler is enough. 435 is the last that
 * runs on Java 17.
 */
import type { SetupContext } from './cached-part';
import { setUpJars } from './jars';
import parser from './trino-parser-jars.json';

/** The folder with the jars. */
export async function setUpTrinoParser(context: SetupContext): Promise<string> {
  return setUpJars(context, 'parser', 'trino-parser', parser);
}
