/** By what operators find an hour in the Temporal UI. No personal data in any of them. */
export const SEARCH_ATTRIBUTES = {
  Pipeline: 'KEYWORD',
  LandingHour: 'KEYWORD',
  Revision: 'INT',
  RunKind: 'KEYWORD',
  BackfillId: 'KEYWORD',
  Outcome: 'KEYWORD',
} as const;
