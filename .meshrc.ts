import { meshConfig, withTransform } from './generator/mesh/mesh-config.ts';
import { operations } from './mesh/generated/operations.ts';

/** For Mesh's own commands: the table decides, `npm run generate` writes it. */
export default withTransform(meshConfig(operations, './mesh/generated'), operations);
