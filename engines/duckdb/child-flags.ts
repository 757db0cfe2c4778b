/**
 * Of V8 in DuckDB's child: the rest of its memory is DuckDB's, which has its own limit. The build compiles the child under the same
 * flags; V8 refuses what was compiled under others.
 */
export const CHILD_FLAGS: readonly string[] = ['--max-old-space-size=384', '--max-semi-space-size=8'];
