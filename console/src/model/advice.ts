// What follows from a refusal: the API's messages say what the rule is, not what to do about it.
//
// SPDX-License-Identifier: Apache-2.0

/** Recognised by the stable part of the API's message. */
const ADVICE: { says: string; means: (region: string) => string }[] = [
  {
    says: 'security token included in the request is invalid',
    means: () => 'In plain words: this server knows no access key of that name.',
  },
  {
    says: 'signature we calculated does not match',
    means: () =>
      'In plain words: the secret is not the one that the server has for this access key; ' +
      'or something between here and the server changes the Host header.',
  },
  {
    says: 'Credential must have exactly 5',
    means: () => 'In plain words: this is no access key. It has neither spaces nor slashes.',
  },
  {
    says: 'acted as a source region',
    means: (region) =>
      `In plain words: another replica was filled from ${region} less than 24 hours ago and still exists. ` +
      `Wait until 24 hours have passed, or delete that newer replica first.`,
  },
  {
    says: 'deletion protection enabled',
    means: (region) => `Switch to ${region} in the top bar and turn deletion protection off under Additional settings.`,
  },
  {
    says: 'cannot be reached',
    means: () => 'A global table is changed in all of its Regions together, so that no change that one has accepted is lost.',
  },
  {
    says: 'Disabling Stream is not allowed',
    means: () => 'In plain words: the stream carries replication. It can be turned off once the table has no other replica.',
  },
  {
    says: 'already has an enabled stream',
    means: () => 'Somebody else has turned it on meanwhile.',
  },
];

/** A refusal in the API's words, and what follows from it. */
export class Advised extends Error {
  constructor(refusal: Error, advice: string) {
    super(`${refusal.message} ${advice}`);
    this.name = refusal.name;
  }
}

/** The same error; with advice, where there is any. */
export function advised(error: unknown, region: string): unknown {
  if (!(error instanceof Error)) return error;
  const found = ADVICE.find(({ says }) => error.message.includes(says));
  return found ? new Advised(error, found.means(region)) : error;
}

/** Does what it is given, and throws refusals with advice. */
export async function withAdvice<T>(region: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw advised(error, region);
  }
}
