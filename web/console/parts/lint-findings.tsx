import { usePolicy } from '../api/policy.ts';
import { Empty, Failed, Loading } from './states.tsx';

/** What `policy lint` finds: in the grants themselves, and by what the audit lines did not need. */
export function LintFindings() {
  const found = usePolicy('lint');
  if (found.error) return <Failed error={found.error} retry={() => void found.refetch()} />;
  if (found.data === undefined) return <Loading rows={4} />;
  const { findings, unused, decisions } = found.data;
  return (
    <>
      <section>
        <h2>In the grants</h2>
        {findings.length === 0 ? (
          <Empty title="Nothing to report.">
            <p class="quiet">
              Every grant can match and is needed by some path, every role has something, and every rule is about an
              argument that its operation has.
            </p>
          </Empty>
        ) : (
          <Notices lines={findings} />
        )}
      </section>
      <section>
        <h2>Compared with their use</h2>
        <p class="quiet">
          By {decisions} allowed decisions in the newest audit lines. A grant that they did not need can be needed on
          another day: compare with a whole log before you remove it.
        </p>
        {decisions > 0 && <Notices lines={unused} />}
      </section>
    </>
  );
}

/** Lines are unique: each names its grant or its rule. */
const Notices = ({ lines }: { readonly lines: readonly string[] }) => (
  <>
    {lines.map((line) => (
      <p class="notice" key={line}>
        {line}
      </p>
    ))}
  </>
);
