import { emitClient } from './client/emit-client.ts';
import type { Emitter } from './emitter.ts';
import { emitManifests } from './manifests/emit-manifests.ts';
import { emitMonitoring } from './monitoring.ts';
import { emitPolicyPage } from './policy-page/emit-policy-page.ts';
import { emitReferencePage } from './reference-page/emit-reference-page.ts';
import { emitRestDocument } from './rest-document/emit-rest-document.ts';
import { emitRoutes } from './routes/emit-routes.ts';
import { emitAppSchema } from './schema-files.ts';
import { emitConfigSchema } from './settings/emit-config-schema.ts';
import { emitSettingsTable } from './settings/emit-settings-table.ts';

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
