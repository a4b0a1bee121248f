// #region hive
import { readFileSync } from 'node:fs';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import rest from '@graphql-mesh/transport-rest';
import { type NoetlConnection, useErrorRendering, useNoetlAuth, useQueryLimits } from '../../plugins.ts';

/** Hive Gateway in front of the generated schema: Mesh's transport calls NoETL, the plugins decide. */
export function createHive(noetl: NoetlConnection, { origin }: URL) {
  const sdl = readFileSync('mesh/generated/schema.graphql', 'utf8');
  return createGatewayRuntime({
    subgraph: `${sdl}\nextend schema @transport(subgraph: "Noetl", kind: "rest", location: "${origin}")`,
    transports: { rest },
    maskedErrors: false,
    plugins: () => [
      noetl.callbacks,
      useNoetlAuth(noetl.auth),
      useQueryLimits(noetl.limits),
      useErrorRendering({ report: (error, requestId) => console.error(requestId, error) }),
    ],
  });
}
// #endregion
