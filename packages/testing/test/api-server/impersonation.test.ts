import { expect, it } from 'vitest';

import { Impersonation, wantedUser } from '../../src/api-server/auth/impersonation.ts';
import type { User } from '../../src/api-server/auth/user.ts';

const request = {
  verb: 'list',
  group: '',
  resource: 'pods',
  subresource: '',
  namespace: '',
  name: '',
};

/** What is asked for, and the user that comes of it; the first `refused` questions are refused. */
function act(wanted: User, requester: User, refused = 0) {
  const asked: string[] = [];
  const impersonation = new Impersonation({
    require(_user, { verb, group, resource, subresource, name }) {
      asked.push([verb, group, resource, subresource, name].join(' '));
      if (asked.length <= refused) throw new Error(`refused: ${asked.at(-1)}`);
    },
  });
  return { asked, user: impersonation.as(wanted, requester, request) };
}

const daemon: User = {
  name: 'system:serviceaccount:default:daemon',
  groups: [],
  extra: { 'authentication.kubernetes.io/node-name': ['n'] },
};

it('lets the pod of a node act as that node by a right to its own, whichever it is', () => {
  const own = act({ name: 'system:node:n', groups: [] }, daemon);
  expect(own.asked).toEqual([
    'impersonate-on:associated-node:list  pods  ',
    'impersonate:associated-node authentication.k8s.io nodes  *',
  ]);
  expect(own.user.groups).toEqual(['system:nodes', 'system:authenticated']);
  const other = act({ name: 'system:node:m', groups: [] }, daemon);
  expect(other.asked[0]).toBe('impersonate-on:arbitrary-node:list  pods  ');
});

it('tells of the first refusal, and tries what let a requester last before all else', () => {
  const bob = { name: 'bob', groups: [] };
  const alice = { name: 'alice', groups: [] };
  expect(() => act(alice, bob, 9)).toThrow('refused: impersonate-on:user-info:list  pods  ');
  const { asked, user } = act(alice, bob, 1);
  expect(asked).toEqual(['impersonate-on:user-info:list  pods  ', 'impersonate  users  alice']);
  expect(user).toEqual({ name: 'alice', groups: ['system:authenticated'] });
});

it('reads headers as often as they are sent, whatever their case', () => {
  const headers = ['Impersonate-User', 'alice', 'IMPERSONATE-GROUP', 'a', 'impersonate-group', 'b'];
  const more = ['impersonate-extra-a%2Fb', 'x', 'Impersonate-Extra-a%2fb', 'y', 'accept', '*/*'];
  expect(wantedUser([...headers, ...more])).toEqual({
    name: 'alice',
    groups: ['a', 'b'],
    extra: { 'a/b': ['x', 'y'] },
  });
  expect(wantedUser(['accept', '*/*'])).toBeUndefined();
});
