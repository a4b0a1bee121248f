import { operations } from './mesh/generated/operations.ts';
import { meshConfig, withTransform } from './mesh/sources/mesh-config.ts';

/** For Mesh's own commands: the table decides, `npm run generate` writes it. */
export default withTransform(meshConfig(operations, './mesh/generated'), operations);
