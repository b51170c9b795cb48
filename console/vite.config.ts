// How the console is built: one page, hashed assets, nothing inlined into the page, because the
// server's Content-Security-Policy allows neither inline scripts nor inline styles.
// `npm run dev` serves it with live reload beside a server on port 8000.
//
// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/**
 * Cloudscape's style sheet holds eight fonts in itself, two thirds of what the first view would wait
 * for. As files they are fetched when a text needs them, which of most no text ever does.
 */
function fontsAsFiles(): Plugin {
  return {
    name: 'fonts-as-files',
    enforce: 'post',
    apply: 'build',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'asset' || !file.fileName.endsWith('.css')) continue;
        const folder = file.fileName.slice(0, file.fileName.lastIndexOf('/') + 1);
        file.source = String(file.source).replace(/url\(data:font\/woff2;base64,([^)]*)\)/g, (_all, base64: string) => {
          const font = this.emitFile({ type: 'asset', name: 'open-sans.woff2', source: Buffer.from(base64, 'base64') });
          return `url(${this.getFileName(font).slice(folder.length)})`;
        });
      }
    },
  };
}

const server = process.env.TROPIC ?? 'http://127.0.0.1:8000';

export default defineConfig({
  base: '/console/',
  plugins: [react(), fontsAsFiles()],
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
