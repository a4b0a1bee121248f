import type { GatewayConfig } from './gateway-config.ts';

type Types = NonNullable<NonNullable<GatewayConfig['schema']>['types']>;

/** What callers read of the types that NoETL's operations answer with; those of a document's other types are the project's. */
export const noetlTypes: Types = {
  CancelExecutionResponse: {
    description: 'What a cancellation did.',
    fields: {
      cancelled_executions: 'Ids of every execution that was cancelled, those of sub-playbooks too.',
      execution_id: 'Id of the execution.',
      message: 'The outcome in a sentence.',
      status: 'The status of the execution after it.',
    },
  },
  CatalogEntries: { description: 'A page of the catalog.', fields: { entries: 'Entries, by path.' } },
  CatalogEntry: {
    description: 'A playbook, or another resource of the catalog, in one version.',
    fields: {
      catalog_id: 'Id of this version.',
      content: 'The source as it was registered, YAML.',
      created_at: 'When this version was registered.',
      kind: 'What it is, for example playbook.',
      layout: 'How an editor lays it out.',
      meta: 'Labels and other notes.',
      path: 'Path in the catalog; executePlaybook takes it as name.',
      payload: 'The source as data.',
      version: { type: 'Int', description: 'From 1.' },
    },
  },
  DashboardStatsResponse: {
    description: 'Counts over everything, not only over what you may view.',
    fields: {
      active_workflows: 'Executions that run.',
      failed_executions: 'Executions that failed.',
      stats: { type: 'JSON', description: 'The same counts by their names in NoETL.' },
      status: 'Whether the counts are right.',
      successful_executions: 'Executions that completed.',
      total_executions: 'All executions.',
      total_playbooks: 'Entries of the catalog.',
    },
  },
  ExecutionEntryResponse: {
    description: 'An execution in a list.',
    fields: {
      catalog_id: 'Id of the version of the playbook that runs.',
      duration_human: 'How long it took, for people.',
      duration_seconds: 'How long it took, or has taken so far.',
      end_time: 'When it ended; null while it runs.',
      error: 'That it failed; the reason is in the steps of execution(id).',
      execution_id: 'Id of the execution.',
      parent_execution_id: 'The execution that started this one.',
      path: 'Path of the playbook.',
      progress: 'Percent of its steps.',
      result: 'A result, where NoETL lists it; execution(id) has it always.',
      start_time: 'When it started.',
      status: 'RUNNING, COMPLETED, FAILED or CANCELLED.',
      version: { type: 'Int', description: 'Version of the playbook.' },
    },
  },
  HealthCheckResponse: { description: 'The state of NoETL.', fields: { status: 'ok when it works.' } },
  RuntimeComponentInfo: {
    description: 'A pool of workers.',
    fields: {
      capacity: { type: 'Int', description: 'Commands at once.' },
      created_at: 'When it first registered.',
      heartbeat: 'When it last reported.',
      labels: 'What it was started with.',
      name: 'Its name.',
      runtime: 'What it runs on, without addresses.',
      status: 'ready, or why it is not.',
      updated_at: 'When its entry last changed.',
    },
  },
  RuntimeListResponse: {
    description: 'Pools of workers.',
    fields: {
      count: { type: 'Int', description: 'How many there are.' },
      error: 'Why the list is not whole.',
      items: 'The pools.',
      runtime: 'The runtime that was asked for.',
      status: 'The status that was asked for.',
    },
  },
  CatalogRegisterResponse: {
    description: 'A playbook that was registered.',
    fields: {
      catalog_id: 'Id of the new version.',
      kind: 'What it is, for example playbook.',
      message: 'The outcome in a sentence.',
      path: 'Path in the catalog.',
      status: 'success when it was registered.',
      version: { type: 'Int', description: 'The new version, from 1.' },
    },
  },
  CredentialListResponse: {
    description: 'Credentials, without their secrets.',
    fields: { filter: 'What was asked for.', items: 'The credentials.' },
  },
  CredentialResponse: {
    description: 'A credential, without its secret.',
    fields: {
      created_at: 'When it was first saved.',
      credential_type: 'What it is for, for example postgres.',
      description: 'Words of the user who saved it.',
      id: 'Id of the credential.',
      meta: 'Notes.',
      name: 'The name that playbooks use.',
      tags: 'Words to find it by.',
      updated_at: 'When it was last saved.',
    },
  },
  UiSchemaField: {
    description: 'A field of a form.',
    fields: {
      children: 'Fields of an object.',
      credential_glob: 'Names of credentials that it may hold, as a pattern.',
      default: 'The value of the playbook itself.',
      description: 'What to fill in.',
      kind: 'The kind of control, for example string.',
      name: 'Name of the variable.',
      options: 'Values to choose from.',
      secret: 'Whether to hide what is typed.',
    },
  },
  UiSchemaResponse: {
    description: 'The form that a playbook is started with.',
    fields: {
      description_markdown: 'About the playbook, Markdown.',
      exposed_in_ui: 'Whether people shall start it from a page.',
      fields: 'One for each variable.',
      generated_at: 'When the form was made.',
      kind: 'What it is, for example playbook.',
      path: 'Path in the catalog.',
      title: 'A name for people.',
      version: { type: 'Int', description: 'Version of the playbook.' },
    },
  },
};
