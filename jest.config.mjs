import { swc } from './scripts/swc.mjs';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // Of packages that are ES modules, those that are needed: Jest has no require() of them.
  transform: { '^.+\\.ts$': ['@swc/jest', { ...swc }], '/node_modules/hyparquet[^/]*/.+\\.js$': ['@swc/jest', { module: swc.module }] },
  transformIgnorePatterns: ['/node_modules/(?!hyparquet)'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  reporters: ['default', '<rootDir>/test/support/count-reporter.mjs'],
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  // For two cores: tests wait for servers and for workers that start again, an eighth of the time both cores were idle with two.
  maxWorkers: 3,
  testTimeout: 120_000,
};
