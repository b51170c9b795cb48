// How the console is built: one page, hashed assets, nothing inlined into the page, because the
// server's Content-Security-Policy allows neither inline scripts nor inline styles.
// `npm run dev` serves it with live reload beside a server on port 8000.
//
// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env.TROPIC ?? 'http://127.0.0.1:8000';

export default defineConfig({
  base: '/console/',
  plugins: [react()],
  resolve: {
    alias: {
      // Design tokens are CSS variables whose names end with a hash of the release. The package of
      // tokens is not always of the release of the components, and its variables do not exist
      // then: every colour would stay that of light mode. The components' own list always fits.
      '@cloudscape-design/design-tokens': fileURLToPath(
        new URL('node_modules/@cloudscape-design/components/internal/generated/styles/tokens.js', import.meta.url),
      ),
    },
  },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
  },
  server: {
    proxy: {
      '^/$': { target: server, bypass: (request) => (request.method === 'POST' ? undefined : request.url) },
      '/_tropic': server,
    },
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0]);
