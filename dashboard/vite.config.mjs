import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';
import vuetify from 'vite-plugin-vuetify';

/** Where `npm run dashboard:dev` finds the API. */
const API = process.env.API ?? 'http://localhost:3000';

export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  // Built, the files name each other relatively, and the server puts its own path into the page: src/backup/dashboard/dashboard-page.ts.
  base: command === 'serve' ? '/admin/backups/' : './',
  // The server puts the nonce of each response in its place there, too.
  html: { cspNonce: '__CSP_NONCE__' },
  plugins: [vue(), vuetify({ autoImport: { labs: false } })],
  build: {
    outDir: '../dist/dashboard/public',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { checks: { pluginTimings: false } }, // a busy machine is no fault of a plugin
  },
  // Its components are found one by one as pages need them; bundled beforehand, each would mean a reload.
  optimizeDeps: { exclude: ['vuetify'] },
  server: { proxy: { '/auth': API, '/admin/database': API } },
}));
