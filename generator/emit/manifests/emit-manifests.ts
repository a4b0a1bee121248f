import type { Emitter } from '../emitter.ts';
import { composeFile, projectImage } from './docker.ts';
import { helmFiles } from './helm.ts';
import { kustomizeFiles } from './kustomize.ts';
import { manifestSettings } from './settings.ts';

/**
 * Everything under `deploy/`: Kustomize base, components and overlays, and the Helm chart; `compose.yaml`; a Dockerfile
 * unless the project has its own.
 */
export const emitManifests: Emitter = ({ config, read }) => {
  const version = projectVersion(read('package.json'));
  const settings = manifestSettings(config, version);
  return [
    ...kustomizeFiles(settings),
    ...helmFiles(settings, version),
    composeFile(settings),
    ...projectImage(settings, read),
  ];
};

/** The version that images are tagged with; a project without one is at 0.0.0. */
function projectVersion(text: string | undefined): string {
  const parsed: unknown = text === undefined ? {} : JSON.parse(text);
  const version = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined;
  return typeof version === 'string' ? version : '0.0.0';
}
