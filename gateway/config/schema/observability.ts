import { choice, flag, text } from './field.ts';
import { section } from './node.ts';

/** Log lines and the audit log. Metrics need no setting; traces have the variables of OpenTelemetry. */
export const observability = section({
  logLevel: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    env: 'LOG_LEVEL',
    default: 'info',
    doc: 'least level of log lines',
  }),
  auditTo: text({ default: 'stdout', doc: '`stdout`, or the path of a file' }),
  auditEmails: flag({ default: false, doc: 'write e-mail addresses into the audit log' }),
});
