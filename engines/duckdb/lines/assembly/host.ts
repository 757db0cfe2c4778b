/** What the host answers (compiled-reader.ts): it has what takes more than looking at bytes. */

export declare function isUtf8(start: usize, end: usize): bool;
/** Asked of short ones, and of those that begin with `_`. */
export declare function isForbiddenMerchant(start: usize, end: usize): bool;
/** Whether the person is erased whose id stands there. */
export declare function isErased(start: usize, end: usize): bool;
/** Of a line in which a card number may be. */
export declare function countCards(start: usize, next: usize): void;
/** Of a name that the contract does not know. */
export declare function countUnknown(start: usize, end: usize): void;
/** Of a line that goes both ways: its row's hash stands there in digits. */
export declare function check(start: usize, next: usize, hash: usize, hashEnd: usize): void;
/** What waits at the place must be written. */
export declare function flush(place: u32): void;
