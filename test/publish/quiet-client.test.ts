/** A process that talks to Kafka says nothing on stderr by itself: a worker's lines there are JSON. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readConfiguration } from '../../contract/configuration';

const DIST = join(__dirname, '../../dist');

test.each([
  ['a worker’s client', `const { connectKafka } = require('./stores/kafka-connection'); const { readConfiguration } = require('./contract/configuration');
    const admin = connectKafka(readConfiguration(process.env), () => undefined).admin();
    admin.connect().then(() => admin.describeCluster()).then(({ brokers }) => { console.log(brokers.length); return admin.disconnect(); });`],
  ['the stack’s question whether a broker is there', `require('./scripts/stack/health').kafkaAnswers(process.argv[1]).then(() => console.log(1));`],
])('%s', async (_, script) => {
  const [broker] = readConfiguration(process.env).SLUICE_KAFKA_BROKERS;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-e', script, broker!], { cwd: DIST });
  expect([stdout, stderr]).toEqual(['1\n', '']);
});
