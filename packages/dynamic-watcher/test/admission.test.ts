import { DepwatchError, silentLogger } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { Admission, type Pass, type RequestKind } from '../src/requests/admission.ts';

const gone = new DepwatchError('ERR_TRANSPORT', 'no answer', { retryable: true });

/** An admission and who was let through, by name. */
function gate() {
  const clock = createVirtualClock();
  const admission = new Admission(clock, silentLogger);
  const out = new Map<string, Pass>();
  const held: string[] = [];
  const enter = (name: string, kind: RequestKind = 'resume', attempt = 0): Disposable =>
    admission.enter(kind, attempt, {
      go: (pass) => void out.set(name, pass),
      held: () => void held.push(name),
    });
  return { clock, admission, out, held, enter };
}

describe('Admission', () => {
  test('lets through at once, so many of a kind; the next when one is answered', () => {
    const { out, enter } = gate();
    for (let index = 0; index < 70; index += 1) enter(`r${index}`);
    enter('list', 'list');
    expect(out.size).toBe(65);
    out.get('r0')!.answered();
    out.get('r0')!.answered();
    expect(out.size).toBe(66);
    expect(out.has('r64')).toBe(true);
  });

  test('who gives up frees the slot or the place', () => {
    const { out, enter } = gate();
    const places = Array.from({ length: 66 }, (_, index) => enter(`r${index}`));
    places[64]![Symbol.dispose]();
    places[0]![Symbol.dispose]();
    expect([out.has('r64'), out.has('r65')]).toEqual([false, true]);
  });

  test('without an answer one at a time is let out, later and later, until one is answered', async () => {
    const { clock, out, held, enter } = gate();
    enter('first');
    out.get('first')!.unreachable(gone);
    for (const name of ['a', 'b', 'c']) enter(name);
    expect([...out.keys()]).toEqual(['first']);
    expect(held).toEqual(['a', 'b', 'c']);
    await clock.advance(300);
    expect([...out.keys()]).toEqual(['first', 'a']);
    out.get('a')!.unreachable(gone);
    await clock.advance(399);
    expect(out.has('b')).toBe(false);
    await clock.advance(201);
    expect([...out.keys()]).toEqual(['first', 'a', 'b']);
    out.get('b')!.answered();
    expect(out.has('c')).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('a probe that is given up makes room for the next', () => {
    const { out, enter } = gate();
    enter('first');
    out.get('first')!.answered();
    out.get('first')!.unreachable(gone);
    const probe = enter('probe');
    enter('next');
    expect([...out.keys()]).toEqual(['first', 'probe']);
    probe[Symbol.dispose]();
    expect(out.has('next')).toBe(true);
  });

  test('a probe that is answered after others were is a probe no more', () => {
    const { out, enter } = gate();
    enter('early');
    enter('stream');
    out.get('stream')!.answered();
    // The stream breaks, so the next one is a probe; an answer to an earlier request comes before its own.
    out.get('stream')!.unreachable(gone);
    enter('probe');
    out.get('early')!.answered();
    out.get('probe')!.answered();
    out.get('stream')!.unreachable(gone);
    enter('later');
    expect(out.has('later')).toBe(true);
  });

  test('bytes from the server meanwhile: the request has a trouble of its own, and others go on', async () => {
    const { clock, admission, out, enter } = gate();
    enter('slow');
    await clock.advance(10);
    admission.heard();
    out.get('slow')!.unreachable(gone);
    enter('other');
    expect(out.has('other')).toBe(true);
    enter('slow again', 'resume', 1);
    expect(out.has('slow again')).toBe(false);
    await clock.advance(300);
    expect(out.has('slow again')).toBe(true);
  });

  test('close leaves no timer', async () => {
    const { clock, admission, out, enter } = gate();
    enter('first');
    out.get('first')!.unreachable(gone);
    enter('second');
    admission.close();
    expect(clock.pending).toBe(0);
    await clock.advance(60_000);
    expect(out.has('second')).toBe(false);
  });
});
