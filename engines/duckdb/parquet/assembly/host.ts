/** What the host does (../curated-files.ts). */

/** What stands there goes into the file, behind all that did before. */
export declare function write(start: usize, end: usize): void;
/** Packs what stands there; answers with how many bytes it is then, 0: it cannot. */
export declare function pack(start: usize, end: usize): u32;
/** What was packed last. */
export declare function putPacked(to: usize): void;
