import { useQuery, useSession } from '../api/gateway-client.ts';
import { type ListedPlaybook, type Playbook, playbookAddress, readPlaybook, readVersions } from '../api/playbooks.ts';
import { Chips, Scroll } from '../parts/controls.tsx';
import { RunForm } from '../parts/run-form.tsx';
import { Empty, Failed, Heading, Loading, MissingRow } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import type { ViewProps } from '../view-props.ts';

/**
 * One playbook: a form to run it, its versions and its source.
 * - `version` in the address: a whole number from 1; without it the newest
 */
export function PlaybookView({ playbook: path, query }: ViewProps & { readonly playbook: string }) {
  const { gateway, me } = useSession();
  const field = me.fields.catalogEntry;
  const asked = Number(query['version']);
  // Anything but a whole number above zero is the newest version.
  const version = Number.isInteger(asked) && asked > 0 ? asked : undefined;
  const found = useQuery<Playbook | null>({
    // `undefined` is the newest version; it is a question of its own, since a new one can be registered.
    key: ['playbook', path, version],
    ask: (signal) => (field === undefined ? Promise.reject() : readPlaybook(gateway, field, path, version, signal)),
    enabled: field !== undefined,
  });
  return (
    <>
      <p class="crumb">
        <a href="/console/playbooks">Playbooks</a>
      </p>
      <Heading
        title={path}
        answer={
          found.data && (
            <>
              Version {found.data.version ?? '?'}, registered <Ago time={found.data.createdAt} />
            </>
          )
        }
      >
        <a class="button" href={`/console/executions?${new URLSearchParams({ path })}`}>
          Executions
        </a>
      </Heading>
      {field === undefined && (
        <MissingRow
          kind="a catalog entry"
          row="playbook: { upstream: 'POST /api/catalog/resource', type: 'query', access: onPlaybook('view', 'path') }"
        />
      )}
      {found.error && <Failed error={found.error} retry={() => void found.refetch()} />}
      {field !== undefined && found.isPending && <Loading rows={6} />}
      {found.data === null && <Empty title="There is no such playbook, or no such version of it." />}
      {found.data && <Parts playbook={found.data} path={path} isNewest={version === undefined} />}
    </>
  );
}

/** `isNewest`: no version is named in the address. */
interface PartsProps {
  readonly playbook: Playbook;
  readonly path: string;
  readonly isNewest: boolean;
}

/** The form, the versions and the source. NoETL starts the newest version by a path, so only that one has a form. */
function Parts({ playbook, path, isNewest }: PartsProps) {
  // The example values of the form. Without `payload` the form has the fields of `ui_schema` alone.
  const workload = (playbook.payload as { workload?: unknown } | null)?.workload;
  return (
    <>
      <section>
        <h2>Run</h2>
        {isNewest ? (
          <RunForm path={path} workload={workload} />
        ) : (
          <p class="quiet">
            NoETL runs the newest version. <a href={playbookAddress(path)}>Show it</a>
          </p>
        )}
      </section>
      <Versions path={path} shown={playbook.version} />
      {playbook.content && (
        <section>
          <h2>Source</h2>
          <Scroll label="Source">
            <pre class="source">{playbook.content}</pre>
          </Scroll>
        </section>
      )}
    </>
  );
}

/** Each version has an address. */
function Versions({ path, shown }: { readonly path: string; readonly shown: number | null | undefined }) {
  const { gateway, me } = useSession();
  const field = me.fields.catalog;
  const versions = useQuery<readonly ListedPlaybook[]>({
    key: ['versions', path],
    ask: (signal) => (field === undefined ? Promise.reject() : readVersions(gateway, field, path, signal)),
    enabled: field !== undefined,
  });
  // Versions are an addition: without the row, or with a single one, there is nothing to choose.
  if (versions.data === undefined || versions.data.length < 2) return null;
  return (
    <section>
      <h2>Versions</h2>
      <Chips
        label="Versions"
        chosen={String(shown)}
        choices={versions.data.map(({ version }) => ({
          value: String(version),
          title: String(version),
          href: `${playbookAddress(path)}?version=${version}`,
        }))}
      />
    </section>
  );
}
