/** What a part of the local stack is. */
import type { Programs } from '../setup/set-up';
import type { Ports, PortName } from './ports';
import type { Launch } from './processes';
import type { Secrets } from './state';

export interface PartContext {
  readonly programs: Programs;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly region: string;
  readonly bucket: string;
  /** the part's own folder for data */
  readonly folder: string;
  readonly log: string;
}

/** What is needed to speak to a part, and no more: `status` has it without the programs. */
export type PartAddress = Pick<PartContext, 'ports' | 'secrets' | 'region'>;

export type PartName = 'temporal' | 'kafka' | 's3' | 'aws' | 'postgres';

export interface Part {
  readonly name: PartName;
  /** for people: what it is */
  readonly about: string;
  /** of what set-up brings; `askVersion` where the PATH may hold another */
  readonly version: string;
  askVersion?(programs: Programs): Promise<string>;
  /** its ports, the first one its address */
  readonly ports: readonly PortName[];
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  /** its data may lie outside the state folder */
  folder(stateDir: string): string;
  /** makes the data folder ready; does nothing on one that is */
  prepare(context: PartContext): Promise<void>;
  launch(context: PartContext): Launch;
  /** resolves when the part does its work, throws otherwise */
  answers(address: PartAddress): Promise<void>;
  /** once it answers, and each time again */
  furnish?(context: PartContext): Promise<void>;
  /** as a client takes it */
  address(address: PartAddress): string;
}
