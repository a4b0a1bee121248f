import { defineConfig } from 'vitest/config';
import services from './vitest.services.config.ts';

/** The playbooks on the Rust server and on older releases, and documents of releases, outside of CI: `npm run test:noetl-rust`, `test:noetl-releases`,
 * `test:noetl-documents`. */
export default defineConfig({ ...services, test: { ...services.test, include: ['tests/noetl/**/*.test.ts'] } });
