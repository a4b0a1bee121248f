import { defaultSecretNames } from '../../executions/secret-members.ts';
import { choice, integer, list, text } from './field.ts';
import { named, section } from './node.ts';

const errors = choice(['shown', 'hidden'], {
  default: 'shown',
  doc: '`hidden`: reasons of failures stay in NoETL; callers read "the execution failed"',
});

/** How executions are shown to callers. */
export const executions = section({
  errors,
  secretNames: list({
    default: defaultSecretNames,
    doc: 'members of results, steps and events whose values are masked; a name that ends in one is masked too',
  }),
  maxWaitSecs: integer({
    default: 30,
    min: 0,
    max: 300,
    doc: 'the longest that `executePlaybook(waitSeconds:)` may ask for',
  }),
  staleMs: integer({
    default: 250,
    min: 0,
    max: 10_000,
    doc: 'how old the answer about a running execution may be; all who ask within it share one call to NoETL',
  }),
  maxWatches: integer({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    doc: 'running executions that one process, so each worker, follows for subscriptions, `/events` and `waitSeconds`; 503 beyond',
  }),
  keepBytes: integer({
    default: 32 * 1024 * 1024,
    min: 1024 * 1024,
    max: 4 * 1024 ** 3,
    doc: 'memory for finished executions, which then cost NoETL no call again; as much again for what running ones have shown',
  }),
});

/** The result of a playbook, by catalog path or pattern. */
export const results = named(
  section({
    step: text({ optional: true, doc: 'the step whose result is the result of the playbook' }),
    path: text({ optional: true, doc: 'the part of it that is the result, for example `data.rows`' }),
    text: text({ optional: true, doc: 'the part of it that is `textOutput`' }),
    errors: choice(['shown', 'hidden'], { optional: true, doc: 'as `executions.errors`, for this playbook' }),
    secrets: choice(['shown', 'masked'], {
      optional: true,
      doc: '`shown`: members named like secrets are not masked for this playbook',
    }),
  }),
);
