import process from 'node:process';
import { Command } from 'commander';
import { compileGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { runPolicyCases } from '../../plugins/noetl-auth/access/policy-cases.ts';
import { diffPolicies } from '../../plugins/noetl-auth/access/policy-diff.ts';
import { lintPolicy } from '../../plugins/noetl-auth/access/policy-lint.ts';
import { type ReplayedDecision, replayDecisions } from '../../plugins/noetl-auth/access/policy-replay.ts';
import { loadPolicy, readAuditLog, readCases, readCatalog, ruleProblems } from '../policy-input.ts';

interface PolicyFlags {
  readonly dir: string;
  readonly json?: boolean;
  readonly config?: string;
  readonly audit?: string;
  readonly catalog?: string;
}

/** `noetl-gateway policy`: grants as a thing that can be tested. Each command exits 1 when it has found something. */
export function policyCommand(): Command {
  const policy = new Command('policy').description('test, lint, replay and compare access policies').addHelpText(
    'after',
    `
A policy is a gateway.config.ts, or a file with grants (YAML or JSON) as GATEWAY_POLICY_FILE names one.

Examples:
  noetl-gateway policy test policy-cases.yaml
  noetl-gateway policy lint --audit audit.log
  noetl-gateway policy lint --catalog http://noetl.example.com:8082
  noetl-gateway policy replay audit.log --config policy.yaml
  noetl-gateway policy diff gateway.config.before.ts

Exit codes: 0 fine, 1 the command found a problem, 2 wrong use or broken input.`,
  );
  policy.addCommand(withFlags(testCommand()));
  policy.addCommand(withFlags(lintCommand()));
  policy.addCommand(withFlags(replayCommand()));
  policy.addCommand(withFlags(diffCommand()));
  return policy;
}

/** Options that every command has. `addCommand` hands no settings on, so each command gets its own `exitOverride`. */
const withFlags = (command: Command): Command =>
  command
    .option('--json', 'print JSON, for programs')
    .option('-C, --dir <folder>', 'the project’s folder', '.')
    .exitOverride()
    .showHelpAfterError(`(noetl-gateway policy ${command.name()} --help explains more)`);

/** `policy test`: exits 1 when a case is decided otherwise than expected. */
function testCommand(): Command {
  return new Command('test')
    .description('decide the cases of a file, and compare with the expected answers')
    .argument(
      '<cases>',
      'YAML or JSON: cases: [{ roles, permission, playbook, expect }] or [{ roles, field, playbook, expect }]',
    )
    .option('--config <file>', 'another config or policy file')
    .action(async (file: string, flags: PolicyFlags) => {
      const policy = await loadPolicy(flags.dir, flags.config);
      const results = runPolicyCases(await readCases(file, policy.roles), policy.compiled, policy.rules);
      const failed = results.filter(({ passed }) => !passed);
      const lines = failed.map(({ source, text }) => `FAILED ${source}: ${text}`);
      print(
        flags,
        results,
        [...lines, `${results.length - failed.length} passed, ${failed.length} failed`],
        failed.length > 0,
      );
    });
}

/** `policy lint`: exits 1 when there is something to report. */
function lintCommand(): Command {
  return new Command('lint')
    .description(
      'report rules that do not look at what they open, idle roles, grants that never match, are covered or wider than their use',
    )
    .option('--config <file>', 'another config or policy file')
    .option(
      '--catalog <url or file>',
      'NoETL, or a file with its catalog list or with a path a line: also report patterns that match no path that exists',
    )
    .option('--audit <log>', 'an audit log: also report permissions that its decisions did not need')
    .action(async (flags: PolicyFlags) => {
      const policy = await loadPolicy(flags.dir, flags.config);
      // Without a log nothing is known of the use of grants, and nothing is reported of it.
      const log = flags.audit === undefined ? undefined : await readAuditLog(flags.audit);
      const findings = [
        ...(await ruleProblems(flags.dir, policy)),
        ...lintPolicy({
          ...policy,
          ...(flags.catalog === undefined ? {} : { catalog: await readCatalog(flags.catalog) }),
          ...(log === undefined ? {} : { uses: log.decisions.filter(({ outcome }) => outcome === 'allowed') }),
        }),
      ];
      print(flags, findings, findings.length === 0 ? ['nothing to report'] : findings, findings.length > 0);
    });
}

/** `policy replay`: exits 1 when a decision of the log would change. */
function replayCommand(): Command {
  return new Command('replay')
    .description('decide the requests of an audit log again, and report decisions that would change')
    .argument('<log>', 'the audit log, one JSON object a line')
    .option('--config <file>', 'another config or policy file')
    .action(async (file: string, flags: PolicyFlags) => {
      const policy = await loadPolicy(flags.dir, flags.config);
      const { decisions, skipped } = await readAuditLog(file);
      const changed = replayDecisions(decisions, policy.compiled, policy.rules);
      const summary = `${decisions.length} decisions replayed, ${changed.length} would change, ${skipped} lines are not decisions on a path`;
      print(
        flags,
        { changed, replayed: decisions.length, skipped },
        [...changed.map(changeText), summary],
        changed.length > 0,
      );
    });
}

const changeText = ({ source, roles, permission, path, was, is, reason }: ReplayedDecision): string =>
  `${source}: ${roles.join(', ') || 'no role'}: ${permission} on ${path} was ${was}, would be ${is}\n  ${reason}`;

/**
 * `policy diff`: exits 1 when the two decide differently for a role. Grants are compared by what they decide, not by
 * their text.
 */
function diffCommand(): Command {
  return new Command('diff')
    .description('compare the decisions of two policies')
    .argument('<before>', 'a config or policy file')
    .argument('[after]', 'a config or policy file; by default the project’s config')
    .action(async (before: string, after: string | undefined, flags: PolicyFlags) => {
      const [old, next] = [await loadPolicy(flags.dir, before), await loadPolicy(flags.dir, after)];
      const roles = [...new Set([...old.roles, ...next.roles])];
      const changes = diffPolicies(
        // Both with their reserved playbooks, which no grant opens.
        compileGrants(old.grants, old.compiled.reserved),
        compileGrants(next.grants, next.compiled.reserved),
        roles,
      );
      const lines = changes.map(
        ({ kind, role, permission, pattern }) => `${kind}: ${role} ${permission} on ${pattern}`,
      );
      print(flags, changes, lines.length === 0 ? ['both decide the same'] : lines, changes.length > 0);
    });
}

/** One answer in one of two forms. Exit code 1 is "found something", never a failure of the command. */
function print(flags: PolicyFlags, data: unknown, lines: readonly string[], found: boolean): void {
  console.log(flags.json === true ? JSON.stringify(data, undefined, 2) : lines.join('\n'));
  process.exitCode = found ? 1 : 0;
}
