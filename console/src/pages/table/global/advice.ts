// What to do about a refusal to delete a replica: the API's messages say what the rule is, not what
// follows from it.
//
// SPDX-License-Identifier: Apache-2.0

/** Recognised by the stable part of the API's message. */
const ADVICE: { says: string; means: (region: string) => string }[] = [
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
    means: () => 'A replica is removed together with all others, so that no change that it has accepted is lost.',
  },
];

export function deletionAdvice(error: unknown, region: string): string | null {
  if (!(error instanceof Error)) return null;
  return ADVICE.find(({ says }) => error.message.includes(says))?.means(region) ?? null;
}

/** The refusal in the API's words, and what follows from it. */
export class RefusedWithAdvice extends Error {
  constructor(refusal: unknown, advice: string) {
    super(`${refusal instanceof Error ? refusal.message : String(refusal)} ${advice}`);
    this.name = refusal instanceof Error ? refusal.name : 'Error';
  }
}
