import { expect, test } from 'vitest';
import { headerText } from '../../../../../generator/emit/emitter.ts';
import { projectImage } from '../../../../../generator/emit/manifests/docker.ts';
import { manifestSettings } from '../../../../../generator/emit/manifests/settings.ts';

const settings = manifestSettings({ operations: {}, roles: [], grants: [] }, '1.2.3');
const paths = (dockerfile: string | undefined) =>
  projectImage(settings, (path) => (path === 'Dockerfile' ? dockerfile : undefined)).map(({ path }) => path);

test.each([
  { name: 'no Dockerfile', dockerfile: undefined, want: ['Dockerfile', 'Dockerfile.dockerignore'] },
  { name: 'a generated one', dockerfile: `# ${headerText}\n`, want: ['Dockerfile', 'Dockerfile.dockerignore'] },
  { name: 'one kept by hand', dockerfile: 'FROM scratch\n', want: [] },
])('a project with $name gets $want', ({ dockerfile, want }) => {
  expect(paths(dockerfile)).toEqual(want);
});

test('it runs unprivileged, without development packages, on a pinned version of Node', async () => {
  const [{ content } = { content: '' }] = projectImage(settings, () => undefined);
  expect(content).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-[a-z]+-slim$/m);
  expect(content).toMatch(/^RUN npm ci --omit=dev /m);
  expect(content).toMatch(/^USER 10001:10001$/m);
  expect(content.indexOf('COPY . .')).toBeLessThan(content.indexOf('COPY --from=dependencies'));
});
