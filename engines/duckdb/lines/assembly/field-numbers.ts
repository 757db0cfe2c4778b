/** A payment's fields as compiled-reader.ts names them, in the order of the canonical text. */
export const PAYMENT_ID: u32 = 0;
export const MERCHANT_ID: u32 = 1;
export const USER_ID: u32 = 2;
export const AMOUNT_CENTS: u32 = 3;
export const CURRENCY: u32 = 4;
export const STATUS: u32 = 5;
export const PAYMENT_METHOD: u32 = 6;
export const RISK_SCORE: u32 = 7;
export const AUTHORIZED_AT: u32 = 8;
export const COMPLETED_AT: u32 = 9;
export const CREATED_AT: u32 = 10;
export const SOURCE_SYSTEM: u32 = 11;
export const DECLINE_REASON: u32 = 12;
export const FIELDS: u32 = 13;
