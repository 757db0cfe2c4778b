/** A large export of the API: an object of the lake in place of a stream. What its state says, wherever it is asked. */

export const EXPORT_FORMATS = ['csv', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The object `api/exports/<id>/state.json`. */
export interface ExportState {
  readonly id: string;
  readonly state: 'waiting' | 'writing' | 'done' | 'failed';
  readonly format: ExportFormat;
  /** the merchant of the key that asked; null: a key of all merchants */
  readonly merchantId: string | null;
  readonly keyId: string;
  readonly askedAt: string;
  /** when its writer last said that it is at it */
  readonly seenAt: string;
  /** payments written so far */
  readonly payments: number;
  readonly bytes: number;
  /** of the file; null until it is done */
  readonly key: string | null;
  /** when the file goes; null until it is done */
  readonly expiresAt: string | null;
  /** a sentence, where it failed */
  readonly problem: string | null;
}
