import { expect, test } from 'vitest'
import { readCommandLine, UsageError } from './command-line.ts'

test('run is the command where none is named', () => {
  const wanted = { command: 'run', files: ['a.yaml', 'b.yaml'], sets: ['x.y=1', 'z=-2'], strict: true }
  const options = ['--config', 'a.yaml', '--config=b.yaml', '--set', 'x.y=1', '--set=z=-2', '--strict']
  expect(readCommandLine(options)).toMatchObject(wanted)
  expect(readCommandLine(['run', ...options])).toMatchObject(wanted)
})

test.each<[string, object]>([
  ['validate --config a', { command: 'validate', files: ['a'] }],
  ['print-config --config a', { command: 'print-config', format: 'yaml', reveal: false }],
  ['print-config --config a --redacted', { command: 'print-config', reveal: false }],
  ['print-config --config a --unredacted --format json', { format: 'json', reveal: true }],
  ['rbac --config a', { command: 'rbac', account: { name: 'weir', namespace: 'default' } }],
  [
    'rbac --config a --name agent-2 --namespace monitoring',
    { account: { name: 'agent-2', namespace: 'monitoring' } },
  ],
  ['components', { command: 'components' }],
  ['schema', { command: 'schema' }],
  ['help', { command: 'help' }],
  ['help validate', { command: 'help' }],
  ['validate --help', { command: 'help' }],
  ['-h', { command: 'help' }],
  ['--version', { command: 'version' }],
  ['-v', { command: 'version' }],
])('weir %s', (line, wanted) => {
  expect(readCommandLine(line.split(' '))).toMatchObject(wanted)
})

test.each([
  [
    '',
    'weir run needs a configuration: --config FILE\nWeir comes with one for this host: weir --config configs/host.yaml',
  ],
  [
    'validate',
    'weir validate needs a configuration: --config FILE\nWeir comes with one for this host: weir validate --config configs/host.yaml',
  ],
  ['vlidate --config a', 'there is no command "vlidate": did you mean weir validate?'],
  ['frobnicate', 'there is no command "frobnicate"'],
  ['constructor', 'there is no command "constructor"'],
  ['host.yaml', 'there is no command "host.yaml": did you mean --config host.yaml?'],
  ['validate host.yaml', 'weir validate takes no "host.yaml": did you mean --config host.yaml?'],
  ['validate twice', 'weir validate takes no "twice"'],
  ['--confg a', 'there is no option --confg: did you mean --config?'],
  ['--confg=secret', 'there is no option --confg: did you mean --config?'],
  ['-config a', 'there is no option -config: did you mean --config?'],
  ['--frobnicate', 'there is no option --frobnicate'],
  ['--config', '--config needs a value after it'],
  ['--config=', '--config needs a value after it'],
  ['--config --strict', '--config needs a value after it'],
  ['--strict=yes --config a', '--strict takes no value'],
  ['schema --config a', 'weir schema takes no --config'],
  ['run --config a --format json', 'weir run takes no --format'],
  ['print-config --config a --format toml', '--format is yaml or json, not "toml"'],
  [
    'rbac --config a --name Weir',
    '--name is a name of Kubernetes: small letters, digits and "-", 63 at most, not "Weir"',
  ],
  [
    `rbac --config a --namespace ${'n'.repeat(64)}`,
    `--namespace is a name of Kubernetes: small letters, digits and "-", 63 at most, not "${'n'.repeat(64)}"`,
  ],
  ['validate --config a --namespace a', 'weir validate takes no --namespace'],
  ['print-config --config a --redacted --unredacted', '--redacted and --unredacted contradict each other'],
])('weir %s is refused', (line, message) => {
  const read = (): unknown => readCommandLine(line.split(' ').filter((word) => word !== ''))
  expect(read).toThrow(UsageError)
  expect(read).toThrow(new UsageError(message))
})
