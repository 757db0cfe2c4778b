/** Spark that is kept for the runs of a test file: what each is started with is what a service would start it with, Java is there already. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { JOBS_FOLDER } from '../../engines/spark/job-files';
import { setUpSpark } from '../../scripts/setup/spark';
import { Terminal } from '../../scripts/terminal';

export interface WarmRun {
  /** in a folder with all the job's files */
  readonly entry: string;
  readonly arguments: readonly string[];
}

interface Answer {
  readonly ok: boolean;
  readonly said: string;
}

export class WarmSpark {
  private readonly waiting: ((answer: Answer) => void)[] = [];
  /** what Java says, of all runs */
  private stderr = '';
  /** fails when the process ends */
  private readonly dead: Promise<never>;

  private constructor(private readonly child: ChildProcess, private readonly folder: string) {
    createInterface({ input: child.stdout! }).on('line', (text) => this.waiting.shift()?.(JSON.parse(text) as Answer));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => { this.stderr += text; });
    // Its end is told by its exit.
    child.stdin!.on('error', () => undefined);
    this.dead = once(child, 'exit').then(([code, signal]) => { throw new Error(`Spark ended with ${signal ?? code}: ${this.stderr}`); });
    this.dead.catch(() => undefined);
  }

  static async open(): Promise<WarmSpark> {
    const python = await setUpSpark(new Terminal(false));
    const folder = await mkdtemp(join(tmpdir(), 'sluice-test-spark-'));
    return new WarmSpark(spawn(python, [join(__dirname, 'warm_spark.py'), JOBS_FOLDER, folder], {
      env: {
        ...process.env, PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: python, PYTHONDONTWRITEBYTECODE: '1', SPARK_LOCAL_IP: '127.0.0.1', TMPDIR: folder,
        AWS_ENDPOINT_URL_S3: process.env.SLUICE_S3_ENDPOINT, AWS_DEFAULT_REGION: process.env.SLUICE_AWS_REGION ?? 'eu-central-1',
        AWS_ENDPOINT_URL_SECRETS_MANAGER: process.env.SLUICE_AWS_ENDPOINT,
      },
    }), folder);
  }

  /** Answers with what the run said, as it would stand in its log. Runs that are asked for meanwhile wait. */
  async run(run: WarmRun): Promise<string> {
    const from = this.stderr.length;
    const answer = new Promise<Answer>((take) => this.waiting.push(take));
    this.child.stdin!.write(`${JSON.stringify(run)}\n`);
    const { ok, said } = await Promise.race([this.dead, answer]);
    const all = said + this.stderr.slice(from);
    if (!ok) throw new Error(`the run failed: ${all}`);
    return all;
  }

  async close(): Promise<void> {
    this.child.stdin!.end();
    await this.dead.catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
