// A file made in the browser, given to the one who reads.
//
// SPDX-License-Identifier: Apache-2.0
const KEPT_MS = 60_000;

export function saveFile(name: string, mime: string, pieces: string[]): void {
  const url = URL.createObjectURL(new Blob(pieces, { type: mime }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Browsers may read it well after the click.
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
