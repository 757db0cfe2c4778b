/** How TypeScript becomes what runs, in dist/ and in tests. Types are looked at by `npm run typecheck`, once. */
export const swc = {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  // A package is loaded when it is first used: `sluice status` has no use for AWS' clients, nor an hour on DuckDB for Glue's.
  module: { type: 'commonjs', lazy: true },
};
