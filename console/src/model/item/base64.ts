// Bytes as text and back.
//
// SPDX-License-Identifier: Apache-2.0
const SHAPE = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Arguments of one call are limited. */
const STEP = 8192;

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += STEP) text += String.fromCharCode(...bytes.subarray(at, at + STEP));
  return btoa(text);
}

/** Null when the text is not base64. */
export function fromBase64(text: string): Uint8Array | null {
  const tight = text.replace(/\s+/g, '');
  if (!SHAPE.test(tight)) return null;
  return Uint8Array.from(atob(tight), (char) => char.charCodeAt(0));
}
