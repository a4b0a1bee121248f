/**
 * For a project's `.meshrc.ts`: the settings of Mesh's own commands.
 * @module
 */
export { type MeshConfig, meshConfig, withTransform } from './generator/mesh/mesh-config.ts';
