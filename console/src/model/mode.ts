// What kind of server this page came from: the server writes it into the page.
//
// SPDX-License-Identifier: Apache-2.0
export const SERVER_MODE: 'dev' | 'serve' =
  document.querySelector('meta[name="tropic-mode"]')?.getAttribute('content') === 'serve' ? 'serve' : 'dev';
