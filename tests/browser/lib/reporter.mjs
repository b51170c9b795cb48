// What node:test found, a line a test, and the closing line that scripts/test reads.
//
// SPDX-License-Identifier: Apache-2.0
export default async function* reporter(events) {
  const start = performance.now();
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message;
    if (data?.details?.type === 'suite' || data?.skip) continue;
    const seconds = () => (data.details.duration_ms / 1000).toFixed(1);
    if (type === 'test:pass') {
      passed += 1;
      yield `ok      ${data.name} (${seconds()} s)\n`;
    } else if (type === 'test:fail') {
      failed += 1;
      const { error } = data.details;
      yield `FAILED  ${data.name} (${seconds()} s)\n${error?.cause?.stack ?? error?.stack ?? error}\n`;
    }
  }
  yield `${process.env.TROPIC_SUITE ?? 'browser'}: ${passed} passed, ${failed} failed in ${((performance.now() - start) / 1000).toFixed(1)} s\n`;
}
