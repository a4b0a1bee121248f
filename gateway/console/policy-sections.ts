import type { CompiledGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { type PolicyCase, runPolicyCases } from '../../plugins/noetl-auth/access/policy-cases.ts';
import { policyCasesFile, readPolicyCases } from '../../plugins/noetl-auth/access/policy-cases-file.ts';
import { decisionOf, type PastDecision, replayDecisions } from '../../plugins/noetl-auth/access/policy-diff.ts';
import { lintPolicy } from '../../plugins/noetl-auth/access/policy-lint.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import type { ExecutableSchema } from '../operations/executable-schema.ts';
import { policyText, tryPolicy } from '../policy/policy-draft.ts';
import type { AuditRing } from './audit-ring.ts';
import type { ConsoleSections } from './console.ts';
import type { DecidedCases } from './console-answers.ts';
import { readCasesInput, readDraft } from './section-input.ts';

/** What the sections read. They change nothing: grants of a page are compiled apart and are not kept. */
export interface PolicySectionsGiven {
  readonly config: ResolvedConfig;
  readonly executable: ExecutableSchema;
  /** Those that count now. */
  readonly grants: () => CompiledGrants;
  readonly audit: AuditRing;
  /** The text of the project's file of cases; undefined: there is no such file. */
  readonly policyCases?: (() => Promise<string | undefined>) | undefined;
}

/** Cases that one look decides: other requests wait for it. */
const maxCases = 1_000;

/** What `noetl-gateway policy` does, about the grants that count now. Nothing is written. */
export function createPolicySections(
  given: PolicySectionsGiven,
): Pick<ConsoleSections, 'cases' | 'lint' | 'replay' | 'draft' | 'try'> {
  const { config, executable, grants, audit, policyCases } = given;
  const { roles } = config;
  const rules = new Map([...executable.rootFields].map(([field, { row }]) => [field, row.access] as const));
  const argumentsOf = argumentsIn(executable);
  // By the rules of the schema and the grants that are given: of now, or of a draft.
  const decideCases = async (text: string | undefined, compiled: CompiledGrants): Promise<DecidedCases> => {
    const { cases, problems } = text === undefined ? noCases : readBounded(text, roles);
    return { file: policyCasesFile, text, problems, results: runPolicyCases(cases, compiled, rules) };
  };
  return {
    cases: {
      to: 'operator',
      answer: async (input) => decideCases(readCasesInput(input) ?? (await policyCases?.()), grants()),
    },
    lint: {
      to: 'operator',
      async answer() {
        const policy = { grants: grants().grants, roles, rules, argumentsOf };
        const decisions = decisionsIn(audit);
        const findings = lintPolicy(policy);
        const uses = decisions.filter(({ outcome }) => outcome === 'allowed');
        // Findings of the use come behind those of the grants, so the rest of the longer list is what use adds.
        const withUses = lintPolicy({ ...policy, uses });
        return { findings, unused: withUses.slice(findings.length), decisions: uses.length };
      },
    },
    replay: {
      to: 'operator',
      async answer() {
        const decisions = decisionsIn(audit);
        return { count: decisions.length, changed: replayDecisions(decisions, grants(), rules) };
      },
    },
    draft: { to: 'operator', answer: () => ({ text: policyText(grants().grants) }) },
    try: {
      to: 'operator',
      async answer(input) {
        const text = readDraft(input);
        const tried = tryPolicy(text, grants(), roles, executable.rootFields, decisionsIn(audit));
        // The compiled draft is not JSON and does not leave the process.
        const { draft, ...shown } = tried;
        const cases = draft === undefined ? undefined : await decideCases(await policyCases?.(), draft);
        return { ...shown, ...(cases !== undefined && { cases }) };
      },
    },
  };
}

const noCases: { readonly cases: readonly PolicyCase[]; readonly problems: readonly string[] } = {
  cases: [],
  problems: [],
};

/** All cases; or no case, and the reason. */
function readBounded(text: string, roles: readonly string[]) {
  const read = readPolicyCases(text, policyCasesFile, roles);
  if (read.cases.length <= maxCases) return read;
  const problem = `${policyCasesFile}: ${read.cases.length} cases are more than the ${maxCases} that are decided here; run noetl-gateway policy test`;
  return { cases: [], problems: [problem] };
}

/** Arguments of each root field; lint finds rules about an argument that its field does not have. */
function argumentsIn({ schema }: ExecutableSchema): ReadonlyMap<string, ReadonlySet<string>> {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((root) => Object.values(root?.getFields() ?? {}));
  return new Map(fields.map(({ name, args }) => [name, new Set(args.map((argument) => argument.name))]));
}

/** The decisions on a path among the newest audit lines of this process, newest first. */
const decisionsIn = (audit: AuditRing): readonly PastDecision[] =>
  audit.entries().flatMap((entry) => decisionOf(entry, String(entry['time'])) ?? []);
