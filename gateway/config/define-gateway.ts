import type { GatewayConfig, ProtocolRole } from './gateway-config.ts';
import type { OperationShapes } from './operation-row.ts';

/**
 * Types a gateway's declaration. The shapes come from `openapi/noetl.types.ts`, so that operations and their arguments
 * complete in the editor; the roles default to the protocol's.
 */
export function defineGateway<Shapes extends OperationShapes, Role extends string = ProtocolRole>(
  config: GatewayConfig<Shapes, Role>,
): GatewayConfig<Shapes, Role> {
  return config;
}
