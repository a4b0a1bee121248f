import type { Grant } from '../../plugins/noetl-auth/access/grant.ts';
import type { OperationRow, OperationShapes } from './operation-row.ts';
import type { GatewayPlugin } from './plugins.ts';
import type { sections } from './schema/gateway.ts';
import type { Given, Plain } from './schema/node.ts';

export type { AdapterGiven } from './schema/adapters.ts';

/** The roles of the protocol (Permissions Model). A config may have others. */
export type ProtocolRole = 'admin' | 'developer' | 'analyst' | 'viewer';

type Sections = Given<typeof sections>;

/** The declaration of a gateway: what of NoETL is open, to whom, and under which name. What is absent has a default. */
export interface GatewayConfig<Shapes extends OperationShapes = OperationShapes, Role extends string = string>
  extends Omit<Sections, 'deploy' | 'schema'> {
  /** By the name of the GraphQL field. What is not here is closed. */
  readonly operations: Readonly<Record<string, OperationRow<Shapes, Role>>>;
  readonly roles: readonly Role[];
  readonly grants: readonly Grant<Role>[];
  /** Where the gateway runs and where NoETL does, for the manifests. */
  readonly deploy?: Plain<NonNullable<Sections['deploy']>>;
  /** How the GraphQL schema presents the document. */
  readonly schema?: Plain<NonNullable<Sections['schema']>>;
  /** Custom plugins of Envelop or Yoga; they run after the gateway's. Entries that are false or absent are left out. */
  readonly plugins?: readonly (GatewayPlugin | false | null | undefined)[];
}
