import type { EmitInput, OutputFile } from '../emitter.ts';
import { headerText } from '../header.ts';
import type { ManifestSettings } from './settings.ts';
import { containerUser } from './workload.ts';

/** Of the container's memory, for the heap; the rest is for buffers, code and the kernel's part of connections. */
const heapPercent = 62;

/** What Node is started with in the image. The heap follows the memory limit that the container has. */
export const nodeOptions = `--max-old-space-size-percentage=${heapPercent} --max-semi-space-size=16`;

/** Pinned to a version, not to a line of versions; a build may replace it with a digest. */
const nodeImage = 'node:26.10.0-bookworm-slim';

/** Not written as one literal: a linter takes it for a template that was forgotten. */
const base = '$' + '{NODE_IMAGE}';

/**
 * The Dockerfile of a project that has this gateway as a dependency, and what stays out of its image. A Dockerfile that
 * the project keeps by hand stays as it is, and nothing is emitted.
 */
export function projectImage(settings: ManifestSettings, read: EmitInput['read']): readonly OutputFile[] {
  const present = read('Dockerfile');
  // The header marks a generated file. Without it the file is the project's own.
  if (present !== undefined && !present.includes(headerText)) return [];
  const { publicPort, internalPort } = settings;
  return [
    {
      path: 'Dockerfile',
      content: text([
        `# ${headerText}`,
        '# To keep one by hand instead, remove this line and the one above it.',
        `ARG NODE_IMAGE=${nodeImage}`,
        `FROM ${base} AS dependencies`,
        'WORKDIR /app',
        'COPY package.json package-lock.json ./',
        'RUN npm ci --omit=dev --omit=optional --ignore-scripts',
        '',
        `FROM ${base}`,
        'ENV NODE_ENV=production \\',
        `    NODE_OPTIONS="${nodeOptions}"`,
        'WORKDIR /app',
        'COPY . .',
        'COPY --from=dependencies /app/node_modules ./node_modules',
        `RUN install -d -o ${containerUser} -g ${containerUser} .compile-cache`,
        `USER ${containerUser}:${containerUser}`,
        '# One start while the image is built: code is compiled here and not at each start. Nothing is reached, and a start that is',
        '# refused, for example since a variable of your own is missing here, only leaves less compiled.',
        'ENV NODE_COMPILE_CACHE=/app/.compile-cache',
        'RUN GATEWAY_BIND=127.0.0.1 GATEWAY_TRUSTED_ISSUERS=https://issuer.example.com/ GATEWAY_AUDIENCES=build \\',
        '    timeout 5 node node_modules/.bin/noetl-gateway serve >/dev/null 2>&1 || true',
        `EXPOSE ${publicPort} ${internalPort}`,
        'HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \\',
        `  CMD ${JSON.stringify(['node', '-e', healthCheck(settings)])}`,
        'CMD ["node", "node_modules/.bin/noetl-gateway", "serve"]',
      ]),
    },
    {
      path: 'Dockerfile.dockerignore',
      content: text([
        `# ${headerText}`,
        '.git',
        '**/node_modules',
        '**/.env*',
        '**/*.env',
        'deploy',
        'docs/*',
        '!docs/generated',
        'tests',
      ]),
    },
  ];
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function healthCheck({ variables, publicPort }: ManifestSettings): string {
  const { publicPort: variable } = variables;
  const port = variable === undefined ? publicPort : `process.env.${variable} || ${publicPort}`;
  return `fetch('http://127.0.0.1:' + (${port}) + '/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
}
