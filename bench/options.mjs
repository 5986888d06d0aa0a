// The command line. It is validated before anything is done.
import { parseArgs } from 'node:util';

export const help = `Measures embed-auth-server, its peers and a node:http baseline, in turns, in one run.

  npm run bench                      every case; writes the table of docs/speed.md, results.json and the charts
  npm run bench -- --case NAME       one case (may be given several times); writes nothing
  npm run bench -- --subject NAME    with --case: these columns only (baseline, ours, ...)
  npm run bench -- --runs N          N samples of each column instead of the case's own number
  npm run bench -- --profile [NAME]  the time of a cold start by package, of this package or of a subject
  npm run bench -- --list            the names of the cases and of the subjects
  npm run bench -- --help            this
`;

/** A wrong command line. */
export class UsageError extends Error {}

/**
 * @param {string[]} parameters
 * @param {string[]} caseNames
 * @param {string[]} subjectNames
 */
export function readOptions(parameters, caseNames, subjectNames) {
  let parsed;
  try {
    parsed = parseArgs({
      args: parameters,
      options: {
        case: { type: 'string', multiple: true },
        subject: { type: 'string', multiple: true },
        runs: { type: 'string' },
        profile: { type: 'boolean' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { values, positionals } = parsed;
  for (const name of values.case ?? []) {
    if (!caseNames.includes(name)) {
      throw new UsageError(`There is no case named ${name}. The cases are: ${caseNames.join(', ')}.`);
    }
  }
  if (values.subject !== undefined && values.case === undefined) {
    throw new UsageError('--subject needs --case: a full run measures every subject.');
  }
  if (values.runs !== undefined && !/^[1-9]\d{0,5}$/.test(values.runs)) {
    throw new UsageError(`--runs must be a whole number above 0, not ${values.runs}.`);
  }
  if (positionals.length > 0 && values.profile !== true) {
    throw new UsageError(`${positionals[0]} is not an option. For one case: --case ${positionals[0]}`);
  }
  for (const name of positionals) {
    if (!subjectNames.includes(name)) {
      throw new UsageError(`There is no subject named ${name}. The subjects are: ${subjectNames.join(', ')}.`);
    }
  }
  return {
    help: values.help === true,
    list: values.list === true,
    profile: values.profile === true ? (positionals.length > 0 ? positionals : ['baseline', 'ours']) : undefined,
    cases: values.case,
    subjects: values.subject,
    runs: values.runs === undefined ? undefined : Number(values.runs),
  };
}
