/**
 * For a project's `.meshrc.ts`: what Mesh's own commands are told.
 * @module
 */
export { type MeshConfig, meshConfig, withTransform } from './mesh/sources/mesh-config.ts';
