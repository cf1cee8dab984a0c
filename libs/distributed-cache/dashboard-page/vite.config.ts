import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Builds the page of the dashboard into the library. Its URLs are relative: nobody knows the path at which it will be mounted. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  // Prints how large the files are.
  logLevel: 'info',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../dist/dashboard/page', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // Inlined as `data:`, a file would be against the Content-Security-Policy of the page.
    assetsInlineLimit: 0,
    modulePreload: false,
    license: { fileName: 'licenses.md' },
  },
});
