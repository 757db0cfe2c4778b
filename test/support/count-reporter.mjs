/** The run in one last line, `N passed, N failed`: what was not run has not passed. */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    // A suite that could not be loaded reports no tests at all.
    const unloaded = results.testResults.filter((suite) => suite.testExecError !== undefined && suite.numFailingTests === 0).length;
    this.failed = results.numFailedTests + results.numPendingTests + results.numTodoTests + unloaded;
    if (results.numPendingTests + results.numTodoTests > 0) {
      process.stderr.write(`${results.numPendingTests + results.numTodoTests} tests were skipped; here that is a failure\n`);
    }
    this.passed = results.numPassedTests;
    // After the default reporter's summary, which is written when this returns.
    process.once('exit', () => { process.stdout.write(`${this.passed} passed, ${this.failed} failed\n`); });
  }

  getLastError() {
    return this.failed > 0 ? new Error(`${this.failed} failed`) : undefined;
  }
}
