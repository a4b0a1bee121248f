import { emitClient } from './client/emit-client.ts';
import { emitConfigSchema, emitSettingsTable } from './config-reference.ts';
import type { Emitter } from './emitter.ts';
import { emitManifests } from './manifests/emit-manifests.ts';
import { emitMonitoring } from './monitoring.ts';
import { emitPolicyPage } from './policy-page.ts';
import { emitReferencePage } from './reference-page.ts';
import { emitRestDocument } from './rest-document.ts';
import { emitRoutes } from './routes/emit-routes.ts';
import { emitAppSchema } from './schema-files.ts';

/**
 * What `generate` renders beside the schema and the table. They are independent: no emitter reads what another one
 * writes.
 */
export const emitters: readonly Emitter[] = [
  emitRoutes,
  emitClient,
  emitAppSchema,
  emitPolicyPage,
  emitReferencePage,
  emitRestDocument,
  emitConfigSchema,
  emitSettingsTable,
  emitManifests,
  emitMonitoring,
];
