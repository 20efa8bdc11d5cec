// Prints the one closing line of .ci/run from Vitest's JSON report.
import { readFileSync } from 'node:fs';

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, success } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
// A file that cannot even be loaded has no failed test to count, and must not look green.
const failed = success ? numFailedTests : Math.max(numFailedTests, 1);
console.log(`${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`);
