/**
 * A crawler that does as it is told, in front of the real catalogue: moto's own stays RUNNING for ever and crawls nothing. Every
 * other call goes through to it.
 */
import { AwsProxy, refusal } from '../support/aws-proxy';

export interface CrawlerState {
  readonly State: 'READY' | 'RUNNING' | 'STOPPING';
  readonly LastCrawl?: { readonly Status: string; readonly ErrorMessage?: string; readonly StartTime: number; readonly LogGroup?: string; readonly LogStream?: string };
}

export class ScriptedCrawler extends AwsProxy {
  running = false;
  /** what GetCrawler answers, one after the other; the last one stays. `gone`: somebody deleted it */
  states: (CrawlerState | 'gone')[] = [{ State: 'READY' }];

  constructor(catalogue: string) {
    super(catalogue);
    this.answering.StartCrawler = () => {
      if (this.running) return refusal('CrawlerRunningException', 'it is running');
      this.running = true;
      return { status: 200, body: {} };
    };
    this.answering.StopCrawler = () => ({ status: 200, body: {} });
    this.answering.GetCrawler = () => {
      const state = this.states.length > 1 ? this.states.shift()! : this.states[0]!;
      return state === 'gone' ? refusal('EntityNotFoundException', 'Crawler entry with name c does not exist') : { status: 200, body: { Crawler: { Name: 'c', ...state } } };
    };
  }
}
