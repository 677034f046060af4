import { describe, expect, it } from 'vitest';

import { parseCliOptions, UsageError } from '../src/cli-options.ts';

describe('parseCliOptions', () => {
  it('has defaults', () => {
    expect(parseCliOptions([])).toEqual({
      all: false,
      dryRun: false,
      embedded: false,
      help: false,
      log: 'text',
      logLevel: 'info',
      namespaces: [],
      version: false,
    });
  });

  it('reads every flag', () => {
    const args =
      '--kubeconfig f --context c --namespace a --namespace=b --all --dry-run --log json --log-level debug'.split(
        ' ',
      );
    expect(parseCliOptions(args)).toMatchObject({
      kubeconfig: 'f',
      context: 'c',
      namespaces: ['a', 'b'],
      all: true,
      dryRun: true,
      log: 'json',
      logLevel: 'debug',
    });
  });

  it.each([
    [['--colour'], '--colour'],
    [['-x'], '-x'],
    [['now'], 'now'],
    [['--log', 'xml'], '--log: "xml"'],
    [['--log'], '--log'],
    [['--log-level', 'loud'], '--log-level: "loud"'],
    [['--namespace', 'A_b'], '--namespace: "A_b"'],
    [['--namespace='], '--namespace: ""'],
    [['--namespace', 'a'.repeat(64)], '--namespace'],
    [['--kubeconfig='], '--kubeconfig'],
    [['--context='], '--context'],
    [['--all=yes'], '--all'],
    [['--embedded', '--kubeconfig', 'f'], '--embedded and --kubeconfig'],
    [['--embedded', '--context', 'c'], '--embedded and --context'],
  ])('refuses %j and names it', (args, named) => {
    expect(() => parseCliOptions(args)).toThrow(UsageError);
    expect(() => parseCliOptions(args)).toThrow(named);
  });
});
